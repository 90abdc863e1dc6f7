// npm run size -- --concerns: what a client would weigh without each of the things it does, one after the other taken away.
// Nothing of it would run: it says what a concern costs, and so what would have to be given up to reach a given size.
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'

interface Concern {
  readonly name: string
  /** Bytes, gzip, that are saved where this goes as well. */
  readonly saved: number
  /** Bytes, gzip, of all that is left then. */
  readonly left: number
}

interface Module {
  readonly path: string
  readonly code: string
}

/** In the order in which they are taken away: what most pages would miss least comes first. A module belongs to the first that names it. */
const CONCERNS: readonly (readonly [name: string, modules: RegExp])[] = [
  ['events: topics, listeners', /client\/src\/topics?\./],
  ['streams to the server, and how fast they may go', /item-pump|item-allowance|send-pace|backlog-watch/],
  ['the way to long poll and back (long poll itself is loaded later)', /transport-|transports\/lazy/],
  ['moving to another server', /leaving-connections|go-away/],
  ['compression, and what must stay out of it', /compressor|plain-ids/],
  ['refusing what the server calls', /served|refused-requests|peer-ids/],
  ['validation of answers, checks of options', /contract\/(validate|got)|-options|oversize/],
  ['the hash of the contract', /describe-schema|contract\/hash|fingerprint/],
  ['the contract: checks, tables', /contract\/(names|router|procedure|contract|schema)/],
  ['calls made offline', /client\/src\/intents/],
  ['error codes and their texts', /contract\/error/],
  ['streams from the server, credit', /stream|item-queue|session\/credit/],
  ['reconnecting, status', /session\/(reconnect|backoff)|reconnector|status|alarm|page-signals|traffic|create-control/],
  [
    'sequence, replay, resume, heartbeat, handshake',
    /(base|client)-session|sequence|heartbeat|handshake|phase|effect|replay/,
  ],
  ['requests: ids, places, deadlines', /session\/|peer\/(caller|values)|client\/src\/(call|pending)/],
  ['the driver: messages, turns, sockets', /peer\/|core\/src\/io\/|client\/src\/connection|transports\//],
  ['scanning what arrives', /protocol\/(scan|utf8|big-endian|violation|own-bytes)/],
  [
    'values: Date, Map, Set, bigint, typed arrays',
    /(en|de)code-value|value-codec|unserial|big-int|binary|timestamp|extension/,
  ],
  ['frames to bytes and back', /protocol\//],
  ['the object that an application holds', /./],
]

/** @param bundle in one piece, with names and syntax minified and white space not, so that esbuild says where each module begins */
export async function weighConcerns(bundle: string): Promise<readonly Concern[]> {
  let modules: readonly Module[] = await Promise.all(modulesOf(bundle).map(minified))
  let before = weight(modules)
  return CONCERNS.map(([name, pattern]) => {
    modules = modules.filter(({ path }) => !pattern.test(path))
    const left = weight(modules)
    const saved = before - left
    before = left
    return { name, saved, left }
  })
}

function modulesOf(bundle: string): readonly Module[] {
  const [, ...parts] = bundle.split(/^\/\/ ((?:packages|scripts|node_modules)\/.*)$/m)
  return parts.flatMap((path, i) => (i % 2 === 0 ? [{ path, code: parts[i + 1] ?? '' }] : []))
}

async function minified({ path, code }: Module): Promise<Module> {
  return { path, code: (await transform(code, { minifyWhitespace: true, target: 'es2023' })).code.trimEnd() }
}

function weight(modules: readonly Module[]): number {
  if (modules.length === 0) return 0
  return gzipSync(modules.map(({ code }) => code).join(''), { level: 9 }).length
}
