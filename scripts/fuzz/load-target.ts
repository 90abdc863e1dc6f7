import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin, transform } from 'esbuild'
import type { FuzzTarget } from './fuzz-target.ts'
import { COUNTERS, instrument } from './instrument.ts'

export interface LoadedTarget {
  readonly target: FuzzTarget
  /** One for each branch of the packages. */
  readonly counters: Uint8Array
}

const SOURCES = /\/packages\/[a-z]+\/src\/.*\.ts$/
const ROOT = resolve(import.meta.dirname, '../..')

/** Bundles a target with counters in the sources of the packages, and loads it. */
export async function loadTarget(name: string): Promise<LoadedTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'tautline-fuzz-'))
  try {
    const file = join(folder, `${name}.mjs`)
    const counting = countingPlugin()
    await build({
      absWorkingDir: ROOT,
      entryPoints: [`scripts/fuzz/targets/${name}.ts`],
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      conditions: ['@tautline/source'],
      loader: { '.md': 'text' },
      logLevel: 'warning',
      // For what is CommonJS: it asks for modules of Node.
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
      plugins: [counting.plugin],
    })
    const counters = new Uint8Array(counting.countersInAll())
    Object.assign(globalThis, { [COUNTERS]: counters })
    const { target } = (await import(pathToFileURL(file).href)) as { readonly target: FuzzTarget }
    return { target, counters }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function countingPlugin(): { readonly plugin: Plugin; countersInAll(): number } {
  let next = 0
  const plugin: Plugin = {
    name: 'count',
    setup(building) {
      building.onLoad({ filter: SOURCES }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        const { code } = await transform(source, { loader: 'ts', target: 'node22', sourcefile: path })
        const counted = instrument(code, next)
        next = counted.next
        return { contents: counted.code, loader: 'js' }
      })
    },
  }
  return { plugin, countersInAll: () => next }
}
