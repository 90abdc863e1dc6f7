import type { HeartbeatTimes, PingFrame, PongFrame } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { protocolError } from '../protocol/violation.ts'
import type { Unacked } from './sequence.ts'

/**
 * Decides whether the other end is alive. Any byte proves life; a PING only asks for one.
 *
 * Owns: when something was last heard, the PING under way, the round trip. Must not know: what else is on the wire.
 * Normative text: PROTOCOL.md, "Heartbeat".
 */

/** Counted frames unacknowledged for so long, or for four round trips if that is longer, are worth a PING. */
const UNACKED_AFTER_MS = 5_000
const UNACKED_ROUND_TRIPS = 4
const UNACKED_TIMEOUT_MS = 3_000
/**
 * A link as slow as this is slow, not dead: unacknowledged bytes get the time that they need at this rate
 * (512 kbit/s) before they count as late.
 */
export const SLOW_LINK_BYTES_PER_MS = 64
export const WAKE_TIMEOUT_MS = 2_000
/** A timer that fires so late was not fired by a process that ran all the time: what it should have heard may be waiting. */
export const LATE_TIMER_MS = 1_000
/** PINGs a peer may send within one second. */
export const MAX_PINGS_PER_SECOND = 100

/** The part of the idle time after which the leading end sends PING, so that the other one hears it in time and sends none. */
const LEAD_SHARE = 0.9

/** `follow`: PING only a silent peer. `lead`: also PING a busy one, so that the round trip is known. */
export type HeartbeatManner = 'follow' | 'lead'

type Probe =
  | { readonly type: 'none' }
  /** A PING is out and nothing was heard since. */
  | { readonly type: 'waiting'; readonly deadline: number }

const NO_PROBE: Probe = Object.freeze({ type: 'none' })

export class Heartbeat {
  readonly #manner: HeartbeatManner
  readonly #times: HeartbeatTimes
  #heardAt: number
  #probe: Probe = NO_PROBE
  /** Number and time of our last PING; at first the time at which this began. */
  #pingNumber = 0
  #pingAt: number
  #roundTripMs = 0
  /** How many PINGs of the peer there were within the second that began then. */
  #peerPings = 0
  #peerPingsSince = Number.NEGATIVE_INFINITY
  readonly #patience: number

  /** @param patience so many times as long as usual it waits for an answer */
  constructor(manner: HeartbeatManner, times: HeartbeatTimes, now: number, patience = 1) {
    this.#patience = patience
    this.#manner = manner
    this.#times = times
    this.#heardAt = now
    this.#pingAt = now
  }

  heard(now: number): void {
    this.#heardAt = now
    this.#probe = NO_PROBE
  }

  /** Answered at once, in the receive path: a timer could be late where the link is not. */
  onPing(ping: PingFrame, now: number): PongFrame {
    if (now - this.#peerPingsSince >= 1_000) {
      this.#peerPingsSince = now
      this.#peerPings = 0
    }
    this.#peerPings += 1
    if (this.#peerPings > MAX_PINGS_PER_SECOND) {
      throw protocolError(`Expected at most ${MAX_PINGS_PER_SECOND} PINGs within a second, got more`, 'pings')
    }
    return { type: FrameType.Pong, n: ping.n, t: ping.t }
  }

  /** The round trip, if this answers the latest PING. */
  onPong(pong: PongFrame, now: number): number | undefined {
    if (pong.n !== this.#pingNumber || pong.t !== this.#pingAt) return undefined
    this.#roundTripMs = now - pong.t
    return this.#roundTripMs
  }

  nextDeadline(unacked: Unacked | undefined): number | undefined {
    if (this.#probe.type === 'waiting') return this.#probe.deadline
    const idleAt = this.#idleAt()
    const unackedAt = unacked && this.#unackedAt(unacked)
    return idleAt === undefined || (unackedAt !== undefined && unackedAt < idleAt) ? unackedAt : idleAt
  }

  /** What is to be done by now: nothing, a PING, or giving the connection up. */
  handleTimeout(now: number, unacked: Unacked | undefined): PingFrame | 'dead' | undefined {
    if (this.#probe.type === 'waiting') {
      if (now < this.#probe.deadline) return undefined
      return now - this.#probe.deadline > LATE_TIMER_MS ? this.ping(WAKE_TIMEOUT_MS, now) : 'dead'
    }
    const idleAt = this.#idleAt()
    if (idleAt !== undefined && now >= idleAt) return this.ping(this.#times.timeoutMs, now)
    if (unacked !== undefined && now >= this.#unackedAt(unacked)) return this.ping(UNACKED_TIMEOUT_MS, now)
    return undefined
  }

  /** A PING with a short deadline, unless one is out that ends sooner. */
  wake(now: number): PingFrame | undefined {
    if (this.#probe.type === 'waiting' && this.#probe.deadline <= now + WAKE_TIMEOUT_MS) return undefined
    return this.ping(WAKE_TIMEOUT_MS, now)
  }

  ping(timeoutMs: number, now: number): PingFrame {
    this.#probe = { type: 'waiting', deadline: now + timeoutMs * this.#patience }
    this.#pingNumber += 1
    this.#pingAt = now
    return { type: FrameType.Ping, n: this.#pingNumber, t: now }
  }

  #idleAt(): number | undefined {
    if (this.#times.idleMs <= 0) return undefined
    if (this.#manner === 'lead') return this.#pingAt + this.#times.idleMs * LEAD_SHARE
    return Math.max(this.#heardAt, this.#pingAt) + this.#times.idleMs
  }

  /** After an answered PING the same data gets as much time again. */
  #unackedAt(unacked: Unacked): number {
    const patience = Math.max(UNACKED_AFTER_MS, UNACKED_ROUND_TRIPS * this.#roundTripMs) * this.#patience
    return Math.max(unacked.since, this.#pingAt) + patience + unacked.bytes / SLOW_LINK_BYTES_PER_MS
  }
}
