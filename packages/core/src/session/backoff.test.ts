import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffDelayMs } from './backoff.ts'

const largest = () => 0
const smallest = () => 1 - 2 ** -53

describe('the delay before another attempt', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
    [5, 16_000],
    [6, 30_000],
    [7, 30_000],
    [10_000, 30_000],
  ])('after %i failures is at most %i ms', (failures, ceilingMs) => {
    expect(backoffDelayMs(failures, largest)).toBe(ceilingMs)
    expect(backoffDelayMs(failures, smallest)).toBeGreaterThan(0)
  })

  test('stops doubling at the sixth failure', () => {
    expect(backoffDelayMs(6, largest, { baseMs: 1, maxMs: 1e9 })).toBe(64)
    expect(backoffDelayMs(60, largest, { baseMs: 1, maxMs: 1e9 })).toBe(64)
  })

  test('is uniform below its ceiling', () => {
    expect(backoffDelayMs(1, () => 0.25)).toBe(750)
  })

  test('is a positive number below its ceiling for any number of failures', () => {
    fc.assert(
      fc.property(fc.double(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const delayMs = backoffDelayMs(failures, () => random)
        expect(delayMs).toBeGreaterThan(0)
        expect(delayMs).toBeLessThanOrEqual(30_000)
      }),
    )
  })
})
