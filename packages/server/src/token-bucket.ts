/**
 * So much in a time, with some more at once.
 *
 * Owns: what is left, and when it was counted last. Must not know: clocks, what a token stands for.
 *
 * It is filled when somebody looks, and `spend` does not look: that is one subtraction, since it stands in the way of every
 * message. What came in while nobody looked is counted then, so that over a time t no more is let through than
 * t × `perSecond` and two times `burst`.
 */

/** `Infinity` for both: no limit. */
export interface Rate {
  readonly perSecond: number
  /** As much may come at once. */
  readonly burst: number
}

const MS_PER_SECOND = 1000

export class TokenBucket {
  readonly #rate: Rate
  #left: number
  #filledAt: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#left = rate.burst
    this.#filledAt = now
  }

  /** Below 0: so many were spent that were not there. */
  get left(): number {
    return this.#left
  }

  /** Takes them in any case. Returns whether they were there, as far as is known without a look at the time. */
  spend(tokens: number): boolean {
    this.#left -= tokens
    return this.#left >= 0
  }

  /** Takes them where they are there. Returns whether they were. */
  take(tokens: number, now: number): boolean {
    if (this.#left < tokens) this.fill(now)
    if (this.#left < tokens) return false
    this.#left -= tokens
    return true
  }

  /** Adds what has come in until now. Returns what is left. */
  fill(now: number): number {
    const { perSecond, burst } = this.#rate
    const elapsedMs = Math.max(0, now - this.#filledAt)
    // Nothing is added to what has no limit, and nothing times infinity is not a number.
    if (elapsedMs > 0 && this.#left < burst) {
      this.#left = Math.min(burst, this.#left + (elapsedMs * perSecond) / MS_PER_SECOND)
    }
    this.#filledAt = now
    return this.#left
  }

  /** How long it takes until so many are there, at most `burst` of them. In ms. */
  msUntil(tokens: number, now: number): number {
    const { perSecond, burst } = this.#rate
    if (burst === Number.POSITIVE_INFINITY) return 0
    return (Math.max(0, Math.min(tokens, burst) - this.fill(now)) * MS_PER_SECOND) / perSecond
  }

  /** Nothing that happened before makes a difference any more. */
  isFull(now: number): boolean {
    return this.fill(now) >= this.#rate.burst
  }
}
