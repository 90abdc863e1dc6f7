import type { SharedFrame } from './shared-frame.ts'

/*
 * Volatile events that wait for a receiver which is behind: of each slot only the latest, in the place of the one that it
 * replaces, so that a busy slot does not keep the others waiting. Owns: what waits, and how much of it. Must not know: topics,
 * keys, when there is room. Normative text: PROTOCOL.md, "Events".
 */

/** So many events wait for one receiver; beyond it the oldest are dropped. */
export const MAX_WAITING_EVENTS = 256

/** Bytes of all that wait for one receiver; beyond it the oldest are dropped, but never the latest. */
export const MAX_WAITING_BYTES: number = 256 * 1024

export interface VolatileStats {
  /** Events that wait. */
  readonly waiting: number
  readonly waitingBytes: number
  /** Events that were never sent: nothing may wait in their place, or another has taken it. */
  readonly dropped: number
}

export class VolatileSlots {
  readonly #waiting = new Map<string, SharedFrame>()
  #bytes = 0
  #dropped = 0

  get size(): number {
    return this.#waiting.size
  }

  get stats(): VolatileStats {
    return { waiting: this.#waiting.size, waitingBytes: this.#bytes, dropped: this.#dropped }
  }

  /** @returns false for one without a slot: it is dropped */
  put(frame: SharedFrame): boolean {
    const { slot } = frame
    if (slot === undefined) {
      this.#dropped++
      return false
    }
    const before = this.#waiting.get(slot)
    // Setting a key that is there leaves it in its place.
    this.#waiting.set(slot, frame)
    this.#bytes += frame.body.byteLength
    if (before !== undefined) this.#drop(before)
    while (this.#isTooMuch) this.#dropOldestBut(slot)
    return true
  }

  /** The one that waits longest; `undefined` where none does. */
  take(): SharedFrame | undefined {
    const [oldest] = this.#waiting
    if (oldest === undefined) return undefined
    const [slot, frame] = oldest
    this.#waiting.delete(slot)
    this.#bytes -= frame.body.byteLength
    return frame
  }

  /** Drops all. */
  clear(): void {
    this.#dropped += this.#waiting.size
    this.#waiting.clear()
    this.#bytes = 0
  }

  get #isTooMuch(): boolean {
    const { size } = this.#waiting
    return size > MAX_WAITING_EVENTS || (size > 1 && this.#bytes > MAX_WAITING_BYTES)
  }

  #dropOldestBut(latest: string): void {
    for (const [slot, frame] of this.#waiting) {
      if (slot === latest) continue
      this.#waiting.delete(slot)
      this.#drop(frame)
      return
    }
  }

  #drop(frame: SharedFrame): void {
    this.#bytes -= frame.body.byteLength
    this.#dropped++
  }
}
