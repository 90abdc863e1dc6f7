// The messages that cost other decoders gigabytes or their process, refused in each runtime for next to nothing.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, runtimeEnv, runtimes, sourceArguments } from '../../../scripts/runtimes.ts'
import type { ScanCost } from './scan-cost.ts'

const script = fileURLToPath(new URL('scan-cost.ts', import.meta.url))

test.for(runtimes)('%s refuses each bomb in under 1 ms and 1 MB', async (runtime) => {
  const { stdout } = await promisify(execFile)(executable(runtime), sourceArguments(runtime, script), {
    env: { ...process.env, ...runtimeEnv },
  })
  const costs = JSON.parse(stdout) as readonly ScanCost[]
  expect(costs).toHaveLength(4)
  expect(costs.filter(({ ms, rssBytes }) => ms >= 1 || rssBytes >= 1_000_000)).toEqual([])
})
