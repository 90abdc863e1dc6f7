import type { Clock } from '@tautline/core/io'

/** One timer, set again and again. */
export class Alarm {
  readonly #clock: Clock
  readonly #onTime: () => void
  #armed: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  /** @param at in the time of the clock; `undefined`: not at all */
  set(at: number | undefined): void {
    if (at === this.#armed?.at) return
    this.#armed?.cancel()
    this.#armed = undefined
    if (at === undefined) return
    const cancel = this.#clock.schedule(at, () => {
      this.#armed = undefined
      this.#onTime()
    })
    this.#armed = { at, cancel }
  }
}
