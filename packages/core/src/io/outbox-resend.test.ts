import { expect, test } from 'vitest'
import { type CountedFrame, type Frame, FrameType } from '../protocol/frame.ts'
import { createHeldCompressor } from './held-compressor.fixture.ts'
import { compression, createOutboxBench, noise, type OutboxBench, ok } from './outbox.fixture.ts'

/** Each frame in a turn of its own. */
function sendEach({ outbox }: OutboxBench, frames: readonly Frame[]): void {
  for (const frame of frames) {
    outbox.append(frame, false)
    outbox.flush()
  }
}

function call(id: number): CountedFrame {
  return { type: FrameType.Call, id, procedure: 0, input: undefined, timeoutMs: undefined, meta: undefined }
}

test('sends the same frames again, in the same messages under the same numbers', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  for (const id of [1, 3]) outbox.append(ok(id, 50), false)
  outbox.flush()
  sendEach(bench, [ok(5, 20), ok(7, 20)])
  const before = sent.splice(0)
  outbox.resend(0)
  expect(sent).toEqual(before)
  expect(outbox.stats.replayed).toBe(3)
})

test('sends only what the other end has not accepted, and new messages behind it', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  sendEach(bench, [ok(1), ok(3), ok(5)])
  sent.length = 0
  outbox.resend(2)
  sendEach(bench, [ok(7)])
  expect(sent).toMatchObject([
    { seq: 3, ids: [5] },
    { seq: 4, ids: [7] },
  ])
  expect(outbox.stats.replayed).toBe(1)
})

test('sends again as often as it takes, until it is acknowledged', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  sendEach(bench, [ok(1), ok(3)])
  outbox.resend(0)
  outbox.resend(1)
  expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 1, 2, 2])
  outbox.acknowledged(2)
  outbox.resend(2)
  expect(sent).toHaveLength(5)
})

test('numbers and keeps what had no transport to leave by', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  sendEach(bench, [call(1)])
  bench.line = 'gone'
  sendEach(bench, [call(3), call(5)])
  expect(outbox.sentId).toBe(1)
  expect(outbox.stats.messages).toBe(1)
  bench.line = 'there'
  outbox.resend(1)
  expect(sent.slice(1)).toMatchObject([
    { seq: 2, ids: [3] },
    { seq: 3, ids: [5] },
  ])
  expect(outbox.sentId).toBe(5)
})

test('lets what was held back follow as far as the acknowledgement has made room', () => {
  const bench = createOutboxBench({}, { bytes: 10_000, frames: 2 })
  const { outbox, sent } = bench
  sendEach(bench, [ok(1), ok(3), ok(5), ok(7)])
  sent.length = 0
  outbox.resend(1)
  outbox.flush()
  expect(sent.map(({ ids }) => ids)).toEqual([[3], [5]])
})

test('compresses by what the new connection has agreed on', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  outbox.compress(compression())
  sendEach(bench, [ok(1, 5000), ok(3, 500)])
  outbox.compress(undefined)
  outbox.resend(0)
  outbox.compress(compression({ thresholdBytes: 300 }))
  outbox.resend(0)
  expect(sent.map(({ compressed }) => compressed)).toEqual([true, false, false, false, true, true])
  expect(sent.map(({ ids }) => ids)).toEqual([[1], [3], [1], [3], [1], [3]])
})

test('does not compress again what must not be compressed, or does not become smaller, or too small', () => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  outbox.append(ok(1, 5000), true)
  outbox.flush()
  sendEach(bench, [{ type: FrameType.Ok, id: 3, output: noise(3000) }, ok(5, 20_000)])
  outbox.compress(compression({ maxRatio: 1000 }))
  outbox.resend(0)
  outbox.compress(compression({ maxRatio: 10 }))
  outbox.resend(2)
  expect(sent.slice(3).map(({ compressed }) => compressed)).toEqual([false, false, true, false])
})

test('waits for no compressor that takes its time', async () => {
  const bench = createOutboxBench()
  const { outbox, sent, faults } = bench
  sendEach(bench, [ok(1, 5000)])
  const compressor = createHeldCompressor()
  outbox.compress(compression({ compressor, maxRatio: 10_000 }))
  outbox.resend(0)
  expect(sent).toMatchObject([{ seq: 1 }, { seq: 1, compressed: false, ids: [1] }])
  await compressor.release()
  expect(sent).toHaveLength(2)
  expect(faults).toEqual([])
})

test.each([
  ['none', undefined],
  ['another', compression({ maxRatio: 10_000 })],
])('sends what was being deflated behind the rest and as it is, where %s is agreed on now', async (_, agreed) => {
  const bench = createOutboxBench()
  const { outbox, sent } = bench
  sendEach(bench, [ok(1)])
  const compressor = createHeldCompressor()
  outbox.compress(compression({ compressor, maxRatio: 10_000 }))
  sendEach(bench, [ok(3, 5000), ok(5)])
  outbox.compress(agreed)
  outbox.resend(0)
  sendEach(bench, [ok(7)])
  await compressor.release()
  expect(sent.slice(1)).toMatchObject([
    { seq: 1, ids: [1] },
    { seq: 2, compressed: false, ids: [3] },
    { seq: 3, ids: [5] },
    { seq: 4, ids: [7] },
  ])
})

test('forgets everything when it is dropped', () => {
  const bench = createOutboxBench({}, { bytes: 10_000, frames: 1 })
  const { outbox, sent } = bench
  sendEach(bench, [ok(1), ok(3)])
  outbox.drop()
  outbox.resend(0)
  outbox.flush()
  expect(sent).toHaveLength(1)
  expect([outbox.keptBytes, outbox.heldBytes]).toEqual([0, 0])
})
