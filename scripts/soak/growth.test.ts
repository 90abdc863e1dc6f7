import { createRandom } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { judgeGrowth, type MemoryPoint } from './growth.ts'

const MiB = 1024 * 1024
const MINUTES = 10

/** Every 15 s, with noise of 2 MiB in either direction. */
function points(bytesAt: (atMs: number) => number, noiseBytes = 2 * MiB): MemoryPoint[] {
  const random = createRandom(3)
  return Array.from({ length: MINUTES * 4 }, (_, index) => {
    const atMs = (index + 1) * 15_000
    return { atMs, bytes: bytesAt(atMs) + (random() - 0.5) * 2 * noiseBytes }
  })
}

describe('judgeGrowth', () => {
  test('takes noise for what it is', () => {
    const { grows, medianBytes } = judgeGrowth(points(() => 40 * MiB))
    expect(grows).toBe(false)
    expect(medianBytes / MiB).toBeCloseTo(40, 0)
  })

  test('finds a leak below the noise of a single sample', () => {
    const leak = points((atMs) => 40 * MiB + (atMs / 60_000) * 1.6 * MiB)
    const { grows, bytesPerMinute } = judgeGrowth(leak)
    expect(grows).toBe(true)
    expect(bytesPerMinute / MiB).toBeGreaterThan(1.2)
    expect(bytesPerMinute / MiB).toBeLessThan(2)
  })

  test('does not count what grows until the run has settled', () => {
    expect(judgeGrowth(points((atMs) => Math.min(60, 20 + atMs / 5000) * MiB)).grows).toBe(false)
  })

  test('does not count single samples, however large', () => {
    const spikes = points((atMs) => (atMs % 135_000 === 0 ? 140 : 40) * MiB)
    expect(spikes.filter(({ bytes }) => bytes > 100 * MiB)).toHaveLength(4)
    expect(judgeGrowth(spikes).grows).toBe(false)
  })

  test('allows 15 % over the settled part, or 3 MiB where that is more, and not more', () => {
    const grown = (bytes: number, of: number): boolean => {
      const settledMs = MINUTES * 60_000 * 0.6
      return judgeGrowth(points((atMs) => of + (bytes * (atMs - MINUTES * 60_000 * 0.7)) / settledMs, 0)).grows
    }
    expect([grown(14 * MiB, 100 * MiB), grown(17 * MiB, 100 * MiB)]).toEqual([false, true])
    expect([grown(2.9 * MiB, 10 * MiB), grown(3.2 * MiB, 10 * MiB)]).toEqual([false, true])
  })

  test('sees no growth in what shrinks', () => {
    expect(judgeGrowth(points((atMs) => 80 * MiB - atMs * 50)).grows).toBe(false)
  })
})
