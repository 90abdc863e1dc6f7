import { expect, test } from 'vitest'
import { beginLoad } from './measure-load.ts'
import type { LoadOrder, LoadOutcome } from './orders.ts'
import type { Pair, Stage } from './stage.ts'

/** A pair that answers each order at once, of which only load moves what the server has used: 2 µs an operation. */
function stand() {
  const loads: LoadOrder[] = []
  let cpuUs = 0
  const client = {
    order: async (name: string, given: LoadOrder): Promise<LoadOutcome | null> => {
      if (name !== 'load') return null
      loads.push(given)
      cpuUs += 2 * given.operations
      return { operations: given.operations, cpuUs: 0, wallMs: 1, p50Us: 1, p99Us: 1 }
    },
  }
  const server = { order: async () => ({ cpuUs, rssBytes: 0, heapBytes: 0 }) }
  const stage = { pair: async () => ({ server, client }) as unknown as Pair } as unknown as Stage
  return { loads, stage }
}

test('counts only what comes behind the warm-up, of all and of the round', async () => {
  const { loads, stage } = stand()
  const trial = await beginLoad(stage, 'tiny', {
    connections: 1,
    load: { operation: 'get', inFlight: 1 },
    operations: { full: 1, quick: 1, tiny: 10 },
    warmUp: { full: 1, quick: 1, tiny: 7 },
  })
  expect(loads.map(({ operations }) => operations)).toEqual([7])
  expect(await trial.round()).toMatchObject({ serverCpuUs: 2 })
  expect(loads.map(({ operations }) => operations)).toEqual([7, 2, 10])
})
