import { createRandom } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { createBench } from './test-client.fixture.ts'

const SCHEDULES = 100
const KEYS = ['a', 'b', 'c', 'd', 'e']

/** A client that names mutations by keys, each twice, on a line that is cut at random while their handlers work. */
async function runSchedule(seed: number): Promise<number> {
  const random = createRandom(seed)
  const { client, clock, server, desk, close } = createBench()
  let gate = Promise.withResolvers<void>()
  desk.gate = gate.promise
  const ask = (key: string): Promise<unknown> => client.todo.create({ title: key }, { idempotencyKey: key })
  const calls: Promise<unknown>[] = []
  for (const key of [...KEYS, ...KEYS]) {
    calls.push(ask(key))
    for (let step = 0; step < 4; step++) {
      await clock.advanceAsync(random() * 500)
      if (random() < 0.5) server.network.links.at(-1)?.cut()
      if (random() < 0.3) {
        gate.resolve()
        gate = Promise.withResolvers<void>()
        desk.gate = gate.promise
      }
    }
  }
  desk.gate = undefined
  gate.resolve()
  await clock.advanceAsync(120_000)
  expect(await Promise.all(calls)).toEqual([...KEYS, ...KEYS].map((title) => ({ id: 'new', title })))
  expect(desk.runs.toSorted()).toEqual(KEYS.map((key) => `todo.create ${key}`))
  const { length } = server.connections
  await close()
  return length
}

test(`${SCHEDULES} random schedules of lost connections run each key once, and answer every call`, async () => {
  let connections = 0
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    connections += await runSchedule(seed).catch((cause: unknown) => {
      throw new Error(`Schedule ${seed} failed`, { cause })
    })
  }
  // Otherwise they would prove nothing.
  expect(connections).toBeGreaterThan(SCHEDULES * 5)
})
