/**
 * How fast somebody sends: messages, frames and bytes.
 *
 * Owns: what is left of each. Must not know: sockets, whose it is.
 */
import type { RateLimits } from './rate-limits.ts'
import { type Rate, TokenBucket } from './token-bucket.ts'

export type MeteredLimit = 'messagesPerSecond' | 'framesPerSecond' | 'bytesPerSecond'

export type MeterRates = Readonly<Record<MeteredLimit, Rate>>

const MS_PER_SECOND = 1000
/** Reading begins again with so much time's worth: else it would stop again with the next message. */
const ROOM_MS = 100

export function meterRates(limits: Pick<RateLimits, MeteredLimit>, burstMs: number): MeterRates {
  const rateOf = (perSecond: number): Rate => ({
    perSecond,
    burst: perSecond === Number.POSITIVE_INFINITY ? perSecond : Math.max(1, (perSecond * burstMs) / MS_PER_SECOND),
  })
  return {
    messagesPerSecond: rateOf(limits.messagesPerSecond),
    framesPerSecond: rateOf(limits.framesPerSecond),
    bytesPerSecond: rateOf(limits.bytesPerSecond),
  }
}

export class Meter {
  readonly #rates: MeterRates
  readonly #messages: TokenBucket
  readonly #frames: TokenBucket
  readonly #bytes: TokenBucket

  constructor(rates: MeterRates, now: number) {
    this.#rates = rates
    this.#messages = new TokenBucket(rates.messagesPerSecond, now)
    this.#frames = new TokenBucket(rates.framesPerSecond, now)
    this.#bytes = new TokenBucket(rates.bytesPerSecond, now)
  }

  /** Before anything is done with it. Returns whether there was room, as far as is known without a look at the time. */
  message(byteLength: number): boolean {
    const hasMessage = this.#messages.spend(1)
    return this.#bytes.spend(byteLength) && hasMessage && this.#frames.left >= 0
  }

  /** What a message turned out to hold. What is too much counts against the next one. */
  contents(frames: number, inflatedBytes: number): void {
    this.#frames.spend(frames)
    if (inflatedBytes > 0) this.#bytes.spend(inflatedBytes)
  }

  /** Which of them is used up. */
  lacking(now: number): MeteredLimit | undefined {
    return this.#find((bucket) => bucket.fill(now) < 0)
  }

  /** Of which of them so much more was used than there was. */
  overdrawn(most: Readonly<Record<MeteredLimit, number>>): MeteredLimit | undefined {
    return this.#find((bucket, limit) => -bucket.left > Math.max(most[limit], this.#rates[limit].burst))
  }

  /** How long until there is room again, in ms. */
  msUntilRoom(now: number): number {
    let ms = 0
    this.#find((bucket, limit) => {
      ms = Math.max(ms, bucket.msUntil((this.#rates[limit].perSecond * ROOM_MS) / MS_PER_SECOND, now))
      return false
    })
    return ms
  }

  /** As after a burst's time without anything. */
  isFull(now: number): boolean {
    return this.#find((bucket) => !bucket.isFull(now)) === undefined
  }

  #find(matches: (bucket: TokenBucket, limit: MeteredLimit) => boolean): MeteredLimit | undefined {
    if (matches(this.#messages, 'messagesPerSecond')) return 'messagesPerSecond'
    if (matches(this.#frames, 'framesPerSecond')) return 'framesPerSecond'
    return matches(this.#bytes, 'bytesPerSecond') ? 'bytesPerSecond' : undefined
  }
}
