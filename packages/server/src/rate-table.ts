/**
 * A rate for each of many that come and go, such as addresses.
 *
 * Owns: who has how much left, in bounded memory: those who have been quiet for long enough are forgotten without a
 * difference; where there are too many at once, those who were seen last of all stay. Must not know: clocks.
 */
import { type Rate, TokenBucket } from './token-bucket.ts'

/** About 10 MB. */
const MAX_ENTRIES = 65_536
/** Looked at for each one that comes: more go than come. */
const LOOKED_AT = 2

export class RateTable {
  readonly #rate: Rate
  readonly #maxEntries: number
  /** Seen the longest ago first. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rate: Rate, maxEntries: number = MAX_ENTRIES) {
    this.#rate = rate
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#buckets.size
  }

  /** @returns 0 where it took one; else in how many ms it would */
  take(key: string, now: number): number {
    if (this.#rate.burst === Number.POSITIVE_INFINITY) return 0
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now)
    this.#buckets.delete(key)
    this.#forget(now)
    this.#buckets.set(key, bucket)
    return bucket.take(1, now) ? 0 : bucket.msUntil(1, now)
  }

  #forget(now: number): void {
    let looks = 0
    for (const [key, bucket] of this.#buckets) {
      if (looks === LOOKED_AT) break
      looks += 1
      if (bucket.isFull(now) || this.#buckets.size >= this.#maxEntries) this.#buckets.delete(key)
    }
  }
}
