// npm run size: what the minimal client weighs and what makes it up, against scripts/size/budget.json.
// `--dist` measures the built packages instead of the sources; `--modules` lists every module, `--concerns` what each thing that
// a client does costs.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { bundlePage, bytesOf, type Chunk, gzippedBytes, type PageChunks, pageSettings } from './size/bundle-page.ts'
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
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`.padStart(10)

const pageOptions = { root, packages: values.dist === true ? 'built' : 'source' } as const

function bundle(entry: string, external: readonly string[]): Promise<PageChunks> {
  return bundlePage(entry, { ...pageOptions, external }).catch(() => {
    // esbuild has printed what it could not resolve.
    console.error(values.dist === true ? 'Not bundled: run npm run build first.' : 'Not bundled.')
    process.exit(1)
  })
}

const minified = (chunks: readonly Chunk[]): string => kib(bytesOf(chunks, (code) => code.length)).trim()

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
    // Built packages no longer say what came from where.
    ...pageSettings({ root, packages: 'source' }),
    entryPoints: [minimalClient],
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

const sizes = {
  library: bytesOf(library.first, gzippedBytes),
  outline: bytesOf(outline.first, gzippedBytes),
} satisfies Budget
const budget = JSON.parse(readFileSync(join(root, 'scripts/size/budget.json'), 'utf8')) as Budget
console.log(`\n${kib(bytesOf(whole.first, gzippedBytes))}  gzip, everything (${minified(whole.first)} minified)`)
console.log(`${kib(sizes.library)}  gzip, without ${schemaLibrary} (${minified(library.first)} minified)`)
console.log(`${kib(sizes.outline)}  gzip, with an outline of the API instead (${minified(outline.first)} minified)`)
console.log(
  `${kib(bytesOf(library.later, gzippedBytes))}  gzip, loaded when it is needed (${minified(library.later)} minified)`,
)
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
