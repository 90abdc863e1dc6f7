import type { Labels, Sample } from './exposition.ts'
import { writeBound } from './exposition.ts'

/** One number for each combination of label values that has occurred. */
export class CounterSeries<Name extends string> {
  readonly #names: readonly Name[]
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>()

  constructor(names: readonly Name[]) {
    this.#names = names
  }

  add(labels: Readonly<Record<Name, string>>, amount = 1): void {
    const key = keyOf(this.#names, labels)
    const found = this.#values.get(key)
    if (found === undefined) this.#values.set(key, { labels: pairsOf(this.#names, labels), value: amount })
    else found.value += amount
  }

  samples(): readonly Sample[] {
    return Array.from(this.#values.values(), ({ labels, value }) => ({ suffix: '_total', labels, value }))
  }
}

interface Distribution {
  readonly labels: Labels
  /** How many fell into each bucket and no smaller one; the last is for what is above all bounds. */
  readonly counts: number[]
  sum: number
}

/** A histogram for each combination of label values that has occurred. */
export class HistogramSeries<Name extends string> {
  readonly #names: readonly Name[]
  readonly #bounds: readonly number[]
  readonly #distributions = new Map<string, Distribution>()

  /** @param bounds of the buckets, ascending; what equals one falls below it */
  constructor(names: readonly Name[], bounds: readonly number[]) {
    this.#names = names
    this.#bounds = bounds
  }

  observe(labels: Readonly<Record<Name, string>>, value: number): void {
    const distribution = this.#distributionOf(labels)
    const above = this.#bounds.findIndex((bound) => value <= bound)
    const place = above === -1 ? this.#bounds.length : above
    distribution.counts[place] = (distribution.counts[place] ?? 0) + 1
    distribution.sum += value
  }

  samples(): readonly Sample[] {
    return Array.from(this.#distributions.values()).flatMap((distribution) => this.#samplesOf(distribution))
  }

  #distributionOf(labels: Readonly<Record<Name, string>>): Distribution {
    const key = keyOf(this.#names, labels)
    const found = this.#distributions.get(key)
    if (found !== undefined) return found
    const counts = Array.from({ length: this.#bounds.length + 1 }, () => 0)
    const made: Distribution = { labels: pairsOf(this.#names, labels), counts, sum: 0 }
    this.#distributions.set(key, made)
    return made
  }

  #samplesOf({ labels, counts, sum }: Distribution): Sample[] {
    let count = 0
    const buckets = counts.map((inBucket, place): Sample => {
      count += inBucket
      const bound = this.#bounds[place]
      const le = bound === undefined ? '+Inf' : writeBound(bound)
      return { suffix: '_bucket', labels: [...labels, ['le', le]], value: count }
    })
    return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }]
  }
}

/** Whatever the values hold, no two combinations have the same. */
function keyOf<Name extends string>(names: readonly Name[], labels: Readonly<Record<Name, string>>): string {
  return JSON.stringify(names.map((name) => labels[name]))
}

function pairsOf<Name extends string>(names: readonly Name[], labels: Readonly<Record<Name, string>>): Labels {
  return names.map((name) => [name, labels[name]] as const)
}
