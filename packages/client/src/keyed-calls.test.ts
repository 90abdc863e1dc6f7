import { expect, test } from 'vitest'
import { outcomeOf } from './outcome.fixture.ts'
import { type Bench, createBench } from './test-client.fixture.ts'

const KEY = { idempotencyKey: 'order-17' }
const MADE = { id: 'new', title: 'x' }

/** Long enough for every retry of a reachable server. */
const RECONNECTED_MS = 2000

/** A bench whose handlers wait, connected, with the way to let them go. */
async function connectedBench(): Promise<Bench & { readonly release: () => void }> {
  const bench = createBench()
  const gate = Promise.withResolvers<void>()
  bench.desk.gate = gate.promise
  await bench.clock.advanceAsync(10)
  return { ...bench, release: gate.resolve }
}

test('a keyed mutation whose connection is lost while it runs has its result on the next one', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = client.todo.create({ title: 'x' }, KEY)
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(server.connections).toHaveLength(2)
  expect(desk.signal?.aborted).toBe(false)
  release()
  await clock.advanceAsync(10)
  expect(await call).toEqual(MADE)
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('a keyed mutation whose answer is lost is looked up, and not run again', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = client.todo.create({ title: 'x' }, KEY)
  await clock.advanceAsync(10)
  server.latest.link.silence('down')
  release()
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toEqual(MADE)
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('a keyed mutation whose request was lost under way runs on the next connection', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = client.todo.create({ title: 'x' }, KEY)
  await clock.advanceAsync(0)
  server.latest.link.cut()
  release()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toEqual(MADE)
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('a keyed mutation whose connection is lost again and again still runs once', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = client.todo.create({ title: 'x' }, KEY)
  for (let i = 0; i < 5; i++) {
    await clock.advanceAsync(10)
    server.latest.link.cut()
    await clock.advanceAsync(60_000)
  }
  release()
  await clock.advanceAsync(10)
  expect(await call).toEqual(MADE)
  expect(server.connections).toHaveLength(6)
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('a keyed mutation is stopped by a cancel on the connection after the one that it ran on', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const abort = new AbortController()
  const call = outcomeOf(client.todo.create({ title: 'x' }, { ...KEY, signal: abort.signal }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(desk.signal?.aborted).toBe(false)
  abort.abort()
  await clock.advanceAsync(10)
  expect(await call).toMatchObject({ code: 'CANCELLED', outcome: 'unknown' })
  expect(desk.signal?.aborted).toBe(true)
  release()
  await close()
})

test('a keyed mutation keeps its deadline over connections', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = outcomeOf(client.todo.create({ title: 'x' }, { ...KEY, timeoutMs: 5000 }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(5000)
  expect(await call).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
  expect(desk.signal?.aborted).toBe(true)
  release()
  await close()
})

test('a key stands for one run, however many calls name it, and another input under it is refused', async () => {
  const { client, clock, desk, close } = createBench()
  await clock.advanceAsync(10)
  const calls = [client.todo.create({ title: 'x' }, KEY), client.todo.create({ title: 'x' }, KEY)]
  const other = client.todo.create({ title: 'y' }, KEY).result()
  await clock.advanceAsync(10)
  expect(await Promise.all(calls)).toEqual([MADE, MADE])
  expect(await other).toMatchObject({ ok: false, error: { code: 'KEY_REUSED' } })
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('options of a key that cannot work are refused before anything is sent', async () => {
  const { client, desk, close } = createBench()
  const create = (options: object): Promise<unknown> => client.todo.create({ title: 'x' }, options)
  await expect(create({ idempotencyKey: '' })).rejects.toThrow(TypeError)
  await expect(create({ meta: { key: 'order-17' } })).rejects.toThrow('give a key as `idempotencyKey`')
  // @ts-expect-error a query needs none
  await expect(client.todo.get({ id: '1' }, KEY)).rejects.toThrow('Expected an `idempotencyKey` for a mutation')
  expect(desk.runs).toEqual([])
  await close()
})
