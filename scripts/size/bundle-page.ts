import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile } from 'esbuild'

export interface PageChunks {
  /** What a page loads to begin with: the entry, and what that imports at once. */
  readonly first: readonly Chunk[]
  /** What is loaded when it is needed, if ever. */
  readonly later: readonly Chunk[]
}

export interface Chunk {
  readonly code: Uint8Array
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>
}

export interface PageOptions {
  readonly root: string
  /** Whether the product's packages are read from their sources, or as they are published. */
  readonly packages: 'source' | 'built'
  /** Packages that are left out, with all that only they need. */
  readonly external?: readonly string[]
}

/** How pages are bundled here, whatever is done with what comes of it. */
export const pageSettings = ({ root, packages }: PageOptions) =>
  ({
    absWorkingDir: root,
    bundle: true,
    outdir: 'size',
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: packages === 'source' ? ['@tautline/source'] : [],
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  }) as const satisfies BuildOptions

/** @param entry from `root` on */
export async function bundlePage(entry: string, options: PageOptions): Promise<PageChunks> {
  const { outputFiles, metafile } = await build({
    ...pageSettings(options),
    entryPoints: [entry],
    splitting: true,
    minify: true,
    external: [...(options.external ?? [])],
    metafile: true,
  })
  const first = loadedAtOnce(metafile, entry)
  const chunks = Object.entries(metafile.outputs).map(([path, { inputs: parts }]) => {
    const code = outputFiles.find((file) => file.path === join(options.root, path))?.contents ?? new Uint8Array()
    return { path, code, inputs: parts }
  })
  return {
    first: chunks.filter(({ path }) => first.has(path)),
    later: chunks.filter(({ path }) => !first.has(path)),
  }
}

function loadedAtOnce({ outputs }: Metafile, entry: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    found.add(path)
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) visit(imported)
    }
  }
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint === entry) visit(path)
  return found
}

export const gzippedBytes = (code: Uint8Array): number => gzipSync(code, { level: 9 }).length

export const bytesOf = (chunks: readonly Chunk[], measure: (code: Uint8Array) => number): number =>
  chunks.reduce((bytes, { code }) => bytes + measure(code), 0)
