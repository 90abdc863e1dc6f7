/** Makes a schedule that fails as small as it gets while it still fails: what is left is what it takes. */
import type { Schedule, Step } from './schedule.ts'

/** @param fails whether a schedule still breaks the promise that the first one has broken */
export async function shrink(schedule: Schedule, fails: (schedule: Schedule) => Promise<boolean>): Promise<Schedule> {
  let { steps } = schedule
  // Halves, then quarters, down to single steps; again from the beginning as long as that takes something away.
  for (let parts = 2; steps.length > 0; ) {
    const size = Math.ceil(steps.length / parts)
    const smaller = await withoutOne(schedule, steps, { size, fails })
    if (smaller !== undefined) {
      steps = smaller
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts *= 2
  }
  return { ...schedule, steps }
}

interface Cut {
  readonly size: number
  readonly fails: (schedule: Schedule) => Promise<boolean>
}

/** Leaves out one stretch of so many steps, if it fails without it. */
async function withoutOne(
  schedule: Schedule,
  steps: readonly Step[],
  { size, fails }: Cut,
): Promise<readonly Step[] | undefined> {
  for (let from = 0; from < steps.length; from += size) {
    const rest = [...steps.slice(0, from), ...steps.slice(from + size)]
    if (await fails({ ...schedule, steps: rest })) return rest
  }
  return undefined
}
