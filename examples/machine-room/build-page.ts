import { copyFile, mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { PAGE_DIRECTORY } from './assets.ts'

const source = (file: string): string => fileURLToPath(new URL(`./page/${file}`, import.meta.url))

/** Bundles the page into `dist/`: three files, everything in them. */
export async function buildPage(): Promise<void> {
  await mkdir(PAGE_DIRECTORY, { recursive: true })
  await build({
    entryPoints: { page: source('main.ts') },
    outdir: PAGE_DIRECTORY,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: false,
    conditions: ['@tautline/source'],
    logLevel: 'warning',
  })
  await build({
    entryPoints: { page: source('page.css') },
    outdir: PAGE_DIRECTORY,
    bundle: true,
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
  })
  await copyFile(source('index.html'), `${PAGE_DIRECTORY}index.html`)
}
