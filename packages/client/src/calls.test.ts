import { entryOf, isTautlineError, query, router } from '@tautline/core'
import { createZlibCompressor } from '@tautline/core/io'
import { implement } from '@tautline/core/peer'
import { DEFAULT_LIMITS } from '@tautline/core/protocol'
import * as v from 'valibot'
import { expect, test, vi } from 'vitest'
import { outcomeOf } from './outcome.fixture.ts'
import { api, createBench } from './test-client.fixture.ts'

test('a call made at once travels with the HELLO and is answered', async () => {
  const { client, clock, desk, server, close } = createBench()
  const call = client.todo.get({ id: '1' })
  // Opening, HELLO with the call up, WELCOME and the answer down.
  await clock.advanceAsync(4)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(desk.runs).toEqual(['todo.get 1'])
  expect(server.latest.hello).toMatchObject({ why: 'start', attempt: 1, sid: undefined, client: 'tautline' })
  await close()
})

test('a declared error arrives with its code and data', async () => {
  const { client, clock, close } = createBench()
  const call = outcomeOf(client.todo.get({ id: 'missing' }))
  const other = client.todo.get({ id: 'gone' }).result()
  await clock.advanceAsync(10)
  const outcome = await call
  expect(isTautlineError(outcome, 'NOT_FOUND')).toBe(true)
  expect(outcome).toMatchObject({ code: 'NOT_FOUND', data: { id: 'missing' }, outcome: undefined })
  expect(await other).toMatchObject({ ok: false, error: { code: 'GONE' } })
  await close()
})

test('result() never throws, and leaves no rejection unhandled', async () => {
  const { client, clock, close } = createBench()
  const good = client.todo.get({ id: '1' }).result()
  const bad = client.todo.get({ id: 'missing' }).result()
  await clock.advanceAsync(10)
  expect(await good).toEqual({ ok: true, value: { id: '1', title: 'a' } })
  const result = await bad
  // A rejection that nobody handles would fail the whole test run.
  expect(result).toMatchObject({ ok: false, error: { code: 'NOT_FOUND', data: { id: 'missing' } } })
  await close()
})

test('result() is for what a call can fail with: options that cannot work are thrown', async () => {
  const { client, close } = createBench()
  await expect(client.todo.get({ id: '1' }, { timeoutMs: -1 }).result()).rejects.toThrow(TypeError)
  await close()
})

test('invalid input is refused by the server, with its issues', async () => {
  const { client, clock, close } = createBench()
  // @ts-expect-error the id must be a string
  const call = client.todo.get({ id: 1 }).result()
  await clock.advanceAsync(10)
  expect(await call).toMatchObject({
    ok: false,
    error: { code: 'INVALID_INPUT', data: { issues: [{ path: ['id'] }] } },
  })
  await close()
})

test('an input that cannot be serialised fails here, with the place in it', async () => {
  const { client, desk, clock, close } = createBench()
  // @ts-expect-error the id must be a string
  const error = await outcomeOf(client.todo.get({ id: () => {} }))
  expect(error).toMatchObject({ code: 'UNSERIALISABLE', outcome: 'not-sent' })
  expect(String(error)).toContain('id')
  await clock.advanceAsync(10)
  expect(desk.runs).toEqual([])
  await close()
})

test('an input or item that no message can hold fails here, and costs nothing else', async () => {
  const { client, clock, close } = createBench()
  await clock.advanceAsync(10)
  const text = 'x'.repeat(DEFAULT_LIMITS.messageBytes)
  const call = outcomeOf(client.todo.create({ title: text }))
  const item = outcomeOf(client.upload({ name: 'f' }, [text]).next())
  const other = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  expect(await call).toMatchObject({ code: 'LIMIT_EXCEEDED', message: 'The call is larger than one message may be' })
  expect(await item).toMatchObject({ code: 'LIMIT_EXCEEDED', message: 'The item is larger than one message may be' })
  expect(await other).toEqual({ id: '1', title: 'a' })
  expect(client.$.stats().reconnects).toBe(0)
  await close()
})

test('more than the server can take at once waits here, however much it is', async () => {
  const { client, clock, server, close } = createBench()
  await clock.advanceAsync(10)
  const { link } = server.latest
  link.pause('up')
  const title = 'x'.repeat(900 * 1024)
  const calls = Array.from({ length: 30 }, () => client.todo.create({ title }))
  await clock.advanceAsync(1000)
  // One message is under way: the others would only wait in the network.
  expect(link.up.backlogBytes).toBeLessThan(2 * title.length)
  link.resume('up')
  await clock.advanceAsync(1000)
  expect(await Promise.all(calls)).toHaveLength(30)
  expect(client.$.stats().reconnects).toBe(0)
  await close()
})

test('once both ends know that they hold the same contract, procedures are named by index', async () => {
  const { client, clock, server, close } = createBench()
  const early = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  const late = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  await Promise.all([early, late])
  expect(server.latest.asked).toEqual(['todo.get', entryOf(api.todo.get).index])
  await close()
})

test('a server with another contract is called by path', async () => {
  const { client, clock, server, close } = createBench({ server: { contractHash: '0000000000000000' } })
  await clock.advanceAsync(10)
  const call = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(server.latest.asked).toEqual(['todo.get'])
  await close()
})

test('aborting a call cancels it here at once and aborts the signal of its handler', async () => {
  const gate = Promise.withResolvers<void>()
  const { client, clock, desk, close } = createBench()
  desk.gate = gate.promise
  const abort = new AbortController()
  const call = outcomeOf(client.todo.create({ title: 'x' }, { signal: abort.signal }))
  await clock.advanceAsync(10)
  expect(desk.signal?.aborted).toBe(false)
  abort.abort('enough')
  expect(await call).toMatchObject({ code: 'CANCELLED', outcome: 'unknown', cause: 'enough' })
  await clock.advanceAsync(10)
  expect(desk.signal?.aborted).toBe(true)
  gate.resolve()
  await close()
})

test('a signal that is aborted already sends nothing', async () => {
  const { client, clock, desk, close } = createBench()
  const call = outcomeOf(client.todo.create({ title: 'x' }, { signal: AbortSignal.abort() }))
  await clock.advanceAsync(10)
  expect(await call).toMatchObject({ code: 'CANCELLED', outcome: 'not-sent' })
  expect(desk.runs).toEqual([])
  await close()
})

test('what is settled no longer listens to its signal', async () => {
  const { client, clock, close } = createBench()
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  const call = client.todo.get({ id: '1' }, { signal })
  const stream = client.todo.watch({ list: 'a' }, { signal })
  const listening = client.presence.on({ room: 'lobby' }, () => {}, { signal })
  await clock.advanceAsync(10)
  await call
  await stream.return()
  listening.off()
  expect(added).toHaveBeenCalledTimes(3)
  for (const [type, listener] of added.mock.calls) expect(removed).toHaveBeenCalledWith(type, listener)
  await close()
})

test('a deadline that passes fails the call here and aborts the signal of its handler', async () => {
  const gate = Promise.withResolvers<void>()
  const { client, clock, desk, close } = createBench()
  desk.gate = gate.promise
  const call = outcomeOf(client.todo.get({ id: '1' }, { timeoutMs: 100 }))
  await clock.advanceAsync(99)
  expect(desk.signal?.aborted).toBe(false)
  await clock.advanceAsync(1)
  expect(await call).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
  await clock.advanceAsync(10)
  expect(desk.signal?.aborted).toBe(true)
  gate.resolve()
  await close()
})

test('a call or stream without any time sends nothing', async () => {
  const { client, clock, desk, close } = createBench()
  await clock.advanceAsync(10)
  const sentBefore = client.$.stats().sent.messages
  const call = outcomeOf(client.todo.create({ title: 'x' }, { timeoutMs: 0 }))
  const stream = outcomeOf(client.todo.watch({ list: 'a' }, { timeoutMs: 0 }).next())
  expect(await call).toMatchObject({ code: 'TIMEOUT', outcome: 'not-sent' })
  expect(await stream).toMatchObject({ code: 'TIMEOUT', outcome: 'not-sent' })
  expect(client.$.stats()).toMatchObject({ inFlight: 0, sent: { messages: sentBefore } })
  expect(desk.runs).toEqual([])
  await close()
})

test('the timeout of the client is that of calls which have none of their own', async () => {
  const gate = Promise.withResolvers<void>()
  const { client, clock, desk, close } = createBench({ timeoutMs: 50 })
  desk.gate = gate.promise
  const call = outcomeOf(client.todo.get({ id: '1' }))
  const patient = client.todo.get({ id: '1' }, { timeoutMs: 500 })
  await clock.advanceAsync(60)
  expect(await call).toMatchObject({ code: 'TIMEOUT' })
  gate.resolve()
  await clock.advanceAsync(10)
  expect(await patient).toEqual({ id: '1', title: 'a' })
  await close()
})

test('Infinity is no timeout, also where the client has one', async () => {
  const gate = Promise.withResolvers<void>()
  const { client, clock, desk, close } = createBench({ timeoutMs: 50 })
  desk.gate = gate.promise
  const call = client.todo.get({ id: '1' }, { timeoutMs: Number.POSITIVE_INFINITY })
  const stream = client.todo.watch({ list: 'a' }, { timeoutMs: Number.POSITIVE_INFINITY })
  const waiting = stream.next()
  await clock.advanceAsync(1000)
  gate.resolve()
  await clock.advanceAsync(10)
  expect(await call).toEqual({ id: '1', title: 'a' })
  await stream.return()
  expect(await waiting).toEqual({ done: true, value: undefined })
  await close()
})

test.each([
  [{ timeoutMs: -1 }, 'Expected `timeoutMs` to be a number from 0 to'],
  [{ connectTimeoutMs: Number.NaN }, 'Expected `connectTimeoutMs` to be an integer >= 1, got `NaN` (number)'],
  [{ limits: { messageBytes: 0 } }, 'Expected `limits.messageBytes` to be an integer >= 1, got `0` (number)'],
  [{ offlineQueue: { calls: -1 } }, 'Expected `offlineQueue.calls` to be an integer >= 0, got `-1` (number)'],
  [{ reconnect: { maxAttempts: -1 } }, 'Expected `maxAttempts` to be an integer >= 0, got `-1` (number)'],
])('no client is made with %o', (options, message) => {
  expect(() => createBench(options)).toThrow(message)
})

test('calls beyond the limit of the server wait their turn instead of failing', async () => {
  const { client, clock, desk, close } = createBench()
  await clock.advanceAsync(10)
  const calls = Array.from({ length: DEFAULT_LIMITS.calls + 10 }, (_, n) => client.todo.get({ id: String(n) }))
  await clock.advanceAsync(20)
  expect(await Promise.all(calls)).toHaveLength(DEFAULT_LIMITS.calls + 10)
  expect(desk.runs.at(-1)).toBe(`todo.get ${DEFAULT_LIMITS.calls + 9}`)
  await close()
})

test('with `validate` an answer that does not match its schema is INVALID_OUTPUT', async () => {
  const looser = router({ todo: { get: query({ input: v.any(), output: v.any() }) } })
  const implementation = implement(looser).handlers({ todo: { get: () => ({ id: 1 }) } })
  const trusting = createBench({ server: { implementation } })
  const checking = createBench({ server: { implementation }, validate: true })
  const trusted = trusting.client.todo.get({ id: '1' })
  const checked = outcomeOf(checking.client.todo.get({ id: '1' }))
  await trusting.clock.advanceAsync(10)
  await checking.clock.advanceAsync(10)
  expect(await trusted).toEqual({ id: 1 })
  expect(await checked).toMatchObject({
    code: 'INVALID_OUTPUT',
    data: { issues: [{ path: ['id'] }, { path: ['title'] }] },
  })
  await trusting.close()
  await checking.close()
})

test('compression is offered, and what pays travels compressed', async () => {
  const compressor = createZlibCompressor()
  if (compressor === undefined) throw new Error('Expected a runtime with node:zlib')
  const { client, clock, close } = createBench({ compression: compressor, server: { compressor } })
  await clock.advanceAsync(10)
  const title = 'tautline '.repeat(1000)
  const call = client.todo.create({ title })
  await clock.advanceAsync(10)
  expect((await call).title).toBe(title)
  const { sent, received } = client.$.stats()
  expect(sent.wireBytes).toBeLessThan(sent.bodyBytes / 10)
  expect(received.wireBytes).toBeLessThan(received.bodyBytes / 10)
  await close()
})
