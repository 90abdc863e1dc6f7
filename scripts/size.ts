// npm run size: what the minimal client weighs and what makes it up, against scripts/size/budget.json.
// `--dist` measures the built packages instead of the sources; `--modules` lists every module.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'

interface Budget {
  /** Bytes, gzip, of everything but the schema library. */
  readonly library: number
}

const root = resolve(import.meta.dirname, '..')
const entry = 'scripts/size/minimal-client.ts'
const schemaLibrary = 'valibot'
const { values } = parseArgs({ options: { dist: { type: 'boolean' }, modules: { type: 'boolean' } } })
const gzip = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`.padStart(10)

async function bundle(external: readonly string[]): Promise<{ code: Uint8Array; metafile: Metafile }> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: values.dist === true ? [] : ['@tautline/source'],
    external: [...external],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
  }).catch(() => {
    // esbuild has printed what it could not resolve.
    console.error(values.dist === true ? 'Not bundled: run npm run build first.' : 'Not bundled.')
    process.exit(1)
  })
  return { code: result.outputFiles[0]?.contents ?? new Uint8Array(), metafile: result.metafile }
}

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

const whole = await bundle([])
const library = await bundle([schemaLibrary])
const inputs = Object.values(whole.metafile.outputs)[0]?.inputs ?? {}
const modules = Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
const owners = new Map<string, number>()
for (const [path, bytes] of modules) owners.set(owner(path), (owners.get(owner(path)) ?? 0) + bytes)

console.log(`minimal client (${entry}), ${values.dist === true ? 'built packages' : 'sources'}; minified parts:`)
for (const [name, bytes] of largestFirst(owners)) if (bytes > 0) console.log(`${kib(bytes)}  ${name}`)
if (values.modules === true) {
  console.log('\nmodules:')
  for (const [path, bytes] of largestFirst(modules)) if (bytes > 0) console.log(`${kib(bytes)}  ${path}`)
}

const librarySize = gzip(library.code)
const wholeSize = gzip(whole.code)
const budget = JSON.parse(readFileSync(join(root, 'scripts/size/budget.json'), 'utf8')) as Budget
console.log(`\n${kib(wholeSize)}  gzip, everything (${kib(whole.code.length).trim()} minified)`)
console.log(`${kib(librarySize)}  gzip, without ${schemaLibrary} (${kib(library.code.length).trim()} minified)`)
if (librarySize > budget.library) {
  console.error(
    `Over budget: expected at most ${String(budget.library)} B gzip without ${schemaLibrary}, got ${String(librarySize)} B.\n` +
      'Make it smaller (--modules shows where it went), or raise scripts/size/budget.json in a commit that says why.',
  )
  process.exitCode = 1
} else console.log(`Within budget: ${String(librarySize)} of ${String(budget.library)} B`)
