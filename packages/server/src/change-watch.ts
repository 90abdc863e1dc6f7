import type { Clock } from '@tautline/core/io'

/** Whoever waits for something to come true, which can be only when something has changed. */
export class ChangeWatch {
  readonly #clock: Clock
  /** Look whether what they wait for has come. */
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  changed(): void {
    for (const look of this.#waiting) look()
  }

  /** Waits for a condition that `changed` tells of, at most `maxMs`. */
  async until(condition: () => boolean, maxMs?: number): Promise<void> {
    if (condition()) return
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#waiting.delete(look)
        cancelTimer()
        resolve()
      }
      const look = (): void => {
        if (condition()) finish()
      }
      const cancelTimer = maxMs === undefined ? () => {} : this.#clock.schedule(this.#clock.now() + maxMs, finish)
      this.#waiting.add(look)
    })
  }
}
