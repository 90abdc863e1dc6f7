import { type Frame, FrameType, type Welcome } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { createClientSession } from '../session/client-session.ts'
import { createIncomingRequests } from '../session/incoming-requests.ts'
import { createServerSession } from '../session/server-session.ts'
import type { ClientMoves, ServerDecisions, Session } from '../session/session.ts'
import type { MemoryLink } from '../testing/memory-link.ts'
import { rawWelcome } from '../testing/raw-hello.ts'
import { connectPair, HELLO, type Pair, type PairOptions } from './connected.fixture.ts'
import { Connection } from './connection.ts'
import type { ConnectionObserver } from './connection-observer.ts'

/** How long sessions wait for another connection, in ms. */
export const WINDOW_MS = 60_000

/** A pair whose sessions outlive their connection. */
export function connectResumablePair(options: PairOptions = {}): Promise<Pair> {
  return connectPair({ welcome: { resumeWindowMs: WINDOW_MS }, ...options })
}

export interface AttachOptions {
  /** Differences from the WELCOME that there should be. */
  readonly welcome?: Partial<Welcome>
  /** Around the moment at which the server's session moves, in the same turn. */
  readonly before?: (arrival: Connection<Session & ServerDecisions>) => void
  readonly after?: () => void
}

const NO_SIDE = { onCallerEffect() {}, onCalleeEffect() {}, onRoom() {}, onLost() {} }
const DEAF: ConnectionObserver = {
  onOpen() {},
  onHandshake() {},
  onLinkEffect() {},
  onDetached() {},
  onLost() {},
  onClosed() {},
  onFault(error) {
    throw error
  },
}

/** Begins to move both sessions to another link, which the returned one is: time must move on. */
export function attach(pair: Pair, options: AttachOptions = {}): MemoryLink {
  const { clock, network, client, server } = pair
  const attempt = client.connection.session.nextResumption()
  const gen = attempt.attempt
  const settings = { clock, limits: DEFAULT_LIMITS, compressor: undefined }
  network.listen((transport) => {
    const observer: ConnectionObserver = {
      ...DEAF,
      onHandshake: (effect) => {
        if (effect.type !== 'hello') return
        const { hello } = effect
        const welcome = rawWelcome({
          sid: 'session',
          gen,
          resumed: true,
          resumeWindowMs: WINDOW_MS,
          ...options.welcome,
        })
        const superseded: Frame = { type: FrameType.Superseded, attempt: hello.attempt, gen }
        options.before?.(arrival)
        server.connection.takeOver(
          arrival,
          (session, now) => ({ type: FrameType.Welcome, welcome: session.resume(welcome, hello.rx, now) }),
          superseded,
        )
        options.after?.()
      },
    }
    const awaiting = createServerSession({ limits: DEFAULT_LIMITS, now: clock.now() })
    const arrival: Connection<Session & ServerDecisions> = new Connection(awaiting, observer, settings)
    return arrival.accept(transport, { caller: NO_SIDE, callee: NO_SIDE })
  })
  const attaching = createClientSession({
    hello: { ...HELLO, ...attempt, why: 'retry' },
    limits: DEFAULT_LIMITS,
    createIncoming: createIncomingRequests,
  })
  const observer: ConnectionObserver = {
    ...DEAF,
    onOpen: () => arrival.move((session, now) => session.opened(now)),
    onHandshake: (effect) => {
      if (effect.type !== 'welcome') return
      const { welcome } = effect
      client.connection.takeOver(arrival, (session, now) => {
        client.connection.agree(welcome)
        return session.resume(welcome, now)
      })
    },
  }
  const arrival: Connection<Session & ClientMoves> = new Connection(attaching, observer, settings)
  arrival.start({ connector: network.connector, caller: NO_SIDE, callee: NO_SIDE })
  const link = network.links.at(-1)
  if (link === undefined) throw new Error('Expected a link')
  return link
}
