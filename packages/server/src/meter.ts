/**
 * How fast somebody sends: messages, frames and bytes.
 *
 * Owns: what is left of each. Must not know: sockets, whose it is.
 */
import type { RateLimits } from './rate-limits.ts'
import { filled, msUntilThere, type Rate } from './token-bucket.ts'

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

/** As three token buckets, in one object: each message looks at all of them. */
export class Meter {
  readonly #rates: MeterRates
  #messages: number
  #frames: number
  #bytes: number
  #filledAt: number

  constructor(rates: MeterRates, now: number) {
    this.#rates = rates
    this.#messages = rates.messagesPerSecond.burst
    this.#frames = rates.framesPerSecond.burst
    this.#bytes = rates.bytesPerSecond.burst
    this.#filledAt = now
  }

  /** Before anything is done with it. Returns whether there was room, as far as is known without a look at the time. */
  message(byteLength: number): boolean {
    this.#messages -= 1
    this.#bytes -= byteLength
    return this.#messages >= 0 && this.#bytes >= 0 && this.#frames >= 0
  }

  /** What a message turned out to hold. What is too much counts against the next one. */
  contents(frames: number, inflatedBytes: number): void {
    this.#frames -= frames
    if (inflatedBytes > 0) this.#bytes -= inflatedBytes
  }

  /** Which of them is used up. */
  lacking(now: number): MeteredLimit | undefined {
    this.#fill(now)
    return this.#find((left) => left < 0)
  }

  /** Of which of them so much more was used than there was. */
  overdrawn(most: Readonly<Record<MeteredLimit, number>>): MeteredLimit | undefined {
    return this.#find((left, limit) => -left > Math.max(most[limit], this.#rates[limit].burst))
  }

  /** How long until there is room again, in ms. */
  msUntilRoom(now: number): number {
    this.#fill(now)
    let ms = 0
    this.#find((left, limit) => {
      const rate = this.#rates[limit]
      ms = Math.max(ms, msUntilThere((rate.perSecond * ROOM_MS) / MS_PER_SECOND, rate, left))
      return false
    })
    return ms
  }

  /** As after a burst's time without anything. */
  isFull(now: number): boolean {
    this.#fill(now)
    return this.#find((left, limit) => left < this.#rates[limit].burst) === undefined
  }

  #fill(now: number): void {
    const { messagesPerSecond, framesPerSecond, bytesPerSecond } = this.#rates
    const elapsedMs = now - this.#filledAt
    this.#messages = filled(this.#messages, messagesPerSecond, elapsedMs)
    this.#frames = filled(this.#frames, framesPerSecond, elapsedMs)
    this.#bytes = filled(this.#bytes, bytesPerSecond, elapsedMs)
    this.#filledAt = now
  }

  #find(matches: (left: number, limit: MeteredLimit) => boolean): MeteredLimit | undefined {
    if (matches(this.#messages, 'messagesPerSecond')) return 'messagesPerSecond'
    if (matches(this.#frames, 'framesPerSecond')) return 'framesPerSecond'
    return matches(this.#bytes, 'bytesPerSecond') ? 'bytesPerSecond' : undefined
  }
}
