import type { Clock, Connector, Random, Transport, TransportListener } from '../io/ports.ts'
import { MemoryLink } from './memory-link.ts'
import { createRandom } from './random.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Of everything random here. @default 1 */
  readonly seed?: number
  /** One way, in ms. @default 0 */
  readonly latencyMs?: number
  /** Added to the latency of each message: a random part of it. Messages of one direction never overtake. @default 0 */
  readonly jitterMs?: number
}

/** Takes the server's end of a new connection, which is open already, and says who listens to it. */
export type MemoryAcceptor = (transport: Transport, link: MemoryLink) => TransportListener

/** A network without a wire: connects two ends inside one process over a clock, with faults at will. */
export interface MemoryNetwork {
  /** For clients. While nobody listens, connections fail with 1006. */
  readonly connector: Connector
  /** Connections that are not closed at both ends, oldest first. */
  readonly links: readonly MemoryLink[]
  /** All connections ever tried. */
  readonly attempts: number
  listen(acceptor: MemoryAcceptor): void
  /** New connections fail, those there are stay. `"refused"`: at once. `"silent"`: they never open. `"open"`: as before. */
  setReachable(how: 'open' | 'refused' | 'silent'): void
}

export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const { clock, seed = 1, latencyMs = 0, jitterMs = 0 } = options
  const random: Random = createRandom(seed)
  const links = new Set<MemoryLink>()
  let acceptor: MemoryAcceptor | undefined
  let reachable: 'open' | 'refused' | 'silent' = 'open'
  let attempts = 0

  const connect = (client: TransportListener): Transport => {
    attempts += 1
    const how = reachable
    const link = new MemoryLink({
      clock,
      delayMs: () => latencyMs + random() * jitterMs,
      onGone: () => void links.delete(link),
    })
    links.add(link)
    if (how !== 'silent') {
      clock.schedule(clock.now() + latencyMs, () => {
        const accept = acceptor
        if (accept === undefined || how === 'refused') link.cut()
        else link.join(() => accept(link.serverEnd, link))
      })
    }
    link.attachClient(client)
    return link.clientEnd
  }

  return {
    connector: { kind: 'memory', connect },
    get links() {
      return [...links]
    },
    get attempts() {
      return attempts
    },
    listen(next) {
      acceptor = next
    },
    setReachable(how) {
      reachable = how
    },
  }
}
