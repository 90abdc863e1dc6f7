/**
 * What the clients of one process have seen. Owns: the counts, and which invariants were broken. Must not know: how anything is
 * done.
 */
import { FailureList } from './failure-list.ts'
import type { Expectation } from './soak-orders.ts'

export class SoakBook {
  readonly #counts: Record<string, number> = {}
  readonly #broken = new FailureList()
  readonly #expectations = new Map<number, { answered: number; unknown: number }>()

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  get broken(): readonly string[] {
    return this.#broken.list()
  }

  get expectations(): readonly Expectation[] {
    return Array.from(this.#expectations, ([slot, expected]) => ({ slot, ...expected }))
  }

  did(what: string, times = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + times
  }

  broke(what: string): void {
    this.did('broken')
    this.#broken.add(what)
  }

  expect<T>(what: string, actual: T, expected: T): void {
    if (!Object.is(actual, expected)) this.broke(`${what}: ${String(actual)} in place of ${String(expected)}`)
  }

  tallied(slot: number, outcome: 'answered' | 'unknown'): void {
    const expectation = this.#expectations.get(slot) ?? { answered: 0, unknown: 0 }
    expectation[outcome] += 1
    this.#expectations.set(slot, expectation)
  }
}
