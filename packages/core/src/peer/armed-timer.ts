import type { Clock } from '../io/ports.ts'

/**
 * The one timer of a connection. An armed timer is left alone when it is early: most deadlines move away before they are
 * reached, and setting a timer for each message would cost more than one that fires for nothing.
 */
export class ArmedTimer {
  readonly #clock: Clock
  readonly #onTime: () => void
  #armed: { readonly at: number; readonly cancel: () => void } | undefined

  /** @param onTime finds out by itself whether anything is due, and arms the timer again */
  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  /** @param at in the time of the clock; `undefined`: there is nothing to wait for */
  arm(at: number | undefined): void {
    if (at === undefined) {
      this.disarm()
      return
    }
    if (this.#armed !== undefined && this.#armed.at <= at) return
    this.disarm()
    this.#armed = { at, cancel: this.#clock.schedule(at, this.#fire) }
  }

  disarm(): void {
    this.#armed?.cancel()
    this.#armed = undefined
  }

  readonly #fire = (): void => {
    this.#armed = undefined
    this.#onTime()
  }
}
