import type { InboundStats, SizeLimits } from '../io/inbound.ts'
import type { OutboxStats } from '../io/outbox.ts'
import type { Clock, Compressor } from '../io/ports.ts'
import type { WindowLimits } from '../io/replay.ts'
import type { VolatileStats } from '../io/volatile-slots.ts'
import type { Limits } from '../protocol/limits.ts'
import type { WriterPool } from '../protocol/writer-pool.ts'
import type { SessionStats } from '../session/session.ts'
import type { BacklogLimits } from './backlog-watch.ts'
import type { CreateVolatileEvents } from './volatile-events.ts'

/** One object may serve any number of connections. */
export interface ConnectionOptions {
  readonly clock: Clock
  /** This end's limits, until both ends have agreed on others. */
  readonly limits: Limits
  /** Sizes of received messages beyond which the peer is not followed, whatever it announces. @default none */
  readonly mostReceived?: SizeLimits | undefined
  /** Used once both ends have agreed on its algorithm. */
  readonly compressor: Compressor | undefined
  /** Shared by many connections, since each holds a buffer only while it sends. @default its own */
  readonly writers?: WriterPool | undefined
  readonly backlog?: BacklogLimits | undefined
  /** How much may be under way unacknowledged, and as much again may wait while it is detached. @default no bound */
  readonly window?: WindowLimits | undefined
  /** `createVolatileEvents` where volatile events are published. @default they reach nobody */
  readonly createVolatile?: CreateVolatileEvents | undefined
}

export interface ConnectionStats {
  readonly sent: OutboxStats
  readonly received: InboundStats
  /** Bytes accepted by the transport and not yet handed to the network. */
  readonly backlogBytes: number
  /** Calls and streams that are kept out of compressed messages and not settled. */
  readonly plain: number
  /** Volatile events that wait for the peer, and those it has missed. */
  readonly volatile: VolatileStats
  readonly session: SessionStats
}
