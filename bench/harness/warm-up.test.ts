import { expect, test } from 'vitest'
import { warmUp } from './warm-up.ts'

/** Steps of so many milliseconds, on a clock that only they move. */
async function stepsIn(scale: 'full' | 'quick', stepMs: number): Promise<number> {
  let [nowMs, steps] = [1_000, 0]
  await warmUp(
    scale,
    async () => {
      steps += 1
      nowMs += stepMs
    },
    () => nowMs,
  )
  return steps
}

test('gives fast and slow subjects the same time before anything counts', async () => {
  const [fast, slow] = [await stepsIn('full', 10), await stepsIn('full', 1_000)]
  expect(slow).toBeGreaterThan(1)
  expect(fast * 10).toBe(slow * 1_000)
})

test('warms up once where there is no time, and where once takes all of it', async () => {
  expect(await stepsIn('quick', 10)).toBe(1)
  expect(await stepsIn('full', 60_000)).toBe(1)
})
