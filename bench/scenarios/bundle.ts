import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { bundlePage, bytesOf, gzippedBytes, type PageOptions } from '../../scripts/size/bundle-page.ts'
import type { Figure, Scenario } from '../harness/scenario.ts'

const bench = join(import.meta.dirname, '..')
/** Left out where it is counted apart: an application has it or another one anyway. */
const VALIDATOR = 'valibot'

const figure = (name: string, title: string): Figure => ({ name, title, unit: 'bytes', better: 'less' })

export const bundle: Scenario = {
  name: 'bundle',
  title: 'Client in a page',
  what: "The smallest useful page of each: one call, one stream or subscription, and what it has to come back when the line is lost; bundled and minified by esbuild for browsers, each file gzipped. valibot is left out and counted apart; Effect's schemas are part of it. Bare sockets and what is written by hand are there to show what the rest is for.",
  figures: [
    figure('gzip', 'gzipped, without the validator'),
    figure('gzipAll', 'gzipped, all'),
    figure('gzipOutline', 'gzipped, with an outline in the place of schemas'),
    figure('gzipLater', 'gzipped, loaded only when it is needed'),
    figure('minified', 'minified, without the validator'),
  ],
  headline: 'gzip',
  needs: [],
  runtimes: ['node'],
  subjects: globSync('subjects/*/page.ts', { cwd: bench }).map((page) => basename(dirname(page))),
  rounds: { full: 1, quick: 1, tiny: 1 },
  async begin(stage) {
    const folder = `subjects/${stage.subject.name}`
    const options: PageOptions = { root: bench, packages: stage.packages }
    return {
      async round() {
        const [library, all] = [
          await bundlePage(`${folder}/page.ts`, { ...options, external: [VALIDATOR] }),
          await bundlePage(`${folder}/page.ts`, options),
        ]
        const outline = `${folder}/outline-page.ts`
        const later = bytesOf(library.later, gzippedBytes)
        return {
          gzip: bytesOf(library.first, gzippedBytes),
          gzipAll: bytesOf(all.first, gzippedBytes),
          minified: bytesOf(library.first, (code) => code.length),
          ...(later === 0 ? {} : { gzipLater: later }),
          ...(existsSync(join(bench, outline))
            ? { gzipOutline: bytesOf((await bundlePage(outline, options)).first, gzippedBytes) }
            : {}),
        }
      },
    }
  },
}
