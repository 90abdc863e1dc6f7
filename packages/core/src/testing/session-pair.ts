import type { Hello, Welcome } from '../protocol/frame.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import { createClientSession } from '../session/client-session.ts'
import type { Effect } from '../session/effect.ts'
import { createIncomingRequests } from '../session/incoming-requests.ts'
import { createServerSession } from '../session/server-session.ts'
import type { ClientMoves, ServerDecisions, Session } from '../session/session.ts'
import type { MemoryLink } from './memory-link.ts'
import { createMemoryNetwork } from './memory-network.ts'
import { rawHello, rawWelcome } from './raw-hello.ts'
import { SessionEnd } from './session-end.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export type ClientEnd = SessionEnd<Session & ClientMoves>
export type ServerEnd = SessionEnd<Session & ServerDecisions>

export interface SessionPairOptions {
  readonly clock?: VirtualClock
  readonly seed?: number
  /** One way, in ms. @default 0 */
  readonly latencyMs?: number
  readonly jitterMs?: number
  /** Differences from the defaults; WELCOME carries the server's. */
  readonly clientLimits?: Partial<Limits>
  readonly serverLimits?: Partial<Limits>
  readonly hello?: Partial<Hello>
  readonly welcome?: Partial<Welcome>
  /** `"accept"`: each HELLO at once. `"wait"`: the test decides. @default "accept" */
  readonly onHello?: 'accept' | 'wait'
  /** Puts something between each session and its driver, to observe it or to break it. */
  readonly wrap?: <S extends Session>(session: S) => S
  readonly onClientEffect?: (effect: Effect, end: ClientEnd) => void
  readonly onServerEffect?: (effect: Effect, end: ServerEnd) => void
  /** The transport is gone. */
  readonly onClientLost?: () => void
  readonly onServerLost?: () => void
}

export interface SessionPair {
  readonly clock: VirtualClock
  readonly client: ClientEnd
  readonly server: ServerEnd
  readonly link: MemoryLink
  /** What the server answers to HELLO. */
  readonly welcome: Welcome
}

/** A client's and a server's session over a link in memory. Nothing has happened yet: time must move on. */
export function createSessionPair(options: SessionPairOptions = {}): SessionPair {
  const { clock = createVirtualClock(), seed = 1, latencyMs = 0, jitterMs = 0, onHello = 'accept' } = options
  const { wrap = asItIs } = options
  const clientLimits = { ...DEFAULT_LIMITS, ...options.clientLimits }
  const serverLimits = { ...DEFAULT_LIMITS, ...options.serverLimits }
  const welcome = rawWelcome({ limits: serverLimits, ...options.welcome })
  const network = createMemoryNetwork({ clock, seed, latencyMs, jitterMs })

  const client: ClientEnd = new SessionEnd({
    session: wrap<Session & ClientMoves>(
      createClientSession({
        hello: rawHello(options.hello),
        limits: clientLimits,
        createIncoming: createIncomingRequests,
      }),
    ),
    clock,
    limits: clientLimits,
    onEffect: (effect, end) => options.onClientEffect?.(effect, end),
    onLost: () => options.onClientLost?.(),
  })
  const server: ServerEnd = new SessionEnd({
    session: wrap<Session & ServerDecisions>(createServerSession({ limits: serverLimits, now: clock.now() })),
    clock,
    limits: serverLimits,
    onEffect: (effect, end) => {
      if (effect.type === 'hello' && onHello === 'accept') end.move((session, now) => session.accept(welcome, now))
      options.onServerEffect?.(effect, end)
    },
    onLost: () => options.onServerLost?.(),
  })

  network.listen((transport) => {
    server.attach(transport)
    return server.listener()
  })
  client.attach(network.connector.connect(client.listener(() => client.move((session, now) => session.opened(now)))))
  const [link] = network.links
  if (link === undefined) throw new Error('Expected a link')
  return { clock, client, server, link, welcome }
}

function asItIs<S extends Session>(session: S): S {
  return session
}
