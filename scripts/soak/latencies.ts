/** How long calls took since this was asked last. */
export class Latencies {
  #samples: number[] = []

  add(ms: number): void {
    this.#samples.push(ms)
  }

  take(): { readonly count: number; readonly p50Ms: number; readonly p99Ms: number } {
    const sorted = this.#samples.toSorted((a, b) => a - b)
    this.#samples = []
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) }
  }
}
