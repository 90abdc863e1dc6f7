// A real soak, as short as one can be: that a whole one can fail, and for each reason there is.
import { describe, expect, test } from 'vitest'
import { runSoak } from './run-soak.ts'
import { sabotages } from './sabotage.ts'
import { soakChart } from './soak-chart.ts'
import type { SoakOptions, SoakResult } from './soak-result.ts'

const OPTIONS: SoakOptions = {
  runtime: 'node',
  minutes: 0.06,
  clients: 30,
  seed: 1,
  out: '',
  publish: false,
  sabotages: [],
}
const LIMIT_MS = 90_000

describe('a soak', () => {
  test(
    'finds every fault that was built into its server',
    async () => {
      const { failures } = await runSoak({ ...OPTIONS, sabotages }, () => undefined)
      for (const found of [
        /^the memory of the server grows by \d+ bytes a minute/,
        /^add: -?\d+ in place of \d+/,
        /^the calls of client \d+ ran \d+ times in place of \d+/,
        /^item: \d+ in place of \d+/,
        /came behind/,
        /^when all were gone, there were \d+ of Timeout/,
        /^unhandled rejection: Error: sabotage/,
      ]) {
        expect(failures).toContainEqual(expect.stringMatching(found))
      }
    },
    LIMIT_MS,
  )

  test(
    'finds nothing without one, and leaves nothing behind',
    async () => {
      const shown: SoakResult[] = []
      const result = await runSoak(OPTIONS, (soFar) => shown.push(soFar))
      // So short a run has not settled: its memory says nothing.
      expect(result.failures.filter((failure) => !failure.startsWith('the memory of'))).toEqual([])
      expect(result.remains?.stats).toMatchObject({ connections: 0, sessions: 0, running: 0, topics: 0 })
      expect(result.samples.at(-1)?.counts['calls']).toBeGreaterThan(0)
      expect(shown.length).toBe(result.samples.length)
      expect(soakChart(result)).toContain('30 clients with faults against a server on node')
    },
    LIMIT_MS,
  )
})
