// Fewer than `npm run cycles` does, and the same checks: 4,000 subscriptions and 400 connections on each runtime.
import { describe, expect, test } from 'vitest'
import { runtimes } from '../runtimes.ts'
import { runCycles } from './run-cycles.ts'

/** 300 bytes for each of them. */
const TOLERATED_BYTES = 4400 * 300
const LIMIT_MS = 240_000

describe.each(runtimes)('on %s', (runtime) => {
  test(
    'subscriptions and connections that come and go leave nothing behind',
    async () => {
      const { failures } = await runCycles({
        runtime,
        subscribes: 4000,
        connects: 400,
        toleratedBytes: TOLERATED_BYTES,
      })
      expect(failures).toEqual([])
    },
    LIMIT_MS,
  )
})

test(
  'finds what a server keeps',
  async () => {
    const { failures } = await runCycles({
      runtime: 'node',
      subscribes: 1000,
      connects: 100,
      toleratedBytes: TOLERATED_BYTES,
      sabotages: ['leak', 'timer'],
    })
    expect(failures).toContainEqual(expect.stringMatching(/^the heap of the server has grown by \d+/))
    expect(failures).toContainEqual(expect.stringMatching(/^left in the server: \d+ of Timeout/))
  },
  LIMIT_MS,
)
