import type { SharedFrame } from '../io/shared-frame.ts'
import { VolatileSlots, type VolatileStats } from '../io/volatile-slots.ts'

/*
 * Volatile events on their way to one peer: at once where it keeps up with what it is sent, else the latest of each slot when it
 * has caught up. Owns: that decision. Must not know: transports, windows, topics. Normative text: PROTOCOL.md, "Events".
 */

/** A peer for which more bytes wait than this is behind: what it would read behind them is of the past. */
export const BEHIND_BYTES: number = 64 * 1024

/** What a peer makes of an event: it is sent it now or later, is not sent it at all, or could not take a message of its size. */
export type Reception = 'taken' | 'missed' | 'too-large'

/** What volatile events need of their connection. */
export interface VolatileExit {
  /** Whether the peer keeps up. */
  keepsUp(): boolean
  /** Whether a message to the peer may be as large. */
  fits(frame: SharedFrame): boolean
  /** With this turn. */
  send(frame: SharedFrame): void
}

/** Comes with whoever publishes: a client has no use for it. */
export type CreateVolatileEvents = (exit: VolatileExit) => VolatileEvents

export const createVolatileEvents: CreateVolatileEvents = (exit) => new VolatileEvents(exit)

export class VolatileEvents {
  readonly #exit: VolatileExit
  readonly #slots = new VolatileSlots()

  constructor(exit: VolatileExit) {
    this.#exit = exit
  }

  get stats(): VolatileStats {
    return this.#slots.stats
  }

  publish(frame: SharedFrame): Reception {
    if (!this.#exit.fits(frame)) return 'too-large'
    // First, so that no older event of the same slot comes behind.
    this.release()
    if (this.#slots.size === 0 && this.#exit.keepsUp()) {
      this.#exit.send(frame)
      return 'taken'
    }
    return this.#slots.put(frame) ? 'taken' : 'missed'
  }

  /** Sends what waits, as far as the peer keeps up. @returns whether there was something to send */
  release(): boolean {
    let released = false
    while (this.#slots.size > 0 && this.#exit.keepsUp()) {
      const frame = this.#slots.take()
      if (frame === undefined) break
      this.#exit.send(frame)
      released = true
    }
    return released
  }

  /** The peer is gone for now: what waits would be late. */
  clear(): void {
    this.#slots.clear()
  }
}
