/**
 * What the runtimes can and cannot do for Tautline. Every check that is left out for a runtime is left out because
 * of a row here, and every "no" says why. The README's tables are made from it.
 */

/** Ways to serve. `deno-serve` is `denoHandler` on `Deno.serve`, the restricted one. */
export const serverKinds = ['node', 'bun', 'deno', 'deno-serve'] as const
export type ServerKind = (typeof serverKinds)[number]

/**
 * Ways to connect. `ws` is the npm package of that name on Node, `node` the global `WebSocket`; `-poll` are long polls over
 * `fetch`.
 */
export const clientKinds = [
  'node',
  'ws',
  'bun',
  'deno',
  'chromium',
  'node-poll',
  'bun-poll',
  'deno-poll',
  'chromium-poll',
] as const
export type ClientKind = (typeof clientKinds)[number]

/** `true`, or why not. */
type Verdict = true | string

interface Capability<Kind extends string> {
  readonly title: string
  readonly on: Readonly<Record<Kind, Verdict>>
}

const everywhere = { node: true, bun: true, deno: true, 'deno-serve': true } as const

const HIDDEN_VERSION = 'a `Request` does not tell its version: treated like one of HTTP/1.1'
const COUNTS_BYTES = 'by their bytes alone: a million empty ones are taken, at the cost of reading them'
const TWO_HOSTS = 'refused on purpose: it names a host beside that of `Host`, and only proxies are sent such'

export const serverCapabilities = {
  upgradeRefusal: { title: 'Refuses an upgrade with a status, headers and a body', on: everywhere },
  longPoll: { title: 'Answers long polls', on: everywhere },
  remoteAddress: { title: 'Knows the address of the client', on: everywhere },
  tls: { title: 'TLS', on: everywhere },
  clientCertificates: {
    title: 'Lets in only clients with a certificate of your authority',
    on: { ...everywhere, 'deno-serve': 'has no such option, and takes no notice of `requestCert`: everybody gets in' },
  },
  tellsCertificate: {
    title: 'Tells whose certificate a client has shown',
    on: {
      ...everywhere,
      bun: 'nothing tells of it: whoever gets in has one',
      'deno-serve': 'has none to tell of',
    },
  },
  certificateRenewal: {
    title: 'Renews its own certificate while it runs',
    on: {
      ...everywhere,
      bun: '`Bun.serve` keeps the one that it began with, through `reload` too: another process has to take over',
      'deno-serve': 'keeps the one that it began with: another process has to take over',
    },
  },
  compression: { title: "Tautline's own compression of messages", on: everywhere },
  backlog: { title: 'Knows how much is not sent yet', on: everywhere },
  boundedMessages: {
    title: 'Refuses a message past the limit before it is in memory',
    on: {
      ...everywhere,
      'deno-serve': '`Deno.upgradeWebSocket` has no such option: 2.5 GB were taken in one message of many fragments',
    },
  },
  rfc7692: {
    title: 'RFC 7692 (`perMessageDeflate`)',
    on: {
      ...everywhere,
      'deno-serve': '`Deno.upgradeWebSocket` never agrees to an extension',
    },
  },
  drain: {
    title: 'Tells when the backlog is gone',
    on: { ...everywhere, 'deno-serve': 'no event: `bufferedAmount` is polled' },
  },
  pauseReading: {
    title: 'Stops reading from one client',
    on: { ...everywhere, 'deno-serve': 'no such method: what comes is taken into memory' },
  },
  terminate: {
    title: 'Cuts a client at once',
    on: { ...everywhere, 'deno-serve': 'no such method: a client that answers no close frame keeps its socket' },
  },
  closeOnViolation: {
    title: 'Answers a broken WebSocket frame with a close code',
    on: {
      ...everywhere,
      'deno-serve':
        'drops the TCP connection without a close frame, as it may after a close of its own while more comes in',
    },
  },
  refusesUnmasked: {
    title: 'Refuses frames that are not masked (RFC 6455, 5.1)',
    on: { ...everywhere, 'deno-serve': 'takes them like all others' },
  },
  boundedControlFrames: {
    title: 'Refuses control frames of more than 125 bytes (RFC 6455, 5.5)',
    on: { ...everywhere, 'deno-serve': 'refuses long pings alone, and sends a long close frame back' },
  },
  registeredCloseCodes: {
    title: 'Knows all registered close codes',
    on: { ...everywhere, 'deno-serve': 'answers 1014 with 1002' },
  },
  boundedFragments: {
    title: 'Bounds the fragments of a message by number',
    on: { ...everywhere, bun: COUNTS_BYTES, 'deno-serve': COUNTS_BYTES },
  },
  slowHeads: {
    title: 'Gives up a client that takes more than some seconds for TLS, or for its request',
    on: { ...everywhere, 'deno-serve': 'waits for ever: something in front of it must not' },
  },
  upgradeReset: {
    title: 'Notices a client that leaves while it is upgraded',
    on: { ...everywhere, 'deno-serve': 'tells nobody, and after one of them `shutdown()` never ends' },
  },
  httpVersion: {
    title: 'Passes over an upgrade that is asked for in HTTP/1.0 (RFC 9110, 7.8)',
    on: { ...everywhere, bun: HIDDEN_VERSION, 'deno-serve': HIDDEN_VERSION },
  },
  absoluteTarget: {
    title: 'Takes an upgrade whose target is a whole URL (RFC 9112, 3.2.2)',
    on: { ...everywhere, node: TWO_HOSTS, deno: TWO_HOSTS },
  },
  attach: {
    title: 'Stands beside an existing `node:http` server',
    on: {
      ...everywhere,
      bun: '`tautline(server)` gives the parts of `Bun.serve` instead',
      'deno-serve': '`denoHandler(server)` is itself a part of an existing server',
    },
  },
} as const satisfies Record<string, Capability<ServerKind>>

export type ServerCapability = keyof typeof serverCapabilities

const polls = { 'node-poll': true, 'bun-poll': true, 'deno-poll': true, 'chromium-poll': true } as const
const allClients = { node: true, ws: true, bun: true, deno: true, chromium: true, ...polls } as const

const NO_EXTENSION = 'a matter of WebSockets; Tautline compresses instead'

export const clientCapabilities = {
  compression: { title: "Tautline's own compression of messages", on: allClients },
  tls: { title: 'TLS', on: allClients },
  showsCertificate: {
    title: 'Can show a certificate of its own',
    on: {
      ...allClients,
      node: 'the global `WebSocket` has no such option: use the one of `ws`',
      chromium: 'a matter of the browser and its user, not of pages',
      'node-poll': 'the global `fetch` has no such option: give one of your own',
      'chromium-poll': 'a matter of the browser and its user, not of pages',
    },
  },
  backlog: { title: 'Knows how much is not sent yet', on: allClients },
  rfc7692: {
    title: 'RFC 7692, where the server is asked for it',
    on: {
      ...allClients,
      deno: 'offers no extension; Tautline compresses instead',
      'node-poll': NO_EXTENSION,
      'bun-poll': NO_EXTENSION,
      'deno-poll': NO_EXTENSION,
      'chromium-poll': NO_EXTENSION,
    },
  },
  upgradeStatus: {
    title: 'Can see the HTTP status of a refused upgrade',
    on: {
      node: 'the error event has no status',
      ws: true,
      bun: 'only in the text of an error',
      deno: 'only in the text of an error',
      chromium: 'kept from pages on purpose',
      ...polls,
    },
  },
} as const satisfies Record<string, Capability<ClientKind>>

export type ClientCapability = keyof typeof clientCapabilities

const serverTitles: Readonly<Record<ServerKind, string>> = {
  node: 'Node',
  bun: 'Bun',
  deno: 'Deno',
  'deno-serve': '`Deno.serve`',
}

const clientTitles: Readonly<Record<ClientKind, string>> = {
  node: 'Node',
  ws: '`ws`',
  bun: 'Bun',
  deno: 'Deno',
  chromium: 'Chromium',
  'node-poll': 'Node, long poll',
  'bun-poll': 'Bun, long poll',
  'deno-poll': 'Deno, long poll',
  'chromium-poll': 'Chromium, long poll',
}

/** The tables as they stand in the README: reasons as numbered notes below. */
export function capabilityTables(): string {
  return [
    table('Servers', serverTitles, Object.values<Capability<ServerKind>>(serverCapabilities)),
    table('Clients', clientTitles, Object.values<Capability<ClientKind>>(clientCapabilities)),
  ].join('\n\n')
}

function table<Kind extends string>(
  title: string,
  kinds: Readonly<Record<Kind, string>>,
  capabilities: readonly Capability<Kind>[],
): string {
  const columns = Object.keys(kinds) as Kind[]
  const notes: string[] = []
  const cell = (verdict: Verdict): string => {
    if (verdict === true) return 'yes'
    if (!notes.includes(verdict)) notes.push(verdict)
    return `no (${String(notes.indexOf(verdict) + 1)})`
  }
  const rows = capabilities.map((row) => `| ${[row.title, ...columns.map((kind) => cell(row.on[kind]))].join(' | ')} |`)
  return [
    `| ${[title, ...columns.map((kind) => kinds[kind])].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '---')].join(' | ')} |`,
    ...rows,
    '',
    ...notes.map((note, index) => `${String(index + 1)}. ${note}`),
  ].join('\n')
}
