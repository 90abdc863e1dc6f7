import type { Sample } from '../api.ts'

/** Keeps the newest samples, and lets any number of readers follow at their own pace. */
export class SampleLog {
  readonly #capacity: number
  readonly #samples: Sample[] = []
  readonly #waiting = new Set<() => void>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  append(sample: Sample): void {
    this.#samples.push(sample)
    if (this.#samples.length > this.#capacity) this.#samples.shift()
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Whether everything after `time` is still here, so that a reader who stopped there misses nothing. */
  reachesBackTo(time: number): boolean {
    const oldest = this.#samples[0]
    return oldest !== undefined && oldest.at.getTime() <= time
  }

  /** Samples later than `time`, oldest first, then each new one, until `signal` aborts. */
  async *after(time: number, signal: AbortSignal): AsyncGenerator<Sample, void, undefined> {
    let last = time
    while (!signal.aborted) {
      const next = this.#samples.find((sample) => sample.at.getTime() > last)
      if (next === undefined) {
        await this.#appended(signal)
        continue
      }
      last = next.at.getTime()
      yield next
    }
  }

  async #appended(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
