import { expect, test } from 'vitest'
import { attacks, runFairness } from './run-fairness.ts'

/** The one who attacks has the lowest priority: beside other tests it is slow. */
const LIMIT_MS = 240_000

test(
  'measures the others with each attack and without it, and ends all that it has started',
  async () => {
    const begun: string[] = []
    const { rows } = await runFairness(
      { runtime: 'node', attacks, rounds: 1, phaseMs: 150, connections: 10, everyMs: 5 },
      (attack, round) => void begun.push(`${attack} ${String(round)}`),
    )
    expect(begun).toEqual(attacks.map((attack) => `${attack} 1`))
    expect(rows.map(({ attack }) => attack)).toEqual(attacks)
    // How much of it, and how fast, is for a machine that has nothing else to do.
    for (const { p99Ms, attackerPerSecond } of rows) {
      expect(p99Ms).toBeGreaterThanOrEqual(0)
      expect(attackerPerSecond).toBeGreaterThanOrEqual(0)
    }
  },
  LIMIT_MS,
)
