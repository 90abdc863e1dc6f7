import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { PAGE_DIRECTORY } from './assets.ts'

const source = (file: string): string => fileURLToPath(new URL(`./page/${file}`, import.meta.url))

const common = {
  outdir: PAGE_DIRECTORY,
  bundle: true,
  write: false,
  minify: true,
  target: 'es2022',
  // The workspace's packages unbuilt, as everywhere in this repository.
  conditions: ['@tautline/source'],
  logLevel: 'warning',
} satisfies BuildOptions

/** Bundles the page into `dist/`: three files, everything in them. */
export async function buildPage(): Promise<void> {
  await mkdir(PAGE_DIRECTORY, { recursive: true })
  const [script, style] = await Promise.all([
    build({ ...common, entryPoints: { page: source('main.ts') }, format: 'esm' }),
    build({ ...common, entryPoints: { page: source('page.css') } }),
  ])
  for (const { path, contents } of [...script.outputFiles, ...style.outputFiles]) await put(basename(path), contents)
  await put('index.html', await readFile(source('index.html')))
}

/** Whole or not at all: another server may be reading the file that is replaced. */
async function put(name: string, contents: Uint8Array): Promise<void> {
  const unfinished = `${PAGE_DIRECTORY}${name}.${String(process.pid)}`
  await writeFile(unfinished, contents)
  await rename(unfinished, PAGE_DIRECTORY + name)
}
