/** What handlers went through, by the key their caller gave, so that a client can ask afterwards. */
export interface Traces {
  /** Notes a start now and an end when it is disposed. */
  start(key: string): Trace
  of(key: string): { readonly started: number; readonly ended: number; readonly items: number }
  beat(key: string): void
  /** Resolves when more than `count` beats were given, or `signal` is aborted. */
  beatsPast(key: string, count: number, signal: AbortSignal): Promise<void>
}

interface Trace extends Disposable {
  item(): void
}

export function createTraces(): Traces {
  const entries = new Map<string, { started: number; ended: number; items: number; beats: number }>()
  const waiting = new Set<() => void>()

  function entryOf(key: string): { started: number; ended: number; items: number; beats: number } {
    const known = entries.get(key)
    if (known !== undefined) return known
    const fresh = { started: 0, ended: 0, items: 0, beats: 0 }
    entries.set(key, fresh)
    return fresh
  }

  return {
    start(key) {
      const entry = entryOf(key)
      entry.started += 1
      return {
        item() {
          entry.items += 1
        },
        [Symbol.dispose]() {
          entry.ended += 1
        },
      }
    },
    of(key) {
      const { started, ended, items } = entryOf(key)
      return { started, ended, items }
    },
    beat(key) {
      entryOf(key).beats += 1
      for (const wake of waiting) wake()
    },
    async beatsPast(key, count, signal) {
      while (entryOf(key).beats <= count && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          waiting.add(wake)
          signal.addEventListener('abort', wake)
        })
      }
    },
  }
}
