import type { Clock } from '@tautline/core/io'

/** Timers of one owner, counted, so that nothing runs after it is closed. */
export interface TimerSet {
  /** Armed and not run. */
  readonly size: number
  after(delayMs: number, task: () => void): () => void
  /** In the next turn of the event loop. */
  nextTurn(task: () => void): () => void
  /** None of them runs any more. */
  clear(): void
}

export function createTimerSet(clock: Clock): TimerSet {
  const cancels = new Set<() => void>()
  return {
    get size() {
      return cancels.size
    },
    after(delayMs, task) {
      const cancelOnClock = clock.schedule(clock.now() + delayMs, () => {
        cancels.delete(cancel)
        task()
      })
      const cancel = (): void => {
        cancels.delete(cancel)
        cancelOnClock()
      }
      cancels.add(cancel)
      return cancel
    },
    nextTurn(task) {
      // What is deferred cannot be called back: it finds out that nobody waits for it.
      const cancel = (): void => {
        cancels.delete(cancel)
      }
      cancels.add(cancel)
      clock.defer(() => {
        if (cancels.delete(cancel)) task()
      })
      return cancel
    },
    clear() {
      for (const cancel of cancels) cancel()
    },
  }
}
