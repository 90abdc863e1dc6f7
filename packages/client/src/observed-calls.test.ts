import type { CallObserver } from '@tautline/core/peer'
import { expect, test } from 'vitest'
import { collect } from './collect.fixture.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { type Bench, type BenchOptions, createBench } from './test-client.fixture.ts'

const RECONNECTED_MS = 2000

/** A client whose observer writes everything down. */
function createObservedBench(options: BenchOptions = {}): Bench & { readonly told: string[] } {
  const told: string[] = []
  const observer: CallObserver = {
    made({ kind, path, meta }) {
      told.push(`made ${kind} ${path} ${JSON.stringify(meta)}`)
      return {
        meta: { trace: path },
        passed: (event) => void told.push(`${event} ${path}`),
        ended: (error) => void told.push(`ended ${path} ${error instanceof Error ? String(error) : 'OK'}`),
      }
    },
  }
  return { ...createBench({ observer, ...options }), told }
}

test('the observer of a client is told of each call and its end, once', async () => {
  const { client, clock, told, close } = createObservedBench()
  const done = client.todo.get({ id: '1' }, { meta: { word: 'x' } })
  const missing = outcomeOf(client.todo.get({ id: 'missing' }))
  await clock.advanceAsync(10)
  await done
  expect(await missing).toMatchObject({ code: 'NOT_FOUND' })
  expect(await client.todo.get({ id: '1' }, { signal: AbortSignal.abort() }).result()).toMatchObject({ ok: false })
  await expect(client.todo.get({ id: '1' }, { timeoutMs: -1 })).rejects.toThrow(TypeError)
  expect(told).toEqual([
    'made query todo.get {"word":"x"}',
    'made query todo.get {}',
    'ended todo.get OK',
    'ended todo.get TautlineError: NOT_FOUND',
    'made query todo.get {}',
    expect.stringContaining('ended todo.get TautlineError'),
    'made query todo.get {}',
    expect.stringContaining('ended todo.get TypeError: Expected `timeoutMs`'),
  ])
  await close()
})

test('what the observer adds travels with the call, and is checked as what the call adds itself', async () => {
  const long = 'x'.repeat(1025)
  const observer: CallObserver = {
    made: ({ path }) => ({ meta: { trace: path === 'tick' ? path : long }, ended() {} }),
  }
  const { client, errors, close } = createBench({ observer })
  // Sent, it would cost the connection.
  await expect(client.todo.get({ id: '1' })).rejects.toThrow(
    'Expected `meta.trace` to be a string of at most 1024 bytes',
  )
  expect(errors).toEqual([])
  await close()
})

test('of a stream it is told that it goes on elsewhere, and that its reader has left', async () => {
  const { client, clock, server, desk, told, close } = createObservedBench()
  desk.log = [1, 2]
  const stream = client.todo.watch({ list: 'a' })
  const { items } = collect(stream)
  await clock.advanceAsync(10)
  server.latest.link.cut()
  desk.log = [1, 2, 3]
  await clock.advanceAsync(RECONNECTED_MS)
  expect(items).toEqual([1, 2, 3])
  await stream.return()
  await stream.return()
  expect(told).toEqual(['made subscription todo.watch {}', 'resumed todo.watch', 'ended todo.watch OK'])
  await close()
})

test('and of a gap, a signal, a failure and what is wrong with it from the beginning', async () => {
  const { client, clock, server, told, close } = createObservedBench()
  const signal = new AbortController()
  const restarting = client.todo.tail(undefined, { onGap: 'restart', signal: signal.signal })
  const failing = outcomeOf(client.todo.tail().next())
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(await failing).toMatchObject({ code: 'GAP' })
  signal.abort()
  expect(await outcomeOf(restarting.next())).toMatchObject({ code: 'CANCELLED' })
  const wrong = client.todo.tail(undefined, { timeoutMs: -1 })
  expect(await outcomeOf(wrong.next())).toBeInstanceOf(TypeError)
  expect(told).toEqual([
    'made subscription todo.tail {}',
    'made subscription todo.tail {}',
    'gap todo.tail',
    expect.stringMatching(/^ended todo\.tail TautlineError/),
    expect.stringMatching(/^ended todo\.tail TautlineError/),
    'made subscription todo.tail {}',
    expect.stringMatching(/^ended todo\.tail TypeError/),
  ])
  await close()
})

test('an answer that nobody waits for is still a rejection that nobody has handled', async () => {
  const unhandled: unknown[] = []
  const listener = (error: unknown): void => void unhandled.push(error)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener)
  try {
    const { client, clock, close } = createObservedBench()
    void client.todo.get({ id: 'missing' })
    await clock.advanceAsync(10)
    await close()
    // Told when the event loop has turned.
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve))
    })
  } finally {
    process.off('unhandledRejection', listener)
    for (const other of others) process.on('unhandledRejection', other)
  }
  expect(unhandled).toMatchObject([{ code: 'NOT_FOUND' }])
})
