// Requests that ask for an upgrade, by RFC 6455 and the HTTP that it stands on: what has to come of each.
import type { ServerCapability } from '../capabilities.ts'
import { KEY, type RequestShape, requestBytes } from './request-bytes.ts'

/**
 * `refused`: an error status or the end of the connection, whichever. `answered`: as `refused` or 101, where the RFC leaves it to the
 * server, so that it matters alone that the server is still there.
 */
export type UpgradeOutcome = number | 'refused' | 'answered'

export interface UpgradeRule {
  readonly rfc: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly demands: UpgradeOutcome
  /** What the answer must say. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Where the row says no, the runtime is known to do this instead. */
  readonly unless?: readonly [row: ServerCapability, outcome: UpgradeOutcome]
}

const rule = (
  rfc: string,
  name: string,
  { demands, shape, ...more }: { readonly shape: RequestShape } & Pick<UpgradeRule, 'demands' | 'headers' | 'unless'>,
): UpgradeRule => ({ rfc, name, bytes: requestBytes(shape), demands, ...more })

const raw = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const keyOf = (byteLength: number): string => Buffer.alloc(byteLength).toString('base64')
const manyHeaders = (count: number, valueBytes: number): string[] =>
  Array.from({ length: count }, (_, n) => `x-${String(n)}: ${'a'.repeat(valueBytes)}`)

const KiB = 1024

const WANTED_VERSION = { 'sec-websocket-version': '13', upgrade: 'websocket' } as const

const handshakes: readonly UpgradeRule[] = [
  rule('6455, 4.2.2', 'a good request', { shape: {}, demands: 101, headers: { 'sec-websocket-extensions': null } }),
  ...[
    { name: 'no version', headers: { 'sec-websocket-version': undefined } },
    { name: 'version 8', headers: { 'sec-websocket-version': '8' } },
    { name: 'version 14', headers: { 'sec-websocket-version': '14' } },
    { name: 'two versions', headers: { 'sec-websocket-version': '13, 8' } },
    { name: 'version 13.0', headers: { 'sec-websocket-version': '13.0' } },
  ].map(({ name, headers }) => rule('6455, 4.4', name, { shape: { headers }, demands: 426, headers: WANTED_VERSION })),
  ...[
    { name: 'no key', key: undefined },
    { name: 'an empty key', key: '' },
    { name: 'a key of 15 bytes', key: keyOf(15) },
    { name: 'a key of 17 bytes', key: keyOf(17) },
    { name: 'a key that is no base64', key: '!'.repeat(22).concat('==') },
  ].map(({ name, key }) =>
    rule('6455, 4.2.1', name, { shape: { headers: { 'sec-websocket-key': key } }, demands: 400 }),
  ),
  rule('6455, 11.3.1', 'two keys', { shape: { lines: [`sec-websocket-key: ${KEY}`] }, demands: 400 }),
  ...['HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'BREW'].map((method) =>
    rule('6455, 4.2.1', `the method ${method}`, {
      shape: { line: `${method} /rpc HTTP/1.1`, headers: { 'content-length': '0' } },
      demands: 'refused',
    }),
  ),
  rule('9110, 9.1', 'the method get', { shape: { line: 'get /rpc HTTP/1.1' }, demands: 'refused' }),
  rule('9110, 9.3.6', 'the method CONNECT', { shape: { line: 'CONNECT /rpc HTTP/1.1' }, demands: 'refused' }),
  rule('6455, 4.2.1', 'no Upgrade', { shape: { headers: { upgrade: undefined } }, demands: 426 }),
  rule('6455, 4.2.1', 'an upgrade to something else', { shape: { headers: { upgrade: 'h2c' } }, demands: 426 }),
  rule('6455, 4.2.1', 'Upgrade in capitals', { shape: { headers: { upgrade: 'WEBSOCKET' } }, demands: 101 }),
  // 9110, 7.8: a server may always pass over it.
  rule('9110, 7.8', 'a choice of upgrades', { shape: { headers: { upgrade: 'h2c, websocket' } }, demands: 'answered' }),
  rule('6455, 4.2.1', 'no Connection', { shape: { headers: { connection: undefined } }, demands: 'refused' }),
  rule('6455, 4.2.1', 'Connection: keep-alive', {
    shape: { headers: { connection: 'keep-alive' } },
    demands: 'refused',
  }),
  rule('6455, 4.2.1', 'Connection: keep-alive, Upgrade', {
    shape: { headers: { connection: 'keep-alive, Upgrade' } },
    demands: 101,
  }),
]

const subprotocols: readonly UpgradeRule[] = [
  ...[
    { name: 'our subprotocol', offer: 'tautline.1', answer: 'tautline.1' },
    { name: 'ours among others', offer: 'a, tautline.1 ,b', answer: 'tautline.1' },
    { name: 'ours without a space', offer: 'a,tautline.1', answer: 'tautline.1' },
    { name: 'another', offer: 'other', answer: null },
    { name: 'ours in capitals', offer: 'TAUTLINE.1', answer: null },
  ].map(({ name, offer, answer }) =>
    rule('6455, 4.2.2', `an offer of ${name}`, {
      shape: { headers: { 'sec-websocket-protocol': offer } },
      demands: 101,
      headers: { 'sec-websocket-protocol': answer },
    }),
  ),
  rule('6455, 11.3.4', 'an offer in two headers', {
    shape: { headers: { 'sec-websocket-protocol': 'a' }, lines: ['sec-websocket-protocol: tautline.1'] },
    demands: 101,
    headers: { 'sec-websocket-protocol': 'tautline.1' },
  }),
  ...['tautline.1, tautline.1', 'a b', ''].map((offer) =>
    rule('6455, 4.1', `an offer of ${JSON.stringify(offer)}`, {
      shape: { headers: { 'sec-websocket-protocol': offer } },
      demands: 'answered',
    }),
  ),
  ...['permessage-deflate', ';;;', 'permessage-deflate; client_max_window_bits=99'].map((offer) =>
    rule('6455, 9.1', `an offer of the extension ${offer}`, {
      shape: { headers: { 'sec-websocket-extensions': offer } },
      demands: 101,
      headers: { 'sec-websocket-extensions': null },
    }),
  ),
]

const versions: readonly UpgradeRule[] = [
  rule('9110, 7.8', 'HTTP/1.0', {
    shape: { line: 'GET /rpc HTTP/1.0' },
    demands: 'refused',
    unless: ['httpVersion', 101],
  }),
  rule('9112, 2.3', 'HTTP/2.0 in the shape of 1.1', { shape: { line: 'GET /rpc HTTP/2.0' }, demands: 'refused' }),
  rule('9112, 2.3', 'HTTP/1.2', { shape: { line: 'GET /rpc HTTP/1.2' }, demands: 'answered' }),
  { rfc: '9112, 2.3', name: 'HTTP/0.9', bytes: raw('GET /rpc\r\n\r\n'), demands: 'refused' },
]

const hosts: readonly UpgradeRule[] = [
  rule('9112, 3.2', 'no Host', { shape: { headers: { host: undefined } }, demands: 400 }),
  rule('9112, 3.2', 'two Hosts', { shape: { lines: ['host: other.example'] }, demands: 400 }),
  rule('9112, 3.2', 'a Host that is none', { shape: { headers: { host: 'a b' } }, demands: 400 }),
  rule('9112, 3.2.2', 'a target in absolute form', {
    shape: { line: 'GET http://127.0.0.1/rpc HTTP/1.1' },
    demands: 101,
    unless: ['absoluteTarget', 400],
  }),
  rule('9112, 3.2.4', 'the target *', { shape: { line: 'GET * HTTP/1.1' }, demands: 400 }),
  rule('9112, 3.2', 'a target with a fragment', { shape: { line: 'GET /rpc#part HTTP/1.1' }, demands: 'refused' }),
  rule('9112, 3.2.1', 'a host in the place of a path', {
    shape: { line: 'GET //evil.example/rpc HTTP/1.1' },
    demands: 404,
  }),
]

/** RFC 9110, 7.8: what follows the head of a request is its body first; a server that took it for frames could be fed a second request. */
const bodies: readonly UpgradeRule[] = [
  rule('9112, 6.2', 'a body of known length', {
    shape: { headers: { 'content-length': '5' }, body: 'hello' },
    demands: 'refused',
  }),
  rule('9112, 7.1', 'a body in chunks', {
    shape: { headers: { 'transfer-encoding': 'chunked' }, body: '5\r\nhello\r\n0\r\n\r\n' },
    demands: 'refused',
  }),
  rule('9112, 6.1', 'both kinds of length', {
    shape: { headers: { 'content-length': '5', 'transfer-encoding': 'chunked' }, body: '0\r\n\r\n' },
    demands: 'refused',
  }),
  rule('9112, 6.3', 'two lengths', {
    shape: { headers: { 'content-length': '0' }, lines: ['content-length: 5'] },
    demands: 'refused',
  }),
  rule('9112, 6.3', 'a length that is no number', {
    shape: { headers: { 'content-length': '0x0' } },
    demands: 'refused',
  }),
  rule('9112, 6.2', 'a length of 0', { shape: { headers: { 'content-length': '0' } }, demands: 'answered' }),
  rule('9110, 10.1.1', 'Expect: 100-continue', { shape: { headers: { expect: '100-continue' } }, demands: 101 }),
]

const sizes: readonly UpgradeRule[] = [
  rule('9112, 3', 'a target of 8000 bytes', { shape: { line: `GET /rpc?${'a'.repeat(7988)} HTTP/1.1` }, demands: 101 }),
  rule('9110, 15.5.15', 'a target of 64 KiB', {
    shape: { line: `GET /rpc?${'a'.repeat(64 * KiB)} HTTP/1.1` },
    demands: 'refused',
  }),
  rule('6585, 5', 'a header of 8 KiB', { shape: { lines: manyHeaders(1, 8 * KiB) }, demands: 101 }),
  rule('6585, 5', 'a header of 16 KiB', { shape: { lines: manyHeaders(1, 16 * KiB) }, demands: 'answered' }),
  rule('6585, 5', 'a header of 64 KiB', { shape: { lines: manyHeaders(1, 64 * KiB) }, demands: 'refused' }),
  rule('6585, 5', 'a header of 1 MB', { shape: { lines: manyHeaders(1, 1_000_000) }, demands: 'refused' }),
  rule('6585, 5', '90 headers', { shape: { lines: manyHeaders(90, 1) }, demands: 101 }),
  rule('6585, 5', '1000 headers', { shape: { lines: manyHeaders(1000, 1) }, demands: 'answered' }),
  rule('6585, 5', '10,000 headers', { shape: { lines: manyHeaders(10_000, 1) }, demands: 'refused' }),
]

const good = requestBytes().toString('latin1')

const syntax: readonly UpgradeRule[] = [
  ...[
    { name: 'a folded header', lines: ['x-a: b', ' c'] },
    { name: 'a space before the colon', lines: ['x-a : b'] },
    { name: 'a header without a colon', lines: ['x-a'] },
    { name: 'a header without a name', lines: [': b'] },
    { name: 'a control character in a name', lines: ['x\x01a: b'] },
    { name: 'NUL in a value', lines: ['x-a: b\0c'] },
    { name: 'CR in a value', lines: ['x-a: b\rx-b: c'] },
  ].map(({ name, lines }) => rule('9112, 5', name, { shape: { lines }, demands: 'refused' })),
  rule('9112, 5.2', 'a folded key', {
    shape: { headers: { 'sec-websocket-key': 'dGhlIHNhbXBs\r\n ZSBub25jZQ==' } },
    demands: 'refused',
  }),
  rule('9110, 5.5', 'bytes that are not ASCII in a value', { shape: { lines: ['x-a: \xe9\xff'] }, demands: 101 }),
  ...[
    'GET HTTP/1.1',
    'GET /r pc HTTP/1.1',
    'GET /rpc\0 HTTP/1.1',
    'GET /rpc',
    'GET /rpc HTTP/x.y',
    '\0\0\0\0',
    '   ',
  ].map((line) => rule('9112, 3', `the line ${JSON.stringify(line)}`, { shape: { line }, demands: 'refused' })),
  rule('9112, 3', 'two spaces in the line', { shape: { line: 'GET  /rpc  HTTP/1.1' }, demands: 'answered' }),
  { rfc: '9112, 2.2', name: 'an empty line first', bytes: raw(`\r\n${good}`), demands: 'answered' },
  { rfc: '9112, 2.2', name: 'line feeds alone', bytes: raw(good.replaceAll('\r\n', '\n')), demands: 'answered' },
  {
    rfc: '9112, 3',
    name: 'a TLS hello',
    bytes: raw('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'),
    demands: 'refused',
  },
]

export const upgradeRules: readonly UpgradeRule[] = [
  ...handshakes,
  ...subprotocols,
  ...versions,
  ...hosts,
  ...bodies,
  ...sizes,
  ...syntax,
]
