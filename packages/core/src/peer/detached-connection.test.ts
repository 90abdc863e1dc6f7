import { afterEach, expect, test } from 'vitest'
import { SharedFrame } from '../io/shared-frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { call } from './call.fixture.ts'
import { expectNothingLeft, type Pair, type PairOptions } from './connected.fixture.ts'
import { attach, connectResumablePair, WINDOW_MS } from './take-over.fixture.ts'

const pairs: Pair[] = []

async function connect(options?: PairOptions): Promise<Pair> {
  const pair = await connectResumablePair(options)
  pairs.push(pair)
  return pair
}

afterEach(async () => {
  for (const pair of pairs.splice(0)) await expectNothingLeft(pair)
})

function event(bytes: number): SharedFrame {
  const payload = new Uint8Array(bytes)
  payload[0] = 0xc5
  new DataView(payload.buffer).setUint16(1, bytes - 3)
  return new SharedFrame({ type: FrameType.Event, event: 'e', params: undefined, payload }, false)
}

function numberEvent(n: number, type: typeof FrameType.Event | typeof FrameType.VolatileEvent = FrameType.Event) {
  const frame = { event: 'e', params: undefined, payload: Uint8Array.of(n) }
  return new SharedFrame(type === FrameType.Event ? { type, ...frame } : { type, ...frame, key: undefined }, false)
}

async function detached(options?: PairOptions): Promise<Pair> {
  const pair = await connect(options)
  pair.link.cut()
  await pair.clock.settle()
  for (const { told, connection } of [pair.client, pair.server]) {
    expect(told).toContain('detached: 1006 transport')
    expect(connection.isDetached).toBe(true)
  }
  return pair
}

test('keeps events for its client, in order, and no volatile ones', async () => {
  const pair = await detached()
  const { connection } = pair.server
  connection.publish(numberEvent(1))
  connection.publish(numberEvent(2, FrameType.VolatileEvent))
  await pair.clock.settle()
  connection.publish(numberEvent(3))
  await pair.clock.advanceAsync(1000)
  attach(pair)
  await pair.clock.settle()
  connection.publish(numberEvent(4))
  await pair.clock.settle()
  expect(pair.client.events).toEqual(['e: 1', 'e: 3', 'e: 4'])
})

test('ends with 4508 when more waits than its window takes again, and not at that', async () => {
  const pair = await detached({ window: { bytes: 1000, frames: 100 } })
  const { connection, told } = pair.server
  const half = event(500 - (event(500).body.byteLength - 500))
  expect(half.body.byteLength).toBe(500)
  // Three of them pass its limit and are kept, two wait.
  for (let i = 0; i < 5; i++) connection.publish(half)
  expect(connection.stats.sent.heldBytes).toBe(1000)
  await pair.clock.settle()
  expect(connection.isDetached).toBe(true)
  connection.publish(numberEvent(1))
  expect(told.slice(-2)).toEqual(['lost: 4508 local', 'closed: 4508 local'])
  expect(connection.keptBytes).toBe(0)
})

test('lets what was held back follow once it is attached', async () => {
  const pair = await detached({ window: { bytes: 10_000, frames: 2 } })
  for (let n = 1; n <= 9; n++) pair.server.connection.publish(numberEvent(n))
  expect(pair.server.connection.stats.sent.heldBytes).toBeGreaterThan(0)
  attach(pair)
  // Acknowledgements of so few frames take their time.
  await pair.clock.advanceAsync(1000)
  expect(pair.client.events).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `e: ${n}`))
})

test('ends when nobody comes back, at both ends, and tells who waits', async () => {
  const pair = await connect()
  const { outcome } = call(pair, 1)
  await pair.clock.settle()
  pair.link.cut()
  await pair.clock.advanceAsync(WINDOW_MS - 1)
  expect(outcome()).toBe('pending')
  await pair.clock.advanceAsync(1)
  expect(outcome()).toBe('lost unknown')
  for (const { told } of [pair.client, pair.server])
    expect(told.slice(-2)).toEqual(['lost: 1006 local', 'closed: 1006 local'])
})

test('times calls out, and tells the other end later', async () => {
  const aborted: number[] = []
  const pair = await connect({ server: (effect) => void (effect.type === 'abort' && aborted.push(effect.id)) })
  const { id, outcome } = call(pair, 1, { timeoutMs: 500 })
  await pair.clock.settle()
  pair.link.cut()
  await pair.clock.advanceAsync(500)
  expect(outcome()).toBe('timeout')
  attach(pair)
  await pair.clock.settle()
  expect(aborted).toEqual([id])
})

test('keeps its heartbeat once it is attached', async () => {
  const pair = await detached()
  await pair.clock.advanceAsync(WINDOW_MS - 1)
  const link = attach(pair)
  await pair.clock.advanceAsync(10 * WINDOW_MS)
  expect(pair.client.connection.isDetached || pair.server.connection.isDetached).toBe(false)
  link.silence('both')
  await pair.clock.advanceAsync(30_000)
  expect(pair.client.connection.isDetached && pair.server.connection.isDetached).toBe(true)
})
