import type { Clock } from '@tautline/core/io'

/** Longer than any network holds a request back, and than any client repeats one. */
const KEPT_MS = 60_000
/** Each is some hundred bytes. Past it the oldest go first. */
const MAX_KEPT = 10_000

/**
 * Ids of connections that are over, so that a request that comes late does not open one anew, and run again what came
 * along with its HELLO. Has no timer: what is too old goes when the next one comes.
 */
export class EndedIds {
  readonly #clock: Clock
  /** Until when, in the order of ending. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#until.size
  }

  has(id: string): boolean {
    return (this.#until.get(id) ?? 0) > this.#clock.now()
  }

  add(id: string): void {
    const now = this.#clock.now()
    for (const [old, until] of this.#until) {
      if (until > now && this.#until.size < MAX_KEPT) break
      this.#until.delete(old)
    }
    this.#until.set(id, now + KEPT_MS)
  }
}
