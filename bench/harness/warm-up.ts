import type { Scale } from './scenario.ts'

/**
 * What each subject has for itself before anything counts. Engines go on compiling for some hundred thousand calls: behind 40,000
 * of them, which are half a second, V8 compiled another 5 to 40 functions of a server in each round of 24,000, on threads that count.
 */
const WARM_UP_MS: Readonly<Record<Scale, number>> = { full: 5_000, quick: 0, tiny: 0 }

/** Repeats `step` until it has had its time, at least once. */
export async function warmUp(
  scale: Scale,
  step: () => Promise<unknown>,
  nowMs: () => number = () => performance.now(),
): Promise<void> {
  const until = nowMs() + WARM_UP_MS[scale]
  do {
    await step()
  } while (nowMs() < until)
}

/**
 * While the others have their rounds, what a process needs leaves the caches of the machine, and engines collect garbage and drop
 * code. So each round begins with a part more that is not counted: what a subject costs at work, not what waking up costs.
 */
export const ROUND_WARM_UP = 0.2

/** @returns how many of them, at least one, come first and do not count */
export const roundWarmUp = (operations: number): number => Math.ceil(operations * ROUND_WARM_UP)
