import type { Clock } from '../io/ports.ts'

export interface TimerOwner {
  /** Finds out by itself whether anything is due, and arms the timer again. */
  onTime(): void
}

/**
 * The one timer of a connection. An armed timer is left alone when it is early: most deadlines move away before they are
 * reached, and setting a timer for each message would cost more than one that fires for nothing.
 */
export class ArmedTimer {
  readonly #clock: Clock
  readonly #owner: TimerOwner
  /** `Infinity` while it is not armed. */
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock, owner: TimerOwner) {
    this.#clock = clock
    this.#owner = owner
  }

  /** @param at in the time of the clock; `undefined`: there is nothing to wait for */
  arm(at: number | undefined): void {
    if (at === undefined) {
      this.disarm()
      return
    }
    if (this.#at <= at) return
    this.disarm()
    this.#at = at
    this.#cancel = this.#clock.schedule(at, () => this.#fire())
  }

  disarm(): void {
    this.#cancel?.()
    this.#at = Number.POSITIVE_INFINITY
    this.#cancel = undefined
  }

  #fire(): void {
    this.disarm()
    this.#owner.onTime()
  }
}
