import { encodeValue } from '@tautline/core/peer'
import { CloseCode, createValueCodec, DEFAULT_LIMITS } from '@tautline/core/protocol'
import { expect, test } from 'vitest'
import type { Gap } from './client-types.ts'
import { collect } from './collect.fixture.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { createBench } from './test-client.fixture.ts'

const RECONNECTED_MS = 2000

test('a subscription returns at once, opens at once and gives its items', async () => {
  const { client, clock, desk, close } = createBench()
  desk.log = [1, 2, 3]
  const stream = client.todo.watch({ list: 'a' })
  await clock.advanceAsync(10)
  // Nobody has asked for an item yet.
  expect(desk.runs).toEqual(['todo.watch a from 0'])
  const { items } = collect(stream)
  await clock.advanceAsync(10)
  expect(items).toEqual([1, 2, 3])
  expect(stream.lastResume).toBe(3)
  await close()
})

test('a reader that pauses stops the handler', async () => {
  const { client, clock, desk, close } = createBench()
  desk.log = Array.from({ length: 1000 }, (_, n) => n + 1)
  const stream = client.todo.watch({ list: 'a' })
  await clock.advanceAsync(100)
  expect(desk.produced).toBe(DEFAULT_LIMITS.streamItems)
  for (let n = 1; n <= 100; n++) {
    expect(await stream.next()).toEqual({ done: false, value: n })
    await clock.advanceAsync(5)
  }
  expect(desk.produced).toBeLessThanOrEqual(100 + DEFAULT_LIMITS.streamItems)
  await close()
})

test('return() ends a next() that waits, and the handler', async () => {
  const { client, clock, desk, close } = createBench()
  const stream = client.todo.watch({ list: 'a' })
  const waiting = stream.next()
  await clock.advanceAsync(10)
  await stream.return()
  expect(await waiting).toEqual({ done: true, value: undefined })
  await clock.advanceAsync(10)
  expect(client.$.stats().inFlight).toBe(0)
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect(desk.runs).toHaveLength(1)
  await close()
})

test('break and `await using` end the handler', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1, 2, 3]
  const read = async (): Promise<number | undefined> => {
    await using stream = client.todo.watch({ list: 'a' })
    for await (const item of stream) return item
    return undefined
  }
  const first = read()
  await clock.advanceAsync(10)
  expect(await first).toBe(1)
  expect(server.latest.dispatcher?.size).toBe(0)
  await close()
})

test('aborting its signal fails a stream at once, and drops what waits in it', async () => {
  const { client, clock, desk, server, close } = createBench()
  desk.log = [1, 2, 3]
  const abort = new AbortController()
  const stream = client.todo.watch({ list: 'a' }, { signal: abort.signal })
  await clock.advanceAsync(10)
  expect(await stream.next()).toEqual({ done: false, value: 1 })
  abort.abort('enough')
  expect(await outcomeOf(stream.next())).toMatchObject({ code: 'CANCELLED', cause: 'enough' })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  await clock.advanceAsync(10)
  expect(server.latest.dispatcher?.size).toBe(0)
  await close()
})

test('what is wrong with the options comes out of the stream, not of the call', async () => {
  const { client, clock, desk, close } = createBench()
  // @ts-expect-error the list must be a string
  const unserialisable = client.todo.watch({ list: Symbol('a') })
  const aborted = client.todo.watch({ list: 'a' }, { signal: AbortSignal.abort() })
  expect(await outcomeOf(unserialisable.next())).toMatchObject({ code: 'UNSERIALISABLE', outcome: 'not-sent' })
  expect(await outcomeOf(aborted.next())).toMatchObject({ code: 'CANCELLED', outcome: 'not-sent' })
  await clock.advanceAsync(10)
  expect(desk.runs).toEqual([])
  await close()
})

test('a resumable subscription goes on after the last item the application has taken', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1, 2, 3]
  const { items } = collect(client.todo.watch({ list: 'a' }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  desk.log = [1, 2, 3, 4, 5]
  await clock.advanceAsync(RECONNECTED_MS)
  expect(items).toEqual([1, 2, 3, 4, 5])
  expect(desk.runs).toEqual(['todo.watch a from 0', 'todo.watch a from 3'])
  await close()
})

test('items that nobody has taken are neither lost with the connection nor asked for again', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1, 2, 3]
  const stream = client.todo.watch({ list: 'a' })
  await clock.advanceAsync(10)
  server.latest.link.cut()
  desk.log = [1, 2, 3, 4]
  await clock.advanceAsync(RECONNECTED_MS)
  // Paused with a window full of items: a second one must not be opened.
  expect(desk.runs).toHaveLength(1)
  const { items } = collect(stream)
  await clock.advanceAsync(RECONNECTED_MS)
  expect(items).toEqual([1, 2, 3, 4])
  expect(desk.runs.at(-1)).toBe('todo.watch a from 3')
  await close()
})

test('a subscription can begin where an earlier one ended', async () => {
  const { client, clock, desk, close } = createBench()
  desk.log = [1, 2, 3]
  const { items } = collect(client.todo.watch({ list: 'a' }, { resume: 2 }))
  await clock.advanceAsync(10)
  expect(items).toEqual([3])
  await close()
})

test('one that cannot resume gives what has arrived, then throws GAP', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1, 2]
  const stream = client.todo.tail()
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  const { items, end } = collect(stream)
  expect(await end).toMatchObject({ code: 'GAP' })
  expect(items).toEqual([1, 2])
  expect(desk.runs).toEqual(['todo.tail'])
  await close()
})

test('with onGap: "restart" it begins afresh instead', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1, 2]
  const { items } = collect(client.todo.tail(undefined, { onGap: 'restart' }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(items).toEqual([1, 2, 1, 2])
  await close()
})

test('a function as onGap is told, and then it begins afresh', async () => {
  const { client, clock, server, desk, close } = createBench()
  desk.log = [1]
  const gaps: Gap[] = []
  const { items } = collect(client.todo.tail(undefined, { onGap: (gap) => void gaps.push(gap) }))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(gaps).toEqual([{ reason: 'connection-lost' }])
  expect(items).toEqual([1, 1])
  await close()
})

test('a server that no longer has the place to resume from says GAP, and onGap begins afresh', async () => {
  const { client, clock, desk, close } = createBench()
  desk.log = [1]
  const gaps: Gap[] = []
  const refused = collect(client.todo.watch({ list: 'a' }, { resume: 2000 }))
  const restarted = collect(client.todo.watch({ list: 'a' }, { resume: 2000, onGap: (gap) => void gaps.push(gap) }))
  await clock.advanceAsync(20)
  expect(await refused.end).toMatchObject({ code: 'GAP' })
  expect(gaps).toEqual([{ reason: 'refused' }])
  expect(restarted.items).toEqual([1])
  await close()
})

test('a subscription that has not left yet is opened on the next connection', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.network.setReachable('refused')
  desk.log = [1]
  const { items } = collect(client.todo.tail())
  await clock.advanceAsync(1000)
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect(items).toEqual([1])
  await close()
})

test('one that went with a HELLO the server has refused is no gap: it is opened with the next', async () => {
  const { client, clock, server, desk, close } = createBench()
  server.decide = (_, attempt) =>
    attempt === 1 ? { code: CloseCode.Unavailable, reason: 'full', retry: true } : 'accept'
  desk.log = [1]
  const tail = collect(client.todo.tail())
  const upload = collect(client.upload({ name: 'f' }, ['abc']))
  await clock.advanceAsync(RECONNECTED_MS)
  expect(tail.items).toEqual([1])
  expect(await upload.end).toBe('done')
  expect(upload.items).toEqual([3])
  await close()
})

test('the deadline of a stream fails it wherever it has got to', async () => {
  const { client, clock, desk, server, close } = createBench()
  desk.log = [1]
  const open = collect(client.todo.watch({ list: 'a' }, { timeoutMs: 100 }))
  await clock.advanceAsync(50)
  server.network.setReachable('refused')
  const waiting = collect(client.todo.watch({ list: 'b' }, { timeoutMs: 100 }))
  await clock.advanceAsync(100)
  expect(await open.end).toMatchObject({ code: 'TIMEOUT' })
  expect(open.items).toEqual([1])
  expect(await waiting.end).toMatchObject({ code: 'TIMEOUT' })
  await close()
})

test('closing the client ends its streams with CLIENT_CLOSED', async () => {
  const { client, clock, close } = createBench()
  const { end } = collect(client.todo.watch({ list: 'a' }))
  await clock.advanceAsync(10)
  await close()
  expect(await end).toMatchObject({ code: 'CLIENT_CLOSED' })
})

test.each([
  ['fewer items than announced', [1], undefined],
  ['no list of resume values', [1, 2], 7],
])('a batch with %s fails the stream and cancels it', async (_what, values, resumes) => {
  const { client, clock, server, close } = createBench()
  const { items, end } = collect(client.todo.watch({ list: 'a' }))
  await clock.advanceAsync(10)
  const { driver } = server.latest
  const codec = createValueCodec()
  driver.sendItems(1, { count: 2, values: codec.encode(values), resumes: encodeValue(codec, resumes) })
  await clock.advanceAsync(10)
  expect(await end).toMatchObject({ code: 'INVALID_OUTPUT' })
  expect(items).toEqual([])
  expect(driver.stats.session.peerStreams).toBe(0)
  await close()
})
