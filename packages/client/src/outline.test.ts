import { expect, test } from 'vitest'
import { collect } from './collect.fixture.ts'
import { createClient } from './create-client.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { outline } from './outline.ts'
import { api, createBench } from './test-client.fixture.ts'

const sketch = outline<typeof api>({
  todo: {
    get: 'query',
    create: 'mutation',
    rename: 'idempotent mutation',
    watch: 'resumable subscription',
    tail: 'subscription',
  },
  upload: 'duplex',
  presence: 'event',
  tick: 'event',
})

function createSketchedBench() {
  const bench = createBench({ lazy: true })
  const client = createClient(sketch, {
    connector: bench.server.network.connector,
    clock: bench.clock,
    random: () => 0.5,
  })
  const close = async (): Promise<void> => {
    const closed = client.$.close()
    await bench.close()
    await closed
  }
  return { ...bench, client, close }
}

test('a client of an outline calls, streams and listens by path', async () => {
  const { client, clock, desk, server, close } = createSketchedBench()
  desk.log = [1, 2]
  const heard: string[] = []
  client.presence.on({ room: 'lobby' }, ({ user }) => heard.push(user))
  const call = client.todo.get({ id: '1' })
  const error = outcomeOf(client.todo.get({ id: 'missing' }))
  const { items } = collect(client.todo.watch({ list: 'a' }))
  const upload = collect(client.upload({ name: 'f' }, ['abc']))
  await clock.advanceAsync(20)
  server.publish(api.presence, { room: 'lobby' }, { user: 'ada' })
  await clock.advanceAsync(20)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(await error).toMatchObject({ code: 'NOT_FOUND', data: { id: 'missing' } })
  expect(items).toEqual([1, 2])
  expect(upload.items).toEqual([3])
  expect(heard).toEqual(['ada'])
  expect(server.latest.hello?.contractHash).toBe('')
  await close()
})

test('it repeats and resumes as its outline says', async () => {
  const { client, clock, desk, server, close } = createSketchedBench()
  const watch = collect(client.todo.watch({ list: 'a' }))
  const tail = collect(client.todo.tail())
  const gate = Promise.withResolvers<void>()
  desk.gate = gate.promise
  const create = outcomeOf(client.todo.create({ title: 'x' }))
  const rename = client.todo.rename({ id: '1', title: 'y' })
  await clock.advanceAsync(20)
  server.latest.link.cut()
  desk.log = [1]
  gate.resolve()
  await clock.advanceAsync(2000)
  expect(await create).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  expect(await rename).toEqual({ id: '1', title: 'y' })
  expect(watch.items).toEqual([1])
  expect(await tail.end).toMatchObject({ code: 'GAP' })
  await close()
})
