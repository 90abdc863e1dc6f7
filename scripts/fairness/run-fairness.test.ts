import { expect, test } from 'vitest'
import { attacks, runFairness } from './run-fairness.ts'

const LIMIT_MS = 60_000

test(
  'each attack gets something done, and the others are measured with it and without',
  async () => {
    const begun: string[] = []
    const { rows } = await runFairness(
      { runtime: 'node', rounds: 1, phaseMs: 150, connections: 10, everyMs: 5 },
      (attack, round) => void begun.push(`${attack} ${String(round)}`),
    )
    expect(begun).toEqual(attacks.map((attack) => `${attack} 1`))
    expect(rows.map(({ attack }) => attack)).toEqual(attacks)
    for (const { p99Ms, p99WithoutMs, ratio, attackerPerSecond } of rows) {
      expect(p99Ms).toBeGreaterThan(0)
      expect(ratio).toBeCloseTo(p99Ms / p99WithoutMs)
      expect(attackerPerSecond).toBeGreaterThan(0)
    }
  },
  LIMIT_MS,
)
