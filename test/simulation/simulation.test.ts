import { describe, expect, test } from 'vitest'
import { createSchedule } from './random-schedule.ts'
import { runSchedule } from './run-schedule.ts'
import { SABOTEURS, type Saboteur } from './saboteurs.ts'
import { shrink } from './shrink.ts'
import { type Finding, simulate } from './simulate.ts'

const RUNS = Number(process.env['TAUTLINE_SIMULATION_RUNS'] ?? 10_000)
/** Of the first schedule; each next one takes the next number. */
const SEED = Number(process.env['TAUTLINE_SIMULATION_SEED'] ?? Date.now() % 0x7fffffff)
/** Ten times what they take on a machine with nothing else to do. */
const MOST_MS = 600_000

test(`${RUNS} random schedules from seed ${SEED} keep every promise of the line`, { timeout: MOST_MS }, async () => {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const finding = await simulate(seed)
    if (finding !== undefined) throw new Error(finding.story)
  }
})

test('a schedule is the same for the same seed, to the last word of its story', async () => {
  const [first, second] = [await runSchedule(createSchedule(7)), await runSchedule(createSchedule(7))]
  expect(first.runs).toBeGreaterThan(0)
  expect(second).toEqual(first)
})

describe('the simulation finds a line that', () => {
  test.each(SABOTEURS)('$deed', { timeout: MOST_MS }, async ({ begin }) => {
    expect(await verdictOn(begin)).toBeDefined()
  })
})

test('a schedule that fails is told by the steps that it takes, and the command that repeats it', async () => {
  const sabotage = SABOTEURS.find(({ deed }) => deed === 'loses sessions that wait')
  const end = sabotage?.begin()
  try {
    const finding = await firstFinding()
    expect(finding?.story).toMatch(/of which [123] steps are enough/)
    expect(finding?.story).toContain(`npm run simulate -- --runs 1 --seed ${finding?.seed}`)
    expect(finding?.story).toContain('VIOLATED')
  } finally {
    end?.()
  }
})

test('shrinking leaves the steps without which a schedule does not fail', async () => {
  const schedule = createSchedule(7)
  const steps = Array.from({ length: 20 }, (_, at) => ({ at, type: 'cut' as const, client: 0 }))
  const fails = async (smaller: typeof schedule): Promise<boolean> =>
    [3, 11, 12].every((at) => smaller.steps.some((step) => step.at === at))
  const { steps: left } = await shrink({ ...schedule, steps }, fails)
  expect(left.map(({ at }) => at)).toEqual([3, 11, 12])
})

/** Of the first of some schedules that fails under sabotage. */
async function verdictOn(begin: Saboteur['begin']): Promise<string | undefined> {
  const end = begin()
  try {
    for (let seed = 1; seed <= 400; seed++) {
      const { accusation } = await runSchedule(createSchedule(seed))
      if (accusation !== undefined) return accusation.text
    }
    return undefined
  } finally {
    end()
  }
}

async function firstFinding(): Promise<Finding | undefined> {
  for (let seed = 1; seed <= 400; seed++) {
    const finding = await simulate(seed)
    if (finding !== undefined) return finding
  }
  return undefined
}
