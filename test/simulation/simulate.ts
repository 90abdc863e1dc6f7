/** Runs schedules one after the other, and tells the story of the first that breaks a promise. */
import { createSchedule } from './random-schedule.ts'
import type { Accusation } from './referee.ts'
import { runSchedule } from './run-schedule.ts'
import { shrink } from './shrink.ts'

export interface Finding {
  readonly seed: number
  readonly accusation: Accusation
  readonly story: string
}

/** @returns what the schedule of this seed does wrong, if it does */
export async function simulate(seed: number): Promise<Finding | undefined> {
  const schedule = createSchedule(seed)
  const { accusation } = await runSchedule(schedule)
  if (accusation === undefined) return undefined
  const isSame = async (smaller: typeof schedule): Promise<boolean> => {
    const outcome = await runSchedule(smaller)
    return outcome.accusation?.invariant === accusation.invariant
  }
  const minimal = await shrink(schedule, isSame)
  const { story, accusation: last = accusation } = await runSchedule(minimal)
  return { seed, accusation: last, story: tell(minimal, story) }
}

function tell({ seed, setup, steps }: ReturnType<typeof createSchedule>, story: string): string {
  return [
    `Schedule ${seed}, of which ${steps.length} steps are enough. To repeat it: npm run simulate -- --runs 1 --seed ${seed}`,
    Object.entries(setup)
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
    story,
  ].join('\n')
}
