import { expect } from 'vitest'
import { createPlatformCompressor } from '../io/platform-compressor.ts'
import type { Compressor, Connector, Transport, TransportListener } from '../io/ports.ts'
import type { WindowLimits } from '../io/replay.ts'
import { createPackingCodec, type PackingCodec } from '../packing/packing-codec.ts'
import type { CompressionChoice, Hello, ItemBatch, Welcome } from '../protocol/frame.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'
import { createClientSession } from '../session/client-session.ts'
import type { CalleeEffect } from '../session/effect.ts'
import { createIncomingRequests } from '../session/incoming-requests.ts'
import { createServerSession } from '../session/server-session.ts'
import type { ClientMoves, ServerDecisions, Session } from '../session/session.ts'
import type { MemoryLink } from '../testing/memory-link.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../testing/memory-network.ts'
import { createVirtualClock, type VirtualClock } from '../testing/virtual-clock.ts'
import type { BacklogLimits } from './backlog-watch.ts'
import { Caller } from './caller.ts'
import { Connection } from './connection.ts'
import type { ConnectionObserver } from './connection-observer.ts'
import type { Ending } from './ending.ts'
import type { SessionLink, StreamEffect } from './link.ts'
import { createVolatileEvents } from './volatile-events.ts'

/*
 * Two connections over a memory link: real sessions, real bytes, virtual time. Callees are scripted by the test.
 */

export type Script = (effect: CalleeEffect | StreamEffect, link: SessionLink) => void

export interface PairOptions {
  readonly limits?: Partial<Limits>
  readonly compression?: CompressionChoice
  readonly compressors?: { readonly client: Compressor | undefined; readonly server: Compressor | undefined }
  /** What the server does with the client's calls. */
  readonly server?: Script
  /** What the client does with the server's calls. */
  readonly client?: Script
  /** What the server does about a HELLO. @default accepts it */
  readonly onHello?: (end: End<Session & ServerDecisions>, welcome: Welcome) => void
  /** Puts something between the server and its transport. */
  readonly serverTransport?: (transport: Transport) => Transport
  /** Of the server. */
  readonly backlog?: BacklogLimits
  /** Differences from what the server says by itself, such as a `resumeWindowMs`. */
  readonly welcome?: Partial<Welcome>
  /** What either end has under way before it holds back. @default no bound */
  readonly window?: WindowLimits
  /** One way, in ms. @default 0 */
  readonly latencyMs?: number
}

interface End<S extends Session> {
  readonly connection: Connection<S>
  readonly caller: Caller
  /** What the observer was told, in short. */
  readonly told: string[]
  readonly faults: unknown[]
  readonly events: string[]
  /** What the connection calls: a test may put its own in place. */
  readonly observer: ConnectionObserver
}

interface PairEnd<S extends Session> extends End<S> {
  /** What its transport calls: a test may speak in the transport's name. */
  readonly listener: TransportListener
}

export interface Pair {
  readonly clock: VirtualClock
  readonly codec: PackingCodec
  readonly network: MemoryNetwork
  readonly link: MemoryLink
  readonly client: PairEnd<Session & ClientMoves>
  readonly server: PairEnd<Session & ServerDecisions>
}

const NOTHING: Script = () => {}

export const HELLO: Hello = {
  version: PROTOCOL_VERSION,
  sid: undefined,
  token: undefined,
  rx: 0,
  attempt: 1,
  compression: ['deflate-raw'],
  contractHash: 'same',
  servesHash: undefined,
  auth: undefined,
  client: 'test',
  why: 'start',
  standby: false,
}

function welcomeOf(limits: Limits, compression: CompressionChoice | undefined): Welcome {
  return {
    version: PROTOCOL_VERSION,
    sid: 'session',
    token: new Uint8Array(32),
    gen: 1,
    resumed: false,
    reason: undefined,
    rx: 0,
    heartbeat: { idleMs: 20_000, timeoutMs: 10_000 },
    resumeWindowMs: 0,
    limits,
    compression,
    contractHash: 'same',
    servesHash: undefined,
    authExpiresInMs: undefined,
    server: 'test',
  }
}

/** Connected, and through the handshake unless the options say otherwise. */
export async function connectPair(options: PairOptions = {}): Promise<Pair> {
  const clock = createVirtualClock()
  const { window, latencyMs = 0 } = options
  const network = createMemoryNetwork({ clock, latencyMs })
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits }
  const platform = createPlatformCompressor()
  const compressors = options.compressors ?? { client: platform, server: platform }
  const codec = createPackingCodec()

  let link: MemoryLink | undefined
  let server: PairEnd<Session & ServerDecisions> | undefined
  network.listen((transport, givenLink) => {
    link = givenLink
    const session = createServerSession({ limits, now: clock.now() })
    const end = createEnd(session, compressors.server, { limits, clock, codec, window, backlog: options.backlog })
    end.observer.onHandshake = (effect) => {
      end.told.push(effect.type)
      if (effect.type !== 'hello') return
      const welcome = { ...welcomeOf(limits, options.compression), ...options.welcome }
      const decide = options.onHello ?? (() => end.connection.move((moves, now) => moves.accept(welcome, now)))
      decide(end, welcome)
    }
    const wrapped = options.serverTransport?.(transport) ?? transport
    const listener = end.connection.accept(wrapped, sidesOf(end, options.server))
    server = { ...end, listener }
    return listener
  })

  const session = createClientSession({ hello: HELLO, limits: DEFAULT_LIMITS, createIncoming: createIncomingRequests })
  const { client: ours } = compressors
  const client = createEnd(session, ours, { limits: DEFAULT_LIMITS, clock, codec, window, backlog: undefined })
  client.observer.onOpen = () => client.connection.move((moves, now) => moves.opened(now))
  let listener: TransportListener | undefined
  const connector: Connector = {
    kind: 'memory',
    connect(given) {
      listener = given
      return network.connector.connect(given)
    },
  }
  client.connection.start({ connector, ...sidesOf(client, options.client) })
  // Long enough for HELLO, WELCOME and the first PING.
  await clock.advanceAsync(5 * latencyMs)
  if (server === undefined || listener === undefined || link === undefined) throw new Error('Expected a connection')
  return { clock, codec, network, link, client: { ...client, listener }, server }
}

/** For what a compressor does on another thread: however busy the machine is, only the test's own time limit ends the wait. */
export function eventually({ clock }: Pair, condition: () => boolean): Promise<void> {
  return clock.settleUntil(condition, Number.POSITIVE_INFINITY)
}

/** Ends what is still open and lets a minute pass: nothing may be left of it then. */
export async function expectNothingLeft({ clock, network, client, server }: Pair): Promise<void> {
  client.connection.close(1000, 'done', false)
  await clock.advanceAsync(60_000)
  for (const { connection, caller } of [client, server]) {
    expect(Object.values(connection.stats.session)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(caller.size).toBe(0)
    expect(connection.transport).toBeUndefined()
  }
  expect(network.links).toEqual([])
  expect(clock.pending).toBe(0)
}

function sidesOf<S extends Session>({ connection, caller }: End<S>, script: Script = NOTHING) {
  return {
    caller,
    callee: {
      onCalleeEffect: (effect: CalleeEffect | StreamEffect) => script(effect, connection),
      onRoom: () => {},
      onLost: () => {},
    },
  }
}

interface Surroundings {
  readonly limits: Limits
  readonly clock: VirtualClock
  readonly codec: PackingCodec
  readonly window: WindowLimits | undefined
  readonly backlog: BacklogLimits | undefined
}

function createEnd<S extends Session>(
  session: S,
  compressor: Compressor | undefined,
  { limits, clock, codec, window, backlog }: Surroundings,
): End<S> {
  const told: string[] = []
  const faults: unknown[] = []
  const events: string[] = []
  const observer: ConnectionObserver = {
    onOpen: () => {},
    onHandshake: (effect) => void told.push(effect.type),
    onLinkEffect: (effect) => void told.push(effect.type),
    onProven: () => void told.push('proven'),
    onDetached: (ending) => void told.push(`detached: ${textOf(ending)}`),
    onLost: (ending) => void told.push(`lost: ${textOf(ending)}`),
    onClosed: (ending) => void told.push(`closed: ${textOf(ending)}`),
    onFault: (error) => void faults.push(error),
  }
  // Asked for late, so that a test may replace what the observer does.
  const late: ConnectionObserver = {
    onOpen: () => observer.onOpen(),
    onHandshake: (effect) => observer.onHandshake(effect),
    onLinkEffect: (effect) => observer.onLinkEffect(effect),
    onProven: () => observer.onProven?.(),
    onDetached: (ending) => observer.onDetached(ending),
    onLost: (ending) => observer.onLost(ending),
    onClosed: (ending) => observer.onClosed(ending),
    onFault: (error) => observer.onFault(error),
  }
  const createVolatile = createVolatileEvents
  const connection = new Connection(session, late, { clock, limits, compressor, backlog, window, createVolatile })
  const caller = new Caller(connection, (event, _params, payload) => {
    events.push(`${event}: ${JSON.stringify(payload === undefined ? undefined : codec.decode(payload))}`)
  })
  return { connection, caller, told, faults, events, observer }
}

function textOf({ origin, code }: Ending): string {
  return `${code} ${origin}`
}

/** What carries items of a stream. */
export function batchOf(codec: PackingCodec, ...items: readonly unknown[]): ItemBatch {
  return { count: items.length, values: codec.encode(items), resumes: undefined }
}
