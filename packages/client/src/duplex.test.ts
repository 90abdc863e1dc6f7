import { DEFAULT_LIMITS } from '@tautline/core/protocol'
import { expect, test } from 'vitest'
import { collect } from './collect.fixture.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { createBench } from './test-client.fixture.ts'

const RECONNECTED_MS = 2000

/** Yields `count` items of `size` characters, and tells how far it was read and how it ended. */
function source(count: number, size = 1) {
  const state = { taken: 0, ended: false }
  async function* items(): AsyncGenerator<string, void> {
    try {
      for (; state.taken < count; ) {
        state.taken++
        yield 'x'.repeat(size)
      }
    } finally {
      state.ended = true
    }
  }
  return { state, items: items() }
}

test('items go up, answers come down, and both ends end', async () => {
  const { client, clock, close } = createBench()
  const answers = collect(client.upload({ name: 'f' }, ['a', 'bc', 'def']))
  await clock.advanceAsync(20)
  expect(await answers.end).toBe('done')
  expect(answers.items).toEqual([1, 3, 6])
  await close()
})

test('one that is opened on an open connection sends its items too', async () => {
  const { client, clock, close } = createBench()
  await clock.advanceAsync(10)
  const answers = collect(client.upload({ name: 'f' }, ['a', 'bc']))
  await clock.advanceAsync(20)
  expect(await answers.end).toBe('done')
  expect(answers.items).toEqual([1, 3])
  await close()
})

test('a reader that pauses stops the handler, and so the source: 64 KiB items', async () => {
  const { client, clock, close } = createBench({ server: { limits: { messageBytes: 4 * 1024 * 1024 } } })
  const { state, items } = source(1000, 64 * 1024)
  const stream = client.upload({ name: 'f' }, items)
  await clock.advanceAsync(1000)
  // Answers are small, so that their number stops the handler; what is behind it is one window of the items' bytes.
  const window = DEFAULT_LIMITS.streamBytes / (64 * 1024) + 1
  expect(state.taken).toBeLessThanOrEqual(DEFAULT_LIMITS.streamItems + 2 * window)
  const before = state.taken
  for (let n = 0; n < DEFAULT_LIMITS.streamItems; n++) await stream.next()
  await clock.advanceAsync(1000)
  expect(state.taken).toBeGreaterThan(before)
  await stream.return()
  await clock.advanceAsync(10)
  expect(state.ended).toBe(true)
  await close()
})

test('nothing is taken from the source before the server has accepted the connection', async () => {
  const { client, clock, server, close } = createBench()
  server.decide = () => 'silent'
  const { state, items } = source(3)
  const stream = client.upload({ name: 'f' }, items)
  await clock.advanceAsync(100)
  expect(state.taken).toBe(0)
  server.latest.accept()
  await clock.advanceAsync(20)
  expect(await stream.next()).toEqual({ done: false, value: 1 })
  await stream.return()
  await close()
})

test('one that has not left yet goes on the next connection, with all of its source', async () => {
  const { client, clock, server, close } = createBench()
  server.network.setReachable('refused')
  const { items } = source(2)
  const answers = collect(client.upload({ name: 'f' }, items))
  await clock.advanceAsync(1000)
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  expect(await answers.end).toBe('done')
  expect(answers.items).toEqual([1, 2])
  await close()
})

test('a lost connection fails it with an unknown outcome and ends its source', async () => {
  const { client, clock, server, desk, close } = createBench()
  const { state, items } = source(1000)
  const stream = client.upload({ name: 'f' }, items)
  await clock.advanceAsync(20)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  const { items: answers, end } = collect(stream)
  expect(await end).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  expect(answers).toHaveLength(DEFAULT_LIMITS.streamItems)
  expect(state.ended).toBe(true)
  expect(desk.runs).toEqual(['upload f'])
  await close()
})

test('a source that throws ends the handler and comes out of the stream', async () => {
  const { client, clock, server, close } = createBench()
  const failure = new Error('disk')
  async function* failing(): AsyncGenerator<string, void> {
    yield 'a'
    throw failure
  }
  const stream = client.upload({ name: 'f' }, failing())
  await clock.advanceAsync(20)
  expect(await outcomeOf(stream.next())).toBe(failure)
  expect(server.latest.dispatcher?.size).toBe(0)
  await close()
})

test('an item that cannot be serialised fails the stream with its place', async () => {
  const { client, clock, close } = createBench()
  // @ts-expect-error items must be strings
  const stream = client.upload({ name: 'f' }, [() => {}])
  await clock.advanceAsync(20)
  expect(await outcomeOf(stream.next())).toMatchObject({ code: 'UNSERIALISABLE' })
  await close()
})

test('aborting its signal ends source and handler', async () => {
  const { client, clock, server, close } = createBench()
  const { state, items } = source(1000)
  const abort = new AbortController()
  const stream = client.upload({ name: 'f' }, items, { signal: abort.signal })
  await clock.advanceAsync(20)
  abort.abort()
  expect(await outcomeOf(stream.next())).toMatchObject({ code: 'CANCELLED', outcome: 'unknown' })
  await clock.advanceAsync(20)
  expect(state.ended).toBe(true)
  expect(server.latest.dispatcher?.size).toBe(0)
  await close()
})
