import { describe, expect, test } from 'vitest'
import { type CountedFrame, type Frame, FrameType } from '../protocol/frame.ts'
import { createHeldCompressor } from './held-compressor.fixture.ts'
import { compression, createOutboxBench, ok, payloadOf } from './outbox.fixture.ts'
import { ENVELOPE_BYTES, type Outbox } from './outbox.ts'
import { SharedFrame } from './shared-frame.ts'

const pong: Frame = { type: FrameType.Pong, n: 1, t: 2 }
const close: Frame = { type: FrameType.Close, code: 1000, reason: '', retry: false }

function call(id: number): CountedFrame {
  return { type: FrameType.Call, id, procedure: 0, input: undefined, timeoutMs: undefined, meta: undefined }
}

function event(bytes: number): SharedFrame {
  return new SharedFrame({ type: FrameType.Event, event: 1, params: undefined, payload: payloadOf(bytes) }, true)
}

/** Each frame in a turn of its own. */
function sendEach(outbox: Outbox, frames: readonly Frame[]): void {
  for (const frame of frames) {
    outbox.append(frame, false)
    outbox.flush()
  }
}

/** A payload that makes a body of 100 bytes: the array, the frame, its type and its id take one each. */
const PAYLOAD_BYTES = 96

describe('the window', () => {
  test('holds back what comes at its limit of bytes, and not one byte below it', () => {
    for (const [bytes, room] of [
      [200, false],
      [201, true],
    ] as const) {
      const { outbox, sent } = createOutboxBench({}, { bytes, frames: 100 })
      sendEach(outbox, [ok(1, PAYLOAD_BYTES), ok(3, PAYLOAD_BYTES)])
      expect(outbox.stats.unackedBytes).toBe(200)
      expect(outbox.hasRoom).toBe(room)
      sendEach(outbox, [ok(5)])
      expect(sent).toHaveLength(room ? 3 : 2)
    }
  })

  test('holds back what comes at its limit of frames', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 10_000, frames: 3 })
    for (const id of [1, 3]) outbox.append(ok(id), false)
    expect(outbox.hasRoom).toBe(true)
    for (const id of [5, 7]) outbox.append(ok(id), false)
    expect(outbox.hasRoom).toBe(false)
    outbox.flush()
    expect(sent).toMatchObject([{ seq: 1, count: 3, ids: [1, 3, 5] }])
    expect(outbox.heldBytes).toBeGreaterThan(0)
  })

  test.each([
    ['bytes', { bytes: 2000, frames: 100 }],
    ['frames', { bytes: 10_000, frames: 2 }],
  ])('counts %s of what is being deflated, too', async (_, window) => {
    const { outbox, sent } = createOutboxBench({}, window)
    const compressor = createHeldCompressor()
    outbox.compress(compression({ compressor }))
    sendEach(outbox, [ok(1, 1900), ok(3, PAYLOAD_BYTES)])
    expect([sent.length, outbox.hasRoom]).toEqual([0, false])
    await compressor.release()
    expect([sent.length, outbox.hasRoom]).toEqual([2, false])
    outbox.acknowledged(2)
    expect(outbox.hasRoom).toBe(true)
  })

  test('lets one body pass that is larger than itself', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 100, frames: 100 })
    sendEach(outbox, [ok(1, 5000), ok(3)])
    expect(sent).toMatchObject([{ ids: [1] }])
    outbox.acknowledged(1)
    outbox.flush()
    expect(sent[1]).toMatchObject({ seq: 2, ids: [3] })
  })

  test('opens with acknowledgements, as far as they go, and keeps the order', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 10_000, frames: 2 })
    sendEach(
      outbox,
      [1, 3, 5, 7, 9].map((id) => ok(id)),
    )
    expect(sent.flatMap(({ ids }) => ids)).toEqual([1, 3])
    outbox.acknowledged(1)
    outbox.append(ok(11), false)
    outbox.flush()
    expect(sent.flatMap(({ ids }) => ids)).toEqual([1, 3, 5])
    outbox.acknowledged(3)
    outbox.flush()
    expect(sent.flatMap(({ ids }) => ids)).toEqual([1, 3, 5, 7, 9])
    expect(outbox.heldBytes).toBeGreaterThan(0)
    outbox.acknowledged(5)
    outbox.flush()
    expect(sent.at(-1)).toMatchObject({ seq: 6, ids: [11] })
    expect(outbox.heldBytes).toBe(0)
    expect(outbox.hasRoom).toBe(true)
  })

  test('holds shared frames back in their place', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 10_000, frames: 1 })
    sendEach(outbox, [ok(1)])
    outbox.append(ok(3), false)
    outbox.appendShared(event(50))
    outbox.append(ok(5), false)
    expect(outbox.keptBytes).toBeGreaterThan(outbox.stats.unackedBytes)
    for (const number of [1, 2, 3]) {
      outbox.acknowledged(number)
      outbox.flush()
    }
    expect(sent.flatMap(({ ids }) => ids)).toEqual([1, 3, -FrameType.Event, 5])
  })

  test('tells of a held frame that no message can hold, when its turn has come, and lets what follows pass', () => {
    const { outbox, sent, faults } = createOutboxBench(
      { messageBytes: 1000 + ENVELOPE_BYTES },
      { bytes: 500, frames: 9 },
    )
    sendEach(outbox, [ok(1, 500)])
    const tooLarge = ok(3, 1000)
    expect(outbox.append(tooLarge, false)).toBe(true)
    outbox.append(ok(5), false)
    expect(faults).toEqual([])
    outbox.acknowledged(1)
    outbox.flush()
    expect(faults).toEqual([tooLarge])
    expect(sent[1]).toMatchObject({ seq: 2, ids: [5] })
    expect(outbox.heldBytes).toBe(0)
  })
})

describe('control frames', () => {
  test('share no body with counted ones, and leave before them', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.append(ok(1), false)
    outbox.append(pong, false)
    outbox.append(ok(3), false)
    outbox.flush()
    expect(sent).toMatchObject([
      { seq: 0, count: 0, ids: [-FrameType.Pong] },
      { seq: 1, count: 2, ids: [1, 3] },
    ])
  })

  test('do not wait for room, and are not kept', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 1, frames: 1 })
    sendEach(outbox, [ok(1), ok(3), pong])
    expect(sent).toMatchObject([{ ids: [1] }, { ids: [-FrameType.Pong] }])
    outbox.acknowledged(1)
    outbox.flush()
    outbox.acknowledged(2)
    expect(outbox.stats.unackedBytes).toBe(0)
    outbox.resend(2)
    expect(sent).toHaveLength(3)
  })

  test('let CLOSE be the last, behind everything that was held', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 10_000, frames: 1 })
    sendEach(outbox, [ok(1), ok(3)])
    outbox.appendShared(event(50))
    outbox.append(pong, false)
    outbox.append(close, false)
    let finished = 0
    outbox.finish(() => finished++)
    const ids = sent.flatMap((message) => message.ids)
    expect(ids.filter((id) => id !== -FrameType.Pong)).toEqual([1, 3, -FrameType.Event, -FrameType.Close])
    expect(ids).toContain(-FrameType.Pong)
    expect(sent.at(-1)).toMatchObject({ seq: 0, count: 0, ids: [-FrameType.Close] })
    expect(finished).toBe(1)
    expect(outbox.heldBytes).toBe(0)
  })
})

describe('requests that were not accepted', () => {
  test('are those without an acknowledgement, wherever they have got to', () => {
    const { outbox } = createOutboxBench({}, { bytes: 10_000, frames: 3 })
    sendEach(outbox, [call(1), call(3)])
    outbox.append(call(5), false)
    outbox.append(call(7), false)
    outbox.append(ok(2), false)
    expect(outbox.unacceptedRequests()).toEqual(new Set([1, 3, 5, 7]))
    outbox.flush()
    outbox.acknowledged(1)
    expect(outbox.unacceptedRequests()).toEqual(new Set([3, 5, 7]))
    outbox.flush()
    outbox.acknowledged(4)
    expect(outbox.unacceptedRequests()).toEqual(new Set())
    expect(outbox.sentId).toBe(7)
  })

  test('count where their body is still being deflated', async () => {
    const { outbox } = createOutboxBench()
    const compressor = createHeldCompressor()
    outbox.compress(compression({ compressor, thresholdBytes: 1 }))
    sendEach(outbox, [call(1)])
    expect(outbox.unacceptedRequests()).toEqual(new Set([1]))
    expect(outbox.sentId).toBe(0)
    await compressor.release()
    expect(outbox.sentId).toBe(1)
    expect(outbox.unacceptedRequests()).toEqual(new Set([1]))
  })
})
