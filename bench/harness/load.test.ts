import { expect, test } from 'vitest'
import type { BenchClient } from '../subjects/subject.ts'
import { ROW_COUNT, tableOf, todoOf } from '../workload.ts'
import { createLoad } from './load.ts'

/** Answers right, after a millisecond of a clock that only calls move. */
function stand(connections: number) {
  let [nowMs, underWay, most] = [0, 0, 0]
  const calls = Array.from({ length: connections }, () => 0)
  async function answer<T>(connection: number, value: T): Promise<T> {
    calls[connection] = (calls[connection] ?? 0) + 1
    most = Math.max(most, ++underWay)
    await Promise.resolve()
    nowMs++
    underWay--
    return value
  }
  const clients = calls.map(
    (_, connection): BenchClient => ({
      get: (id) => answer(connection, todoOf(id)),
      table: () => answer(connection, tableOf()),
      echo: (bytes) => answer(connection, bytes),
      stream: (count) => answer(connection, count),
      subscribe: async () => {},
      close: async () => {},
    }),
  )
  const load = createLoad(clients, { nowMs: () => nowMs, cpuUs: () => nowMs * 100 })
  return { load, calls, most: () => most, clients }
}

test('runs as many operations as it is told, so many at a time, each of them on its connection', async () => {
  const { load, calls, most } = stand(2)
  const outcome = await load({ operation: 'get', operations: 10, inFlight: 4 })
  expect(outcome).toMatchObject({ operations: 10, wallMs: 10, cpuUs: 1_000 })
  expect(most()).toBe(4)
  expect(calls).toEqual([5, 5])
})

test('goes over the next connection each time where it is told to', async () => {
  const { load, calls } = stand(5)
  await load({ operation: 'get', operations: 10, inFlight: 1, connections: 'rotating' })
  expect(calls).toEqual([2, 2, 2, 2, 2])
})

test('begins nothing when its time is over, and counts what there was', async () => {
  const { load } = stand(1)
  expect(await load({ operation: 'get', operations: 100, inFlight: 1, forMs: 7 })).toMatchObject({ operations: 7 })
  expect(await load({ operation: 'get', operations: 100, inFlight: 1, forMs: 0 })).toMatchObject({ operations: 1 })
})

test.each(['table', 'echo', 'stream'] as const)('looks at what a %s gives', async (operation) => {
  const { load, clients } = stand(1)
  await load({ operation, operations: 1, inFlight: 1, size: 8 })
  const wrong: Partial<BenchClient> = {
    table: async () => tableOf(ROW_COUNT - 1),
    echo: async () => new Uint8Array(7),
    stream: async () => 7,
  }
  Object.assign(clients[0] ?? {}, wrong)
  await expect(load({ operation, operations: 1, inFlight: 1, size: 8 })).rejects.toThrow(/^Expected the .+ to be/)
})

test('wants connections', async () => {
  await expect(stand(0).load({ operation: 'get', operations: 1, inFlight: 1 })).rejects.toThrow(
    'Expected connections to be open before there is load, got none',
  )
})
