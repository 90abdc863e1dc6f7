import { CloseCode } from '@tautline/core/protocol'
import { expect, test } from 'vitest'
import { outcomeOf } from './outcome.fixture.ts'
import { type Bench, createBench } from './test-client.fixture.ts'

/** A bench whose handlers wait, connected, with the way to let them go. */
async function connectedBench(): Promise<Bench & { readonly release: () => void }> {
  const bench = createBench()
  const gate = Promise.withResolvers<void>()
  bench.desk.gate = gate.promise
  await bench.clock.advanceAsync(10)
  const release = (): void => {
    bench.desk.gate = undefined
    gate.resolve()
  }
  return { ...bench, release }
}

/** Long enough for every retry of a reachable server. */
const RECONNECTED_MS = 2000

test('a mutation whose connection is lost is never run again: its outcome is unknown', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = outcomeOf(client.todo.create({ title: 'x' }))
  await clock.advanceAsync(10)
  expect(desk.runs).toEqual(['todo.create x'])
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  release()
  await clock.advanceAsync(10)
  expect(desk.runs).toEqual(['todo.create x'])
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('a mutation whose request may have been lost under way is not run again either', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  const call = outcomeOf(client.todo.create({ title: 'x' }))
  // It has left, and will not arrive.
  await clock.advanceAsync(0)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  expect(desk.runs).toEqual([])
  release()
  await close()
})

test.each([
  ['a query', (bench: Bench) => bench.client.todo.get({ id: '1' }), 'todo.get 1'],
  ['an idempotent mutation', (bench: Bench) => bench.client.todo.rename({ id: '1', title: 'a' }), 'todo.rename 1'],
])('%s whose connection is lost is repeated on the next one', async (_, start, run) => {
  const bench = await connectedBench()
  const { clock, server, desk, release, close } = bench
  const call = start(bench)
  await clock.advanceAsync(10)
  server.latest.link.cut()
  release()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(desk.runs).toEqual([run, run])
  await close()
})

test('what has not left yet is sent on the next connection, whatever its kind', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.network.setReachable('refused')
  const call = client.todo.create({ title: 'x' })
  await clock.advanceAsync(5000)
  expect(client.$.status.state).toBe('connecting')
  expect(client.$.stats()).toMatchObject({ inFlight: 1, queued: 1 })
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect(await call).toEqual({ id: 'new', title: 'x' })
  expect(desk.runs).toEqual(['todo.create x'])
  await close()
})

test('a mutation that went with a HELLO the server has refused goes again, for it was not run', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.decide = (_, attempt) =>
    attempt === 1 ? { code: CloseCode.Unavailable, reason: 'full', retry: true } : 'accept'
  const call = client.todo.create({ title: 'x' })
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await call).toEqual({ id: 'new', title: 'x' })
  expect(desk.runs).toEqual(['todo.create x'])
  expect(server.connections).toHaveLength(2)
  await close()
})

test('a mutation that went with a HELLO which nobody answered has an unknown outcome', async () => {
  const { client, clock, server, close } = createBench()
  server.decide = () => 'silent'
  const call = outcomeOf(client.todo.create({ title: 'x' }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(10)
  expect(await call).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  await close()
})

test('calls made offline are sent in the order in which they were made', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.network.setReachable('refused')
  const calls = [1, 2, 3].map((n) => client.todo.create({ title: `${n}` }))
  await clock.advanceAsync(100)
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  await Promise.all(calls)
  expect(desk.runs).toEqual(['todo.create 1', 'todo.create 2', 'todo.create 3'])
  await close()
})

test('a deadline runs while the call waits for a connection', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.network.setReachable('refused')
  const call = outcomeOf(client.todo.get({ id: '1' }, { timeoutMs: 300 }))
  await clock.advanceAsync(299)
  expect(client.$.stats().inFlight).toBe(1)
  await clock.advanceAsync(1)
  expect(await call).toMatchObject({ code: 'TIMEOUT', outcome: 'not-sent' })
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect(desk.runs).toEqual([])
  await close()
})

test('a repeated query keeps its deadline, and what has left once has an unknown outcome', async () => {
  const { client, clock, server, release, close } = await connectedBench()
  const call = outcomeOf(client.todo.get({ id: '1' }, { timeoutMs: 1000 }))
  await clock.advanceAsync(10)
  server.network.setReachable('refused')
  server.latest.link.cut()
  await clock.advanceAsync(989)
  expect(client.$.stats().queued).toBe(1)
  await clock.advanceAsync(1)
  expect(await call).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
  release()
  await close()
})

test('aborting a call that waits for a connection forgets it', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.network.setReachable('refused')
  const abort = new AbortController()
  const call = outcomeOf(client.todo.create({ title: 'x' }, { signal: abort.signal }))
  await clock.advanceAsync(100)
  abort.abort()
  expect(await call).toMatchObject({ code: 'CANCELLED', outcome: 'not-sent' })
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect(desk.runs).toEqual([])
  await close()
})

test('1000 calls may wait for a connection, and one more fails with QUEUE_FULL', async () => {
  const { client, clock, server, close } = createBench()
  server.network.setReachable('refused')
  const calls = Array.from({ length: 1000 }, (_, n) => client.todo.get({ id: String(n) }).result())
  await clock.advanceAsync(100)
  expect(client.$.stats()).toMatchObject({ inFlight: 1000, queued: 1000 })
  expect(await outcomeOf(client.todo.get({ id: 'more' }))).toMatchObject({ code: 'QUEUE_FULL', outcome: 'not-sent' })
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true)
  await close()
})

test('1 MiB of input may wait for a connection, and one byte more fails with QUEUE_FULL', async () => {
  // The head of the map, its key, the head of the string.
  const overhead = 1 + 6 + 5
  const bytes = 1024 * 1024
  const exact = createBench()
  exact.server.network.setReachable('refused')
  const fits = exact.client.todo.create({ title: 'x'.repeat(bytes - overhead) }).result()
  expect(exact.client.$.stats().inFlight).toBe(1)
  expect(await outcomeOf(exact.client.todo.create({ title: '' }))).toMatchObject({ code: 'QUEUE_FULL' })
  await exact.close()
  expect(await fits).toMatchObject({ ok: false, error: { code: 'CLIENT_CLOSED' } })

  const over = createBench()
  over.server.network.setReachable('refused')
  const call = outcomeOf(over.client.todo.create({ title: 'x'.repeat(bytes - overhead + 1) }))
  expect(await call).toMatchObject({ code: 'QUEUE_FULL' })
  expect((await call).message).toContain(`got one of ${bytes + 1} bytes after 0 with 0`)
  await over.close()
})

test('what waits no longer, or is not waited for any more, makes room for others', async () => {
  const { client, clock, server, desk, close } = createBench({ offlineQueue: { calls: 2, bytes: 30 } })
  server.network.setReachable('refused')
  const abort = new AbortController()
  const cancelled = client.todo.get({ id: '1' }, { signal: abort.signal }).result()
  const kept = client.todo.rename({ id: '2', title: 'x' }).result()
  expect(await outcomeOf(client.todo.get({ id: '3' }))).toMatchObject({ code: 'QUEUE_FULL' })
  abort.abort()
  const instead = client.todo.get({ id: '4' }).result()
  const gate = Promise.withResolvers<void>()
  desk.gate = gate.promise
  server.network.setReachable('open')
  await clock.advanceAsync(RECONNECTED_MS)
  // Both are under way now, so that two more may wait when the connection is lost.
  server.network.setReachable('refused')
  server.latest.link.cut()
  await clock.advanceAsync(10)
  const more = [client.todo.get({ id: '5' }).result(), client.todo.get({ id: '6' }).result()]
  expect(await outcomeOf(client.todo.get({ id: '7' }))).toMatchObject({ code: 'QUEUE_FULL' })
  server.network.setReachable('open')
  gate.resolve()
  await clock.advanceAsync(60_000)
  const results = await Promise.all([cancelled, kept, instead, ...more])
  expect(results.map(({ ok }) => ok)).toEqual([false, true, true, true, true])
  await close()
})

test('what waits no longer leaves no timer behind', async () => {
  const timed = createBench()
  const untimed = createBench()
  const calls = [timed.client.todo.get({ id: '1' }, { timeoutMs: 1e9 }), untimed.client.todo.get({ id: '1' })]
  await timed.clock.advanceAsync(100)
  await untimed.clock.advanceAsync(100)
  await Promise.all(calls)
  expect(timed.clock.pending).toBe(untimed.clock.pending)
  await timed.close()
  await untimed.close()
})

test('a handshake under way counts as no connection: what it holds may come back', async () => {
  const { client, clock, server, close } = createBench({ offlineQueue: { calls: 2 } })
  server.decide = () => 'silent'
  await clock.advanceAsync(10)
  const held = [client.todo.get({ id: '1' }).result(), client.todo.get({ id: '2' }).result()]
  expect(await outcomeOf(client.todo.get({ id: '3' }))).toMatchObject({ code: 'QUEUE_FULL' })
  server.latest.accept()
  await clock.advanceAsync(10)
  const free = client.todo.get({ id: '4' }).result()
  await clock.advanceAsync(10)
  expect((await Promise.all([...held, free])).map(({ ok }) => ok)).toEqual([true, true, true])
  await close()
})

test('closing the client fails everything with CLIENT_CLOSED, and says what may have run', async () => {
  const { client, clock, server, release, close } = await connectedBench()
  const sent = outcomeOf(client.todo.create({ title: 'x' }))
  await clock.advanceAsync(10)
  const sentWithClose = outcomeOf(client.todo.create({ title: 'y' }))
  await close()
  expect(await sent).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'unknown' })
  expect(await sentWithClose).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'unknown' })
  expect(await outcomeOf(client.todo.get({ id: '1' }))).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'not-sent' })
  expect(server.latest.link.gone).toBe(true)
  release()
})

test('half-open links are found by the heartbeat, and the queries on them are repeated', async () => {
  const { client, clock, server, desk, release, close } = await connectedBench()
  server.latest.link.silence('both')
  const call = client.todo.get({ id: '1' })
  release()
  await clock.advanceAsync(60_000)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(desk.runs).toEqual(['todo.get 1'])
  expect(client.$.stats().reconnects).toBe(1)
  await close()
})
