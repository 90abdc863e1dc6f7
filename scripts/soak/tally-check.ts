import type { Expectation } from './soak-orders.ts'

/** What is wrong where a call ran that nobody made, ran twice, or was answered and did not run. */
export function checkTallies(
  expectations: readonly Expectation[],
  runs: ReadonlyMap<number, number>,
): readonly string[] {
  return expectations.flatMap(({ slot, answered, unknown }) => {
    const ran = runs.get(slot) ?? 0
    if (ran >= answered && ran <= answered + unknown) return []
    const most = unknown === 0 ? '' : ` to ${String(answered + unknown)}`
    return [`the calls of client ${String(slot)} ran ${String(ran)} times in place of ${String(answered)}${most}`]
  })
}
