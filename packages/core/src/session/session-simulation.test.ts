import { expect, test } from 'vitest'
import { SABOTEURS, type Saboteur } from './simulation/saboteurs.fixture.ts'
import { simulate } from './simulation/simulate.fixture.ts'

const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {}
const RUNS = Number(environment['TAUTLINE_SIMULATION_RUNS'] ?? 3_000)
/** Of the first schedule; each next one takes the next number. */
const SEED = Number(environment['TAUTLINE_SIMULATION_SEED'] ?? Date.now() % 0x7fffffff)

test(`${RUNS} random schedules from seed ${SEED} keep every promise of a session`, { timeout: 120_000 }, () => {
  let served = 0
  for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
    try {
      served += simulate(seed)
    } catch (error) {
      throw new Error(`Schedule TAUTLINE_SIMULATION_SEED=${seed} TAUTLINE_SIMULATION_RUNS=1 failed`, { cause: error })
    }
  }
  expect(served / RUNS).toBeGreaterThan(5)
})

test('a schedule is the same for the same seed', () => {
  expect(simulate(1)).toBe(simulate(1))
})

/** What the first of some schedules that fails under sabotage has to say. */
function verdictOn(saboteur: Saboteur): string {
  for (let seed = 1; seed <= 300; seed += 1) {
    try {
      simulate(seed, saboteur)
    } catch (error) {
      return String(error)
    }
  }
  return 'nothing'
}

test.each(SABOTEURS)('the simulation finds out a session that %s', (_, saboteur, verdict) => {
  expect(verdictOn(saboteur)).toMatch(verdict)
})
