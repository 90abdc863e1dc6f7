// <runtime> wire-server.ts <kind> <port> <drainMs>: what the wire suite speaks to, one process for each kind of server.
import process from 'node:process'
import { createSystemClock } from '@tautline/core/io'
import { createVirtualClock } from '@tautline/core/testing'
import { createServer, implement, type Log } from '@tautline/server'
import { createEchoAcceptor } from '../../src/echo-acceptor.fixture.ts'
import type { ServerKind } from '../capabilities.ts'
import { listen } from '../listen.ts'
import { wireApi } from './wire-contract.ts'
import {
  ECHO_BYTES,
  EXIT_CODE_OF_HANGING,
  METERED,
  RATIONS,
  SHORT_HANDSHAKE_MS,
  type WireUsage,
} from './wire-stands.ts'

/** Beyond what it may drain. */
const SHUTDOWN_LIMIT_MS = 3000
const SECOND_MS = 1000

const kind = process.argv[2] as ServerKind
const drainMs = Number(process.argv[4])

const log: Log = { info: () => undefined, warn: print, error: print }

function print(line: string): void {
  console.log(`LOG ${line}`)
}

const asked = implement(wireApi).context(({ auth }) => ({ user: typeof auth === 'string' ? auth : undefined }))
const handlers = asked.handlers({
  add: ({ input }) => input.a + input.b,
  take: () => undefined,
  hold: ({ signal }) => aborted(signal),
  stubborn: () => new Promise(() => undefined),
  silence: async function* ({ signal }) {
    await aborted(signal)
    yield* []
  },
  one: async function* () {
    yield 1
  },
  ignore: async function* ({ signal }) {
    await aborted(signal)
    yield* []
  },
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
}

function usage(): WireUsage {
  const { user, system } = process.cpuUsage()
  return {
    rssBytes: process.memoryUsage().rss,
    cpuMs: (user + system) / 1000,
    connections: main.stats().connections + guarded.stats().connections,
    limited: { rationed: rationed.stats().limited, metered: metered.stats().limited },
  }
}

function answerPage({ url }: Request): Response {
  if (new URL(url).pathname !== '/pass-second') return Response.json(usage())
  heldTime.advance(SECOND_MS)
  return new Response(null, { status: 204 })
}

const main = createServer(handlers, { log })
const guarded = createServer(handlers, { log, limits: { handshakeMs: SHORT_HANDSHAKE_MS } })
const rationed = createServer(handlers, {
  log,
  maxConnectionsPerAddress: RATIONS.connectionsPerAddress,
  upgradesPerAddress: { perSecond: 1, burst: RATIONS.upgradesAtOnce },
  principalOf: ({ user }) => user,
  perPrincipal: { connections: RATIONS.connectionsPerPrincipal, calls: RATIONS.calls, streams: RATIONS.streams },
  rates: {
    messagesPerSecond: 2 * RATIONS.messagesAtOnce,
    burstMs: 500,
    renewalsPerMinute: RATIONS.renewals,
  },
})
/** What is left of a rate must not depend on how slow the machine is. Turns of the event loop are real ones. */
const heldTime = createVirtualClock()
const metered = createServer(handlers, {
  log,
  clock: {
    ...createSystemClock(),
    now: () => heldTime.now(),
    schedule: (at, task) => heldTime.schedule(at, task),
  },
  principalOf: ({ user }) => user,
  perPrincipal: METERED.principal,
  rates: { ...METERED.connection, burstMs: SECOND_MS },
})
const servings = await Promise.all([
  listen(kind, main, { fetch: answerPage }),
  listen(kind, guarded, {}),
  listen(kind, createEchoAcceptor({ maxMessageBytes: ECHO_BYTES }), {}),
  listen(kind, createEchoAcceptor(), { tls: true }),
  listen(kind, createEchoAcceptor({ maxMessageBytes: ECHO_BYTES }), { perMessageDeflate: true }),
  listen(kind, rationed, {}),
  listen(kind, metered, {}),
])
const [mainServing, guardedServing, echoServing, tlsServing, deflateServing, rationedServing, meteredServing] = servings
console.log(
  `READY ${JSON.stringify({ main: mainServing.url, guarded: guardedServing.url, echo: echoServing.url, tls: tlsServing.url, deflate: deflateServing.url, rationed: rationedServing.url, metered: meteredServing.url })}`,
)

process.stdin.resume()
process.stdin.once('end', () => {
  setTimeout(() => process.exit(EXIT_CODE_OF_HANGING), drainMs + SHUTDOWN_LIMIT_MS)
  void Promise.all(servings.map((serving) => serving.close({ drainMs }))).then(() => {
    process.exit(0)
  })
})
