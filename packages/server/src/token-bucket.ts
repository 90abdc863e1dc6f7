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
    this.#left = filled(this.#left, this.#rate, now - this.#filledAt)
    this.#filledAt = now
    return this.#left
  }

  /** How long it takes until so many are there, at most `burst` of them. In ms. */
  msUntil(tokens: number, now: number): number {
    return msUntilThere(tokens, this.#rate, this.fill(now))
  }

  /** Nothing that happened before makes a difference any more. */
  isFull(now: number): boolean {
    return this.fill(now) >= this.#rate.burst
  }
}

/** What is left of `rate` when so much time has passed. */
export function filled(left: number, { perSecond, burst }: Rate, elapsedMs: number): number {
  // Nothing is added to what has no limit, and nothing times infinity is not a number.
  if (elapsedMs <= 0 || left >= burst) return left
  return Math.min(burst, left + (elapsedMs * perSecond) / MS_PER_SECOND)
}

/** How long it takes until `tokens` are there where `left` are, at most `burst` of them. In ms. */
export function msUntilThere(tokens: number, { perSecond, burst }: Rate, left: number): number {
  if (burst === Number.POSITIVE_INFINITY) return 0
  return (Math.max(0, Math.min(tokens, burst) - left) * MS_PER_SECOND) / perSecond
}
