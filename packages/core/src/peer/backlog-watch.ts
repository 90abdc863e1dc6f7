import type { Clock } from '../io/ports.ts'

/*
 * Judges a peer that does not read what it is sent: by lack of progress, not by the size of the backlog alone.
 * Owns: the marks of one connection. Must not know: sockets, timers. Normative text: PROTOCOL.md, "Limits".
 */

const MiB = 1024 * 1024

export interface BacklogLimits {
  /** Above it progress is watched, in bytes. @default 1 MiB */
  readonly watchedBytes: number
  /** Time above it without any progress until the peer is given up, in ms. @default 15,000 */
  readonly stalledMs: number
  /** Above it the peer is given up at once, in bytes. @default 16 MiB */
  readonly maxBytes: number
}

export const DEFAULT_BACKLOG_LIMITS: BacklogLimits = { watchedBytes: MiB, stalledMs: 15_000, maxBytes: 16 * MiB }

/** Not every platform tells when its backlog shrinks. */
const POLL_MS = 1000

type BacklogState =
  | { readonly type: 'calm' }
  | {
      readonly type: 'watched'
      readonly handedOverBytes: number
      readonly progressAt: number
      readonly nextCheckAt: number
    }

const CALM: BacklogState = Object.freeze({ type: 'calm' })

export class BacklogWatch {
  readonly #limits: BacklogLimits
  #state: BacklogState = CALM
  #handedOverBytes = 0

  constructor(limits: BacklogLimits) {
    this.#limits = limits
  }

  get watchedBytes(): number {
    return this.#limits.watchedBytes
  }

  get maxBytes(): number {
    return this.#limits.maxBytes
  }

  /** When to look again, in the time of `now`; `undefined` while there is nothing to watch. */
  get nextCheckAt(): number | undefined {
    return this.#state.type === 'watched' ? this.#state.nextCheckAt : undefined
  }

  /** Whether bytes that had to wait have gone since the last time this was asked. */
  hasMoved(sentBytes: number, backlogBytes: number): boolean {
    const before = this.#handedOverBytes
    this.#handedOverBytes = sentBytes - backlogBytes
    // Without a backlog they went into buffers of the system, of which the peer need know nothing.
    return backlogBytes > 0 && this.#handedOverBytes > before
  }

  /**
   * @param sentBytes all bytes ever given to the transport
   * @param clock is looked at only where there is something to watch
   * @returns whether the peer is too slow to be kept
   */
  isTooSlow(sentBytes: number, backlogBytes: number, clock: Pick<Clock, 'now'>): boolean {
    const { watchedBytes, stalledMs, maxBytes } = this.#limits
    if (backlogBytes <= watchedBytes) {
      this.#state = CALM
      return false
    }
    if (backlogBytes > maxBytes) return true
    const before = this.#state
    const now = clock.now()
    const handedOverBytes = sentBytes - backlogBytes
    const progressAt = before.type === 'calm' || handedOverBytes > before.handedOverBytes ? now : before.progressAt
    this.#state = { type: 'watched', handedOverBytes, progressAt, nextCheckAt: now + POLL_MS }
    return now - progressAt >= stalledMs
  }
}
