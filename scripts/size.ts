// npm run size: what the minimal client weighs and what makes it up, against scripts/size/budget.json.
// `--dist` measures the built packages instead of the sources; `--modules` lists every module, `--concerns` what each thing that
// a client does costs.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { weighConcerns } from './size/concerns.ts'

interface Budget {
  /** Bytes, gzip, of everything but the schema library. */
  readonly library: number
  /** As `library`, of a client without the schemas. */
  readonly outline: number
}

const root = resolve(import.meta.dirname, '..')
const minimalClient = 'scripts/size/minimal-client.ts'
const outlineClient = 'scripts/size/outline-client.ts'
const schemaLibrary = 'valibot'
const { values } = parseArgs({
  options: { dist: { type: 'boolean' }, modules: { type: 'boolean' }, concerns: { type: 'boolean' } },
})
const gzip = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`.padStart(10)

interface Chunks {
  /** What a page loads to begin with: the entry, and what that imports at once. */
  readonly first: readonly Chunk[]
  /** What is loaded when it is needed, if ever. */
  readonly later: readonly Chunk[]
}

interface Chunk {
  readonly code: Uint8Array
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>
}

const options = {
  absWorkingDir: root,
  bundle: true,
  outdir: 'size',
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  conditions: values.dist === true ? [] : ['@tautline/source'],
  legalComments: 'none',
  write: false,
  logLevel: 'error',
} as const satisfies BuildOptions

async function bundle(entry: string, external: string[]): Promise<Chunks> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [entry],
    splitting: true,
    minify: true,
    external,
    metafile: true,
  }).catch(() => {
    // esbuild has printed what it could not resolve.
    console.error(values.dist === true ? 'Not bundled: run npm run build first.' : 'Not bundled.')
    process.exit(1)
  })
  const first = loadedAtOnce(metafile, entry)
  const chunks = Object.entries(metafile.outputs).map(([path, { inputs: parts }]) => {
    const code = outputFiles.find((file) => file.path === join(root, path))?.contents ?? new Uint8Array()
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

const sum = (chunks: readonly Chunk[], measure: (code: Uint8Array) => number): number =>
  chunks.reduce((bytes, { code }) => bytes + measure(code), 0)
const minified = (chunks: readonly Chunk[]): string => kib(sum(chunks, (code) => code.length)).trim()

/** `packages/core/src/session/x.ts` belongs to `@tautline/core session`, everything else to its npm package. */
function owner(path: string): string {
  const ours = /^packages\/([^/]+)\/(?:src|dist)\/(?:([^/]+)\/)?/.exec(path)
  if (ours !== null) return `@tautline/${String(ours[1])}${ours[2] === undefined ? '' : ` ${ours[2]}`}`
  const theirs = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)
  return theirs?.[1] ?? path
}

function largestFirst(entries: Iterable<readonly [string, number]>): (readonly [string, number])[] {
  return [...entries].toSorted((a, b) => b[1] - a[1])
}

const whole = await bundle(minimalClient, [])
const library = await bundle(minimalClient, [schemaLibrary])
const outline = await bundle(outlineClient, [])
const modules = whole.first.flatMap(({ inputs }) =>
  Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const),
)
const owners = new Map<string, number>()
for (const [path, bytes] of modules) owners.set(owner(path), (owners.get(owner(path)) ?? 0) + bytes)

console.log(
  `minimal client (${minimalClient}), ${values.dist === true ? 'built packages' : 'sources'}; minified parts:`,
)
for (const [name, bytes] of largestFirst(owners)) if (bytes > 0) console.log(`${kib(bytes)}  ${name}`)
if (values.modules === true) {
  console.log('\nmodules:')
  for (const [path, bytes] of largestFirst(modules)) if (bytes > 0) console.log(`${kib(bytes)}  ${path}`)
}

if (values.concerns === true) {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [minimalClient],
    // Built packages no longer say what came from where.
    conditions: ['@tautline/source'],
    minifyIdentifiers: true,
    minifySyntax: true,
    // What is loaded later is another bundle.
    external: [schemaLibrary, '*/long-poll.ts'],
  })
  console.log('\nsaved, and left, gzip, where these are given up one after the other:')
  for (const { name, saved, left } of await weighConcerns(outputFiles[0]?.text ?? '')) {
    console.log(`${kib(saved)} ${kib(left)}  ${name}`)
  }
}

const sizes = { library: sum(library.first, gzip), outline: sum(outline.first, gzip) } satisfies Budget
const budget = JSON.parse(readFileSync(join(root, 'scripts/size/budget.json'), 'utf8')) as Budget
console.log(`\n${kib(sum(whole.first, gzip))}  gzip, everything (${minified(whole.first)} minified)`)
console.log(`${kib(sizes.library)}  gzip, without ${schemaLibrary} (${minified(library.first)} minified)`)
console.log(`${kib(sizes.outline)}  gzip, with an outline of the API instead (${minified(outline.first)} minified)`)
console.log(`${kib(sum(library.later, gzip))}  gzip, loaded when it is needed (${minified(library.later)} minified)`)
for (const name of ['library', 'outline'] as const) {
  if (sizes[name] <= budget[name]) {
    console.log(`Within budget: \`${name}\` ${String(sizes[name])} of ${String(budget[name])} B`)
    continue
  }
  console.error(
    `Over budget: expected \`${name}\` to be at most ${String(budget[name])} B gzip, got ${String(sizes[name])} B.\n` +
      'Make it smaller (--modules shows where it went), or raise scripts/size/budget.json in a commit that says why.',
  )
  process.exitCode = 1
}
