import { describe, expect, test } from 'vitest'
import { encodeFrame } from '../protocol/encode-frame.ts'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { createHeldCompressor } from './held-compressor.fixture.ts'
import { compression, createOutboxBench, noise, ok, payloadOf } from './outbox.fixture.ts'
import { BATCH_BYTES, ENVELOPE_BYTES } from './outbox.ts'
import { SharedFrame } from './shared-frame.ts'

function call(id: number): Frame {
  return { type: FrameType.Call, id, procedure: 0, input: undefined, timeoutMs: undefined, meta: undefined }
}

describe('Outbox', () => {
  test('sends the frames of a turn as one message, in order', () => {
    const { outbox, sent } = createOutboxBench()
    for (const id of [1, 3, 5]) outbox.append(ok(id), false)
    expect(sent).toEqual([])
    outbox.flush()
    expect(sent).toMatchObject([{ seq: 1, count: 3, ids: [1, 3, 5] }])
  })

  test('sends nothing when nothing was collected', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.flush()
    expect(sent).toEqual([])
  })

  test('sends a message without frames when one is asked for, once', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.requestMessage()
    outbox.flush()
    outbox.flush()
    expect(sent).toMatchObject([{ seq: 0, count: 0, ids: [] }])
  })

  test('lets a frame carry the acknowledgement that was asked for', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.requestMessage()
    outbox.append(ok(1), false)
    outbox.flush()
    expect(sent).toHaveLength(1)
  })

  test('does not wait for the end of the turn once a batch is large', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.append(ok(1, BATCH_BYTES - 100), false)
    expect(sent).toHaveLength(0)
    outbox.append(ok(3, 100), false)
    expect(sent).toMatchObject([{ ids: [1, 3] }])
  })

  test('keeps the number of frames within the limit of the receiver', () => {
    const { outbox, sent } = createOutboxBench({ framesPerMessage: 4 })
    for (let id = 1; id <= 9; id++) outbox.append(ok(id), false)
    outbox.flush()
    expect(sent.map(({ ids }) => ids)).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]])
  })

  test('keeps the size of messages within the limit of the receiver', () => {
    const { outbox, sent } = createOutboxBench({ messageBytes: 4096 })
    for (let id = 1; id <= 40; id++) outbox.append(ok(id, 700), false)
    outbox.flush()
    expect(sent.flatMap(({ ids }) => ids)).toHaveLength(40)
    expect(Math.max(...sent.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(4096)
    expect(sent.length).toBeLessThan(12)
  })

  test('leaves out a frame that no message can hold: at the limit and one past it', () => {
    const largest = ok(1, 1000)
    const { outbox, sent } = createOutboxBench({ messageBytes: encodeFrame(largest).byteLength + ENVELOPE_BYTES })
    expect(outbox.append(ok(3, 1001), false)).toBe(false)
    expect(outbox.append(largest, false)).toBe(true)
    outbox.flush()
    expect(sent).toMatchObject([{ ids: [1] }])
  })

  test('sends what came before a frame that no message can hold', () => {
    const { outbox, sent } = createOutboxBench({ messageBytes: 4096 })
    outbox.append(ok(1), false)
    expect(outbox.append(ok(3, 5000), false)).toBe(false)
    expect(outbox.append(ok(5), false)).toBe(true)
    outbox.flush()
    expect(sent).toMatchObject([
      { seq: 1, ids: [1] },
      { seq: 2, ids: [5] },
    ])
  })

  test('lets a frame without a value leave whatever the limits', () => {
    const { outbox, sent } = createOutboxBench({ messageBytes: 100 })
    expect(outbox.append({ type: FrameType.Close, code: 1000, reason: 'a'.repeat(200), retry: false }, false)).toBe(
      true,
    )
    outbox.flush()
    expect(sent).toMatchObject([{ ids: [-FrameType.Close] }])
  })

  test('knows which ids never left', () => {
    const { outbox } = createOutboxBench()
    outbox.append(call(1), false)
    outbox.flush()
    outbox.append(call(3), false)
    expect(outbox.sentId).toBe(1)
    outbox.flush()
    expect(outbox.sentId).toBe(3)
    // Ids rise within calls and within streams: one that had to wait may leave after a higher one.
    outbox.append(call(1), false)
    outbox.flush()
    expect(outbox.sentId).toBe(3)
  })

  test('leaves behind the requests that are held back, and what follows them, but no answers', () => {
    const { outbox, sent } = createOutboxBench({}, { bytes: 1_000_000, frames: 1 })
    outbox.append(call(1), false)
    outbox.flush()
    for (const frame of [call(3), ok(2), { type: FrameType.Cancel, id: 3 }, ok(4)] as const) outbox.append(frame, false)
    expect(outbox.dropHeldRequests()).toEqual(new Set([3]))
    outbox.append({ type: FrameType.Close, code: 1000, reason: '', retry: false }, false)
    outbox.flush()
    expect(sent.flatMap(({ ids }) => ids)).toEqual([1, 2, 4, -FrameType.Close])
    expect(outbox.heldBytes).toBe(0)
  })

  test('counts bytes before and after compression', () => {
    const { outbox } = createOutboxBench()
    outbox.compress(compression())
    outbox.append(ok(1, 5000), false)
    outbox.flush()
    const { messages, wireBytes, bodyBytes } = outbox.stats
    expect(messages).toBe(1)
    expect(bodyBytes).toBeGreaterThan(5000)
    expect(wireBytes).toBeLessThan(500)
  })
})

describe('Outbox, where a message was ended', () => {
  const pong: Frame = { type: FrameType.Pong, n: 1, t: 2 }
  const close: Frame = { type: FrameType.Close, code: 1000, reason: '', retry: false }

  test.each<[string, readonly Frame[], readonly (readonly number[])[]]>([
    ['control frames', [pong], [[-FrameType.Pong], [-FrameType.Pong]]],
    ['data', [ok(1), ok(3)], [[-FrameType.Pong], [1, 3]]],
    ['data that is a batch', [ok(1, BATCH_BYTES)], [[-FrameType.Pong], [1]]],
    ['the end', [close], [[-FrameType.Pong], [-FrameType.Close]]],
  ])('puts %s into another one, behind it', (_, frames, ids) => {
    const { outbox, sent } = createOutboxBench()
    outbox.append(pong, false)
    outbox.endMessage()
    expect(sent).toEqual([])
    for (const frame of frames) outbox.append(frame, false)
    outbox.flush()
    expect(sent.map((message) => message.ids)).toEqual(ids)
  })

  test('puts shared frames into another one, behind it', () => {
    const volatile = {
      type: FrameType.VolatileEvent,
      event: 1,
      params: undefined,
      payload: undefined,
      key: undefined,
    } as const
    for (const [shared, id] of [
      [ok(1), 1],
      [volatile, -FrameType.VolatileEvent],
    ] as const) {
      const { outbox, sent } = createOutboxBench()
      outbox.append(pong, false)
      outbox.endMessage()
      outbox.appendShared(new SharedFrame(shared, true))
      outbox.flush()
      expect(sent.map((message) => message.ids)).toEqual([[-FrameType.Pong], [id]])
    }
  })

  test('ends it once', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.append(pong, false)
    outbox.endMessage()
    outbox.drop()
    outbox.append(pong, false)
    outbox.append(pong, false)
    outbox.flush()
    expect(sent.map((message) => message.ids)).toEqual([[-FrameType.Pong, -FrameType.Pong]])
  })

  test('says when several leave at once', () => {
    const { outbox } = createOutboxBench()
    outbox.append(pong, false)
    expect(outbox.hasSeveral).toBe(false)
    outbox.append(ok(1), false)
    expect(outbox.hasSeveral).toBe(true)
    outbox.flush()
    expect(outbox.hasSeveral).toBe(false)
  })
})

describe('Outbox with compression', () => {
  test('compresses at the threshold and not one byte below it', () => {
    const { outbox, sent } = createOutboxBench()
    // The body: 3 bytes around the payload, as the first test shows.
    outbox.compress(compression({ thresholdBytes: 503 }))
    outbox.append(ok(1, 500), false)
    outbox.flush()
    outbox.append(ok(1, 499), false)
    outbox.flush()
    expect(sent.map(({ compressed }) => compressed)).toEqual([true, false])
  })

  test('sends a body as it is when compression does not make it smaller', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.compress(compression())
    outbox.append({ type: FrameType.Ok, id: 1, output: noise(4000) }, false)
    outbox.flush()
    expect(sent).toMatchObject([{ compressed: false, ids: [1] }])
  })

  test('sends a body as it is when it shrinks by more than the receiver believes', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.compress(compression({ maxRatio: 10 }))
    outbox.append(ok(1, 20_000), false)
    outbox.flush()
    expect(sent).toMatchObject([{ compressed: false, ids: [1] }])
  })

  test('never compresses a body that holds a frame which must not be', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.compress(compression())
    outbox.append(ok(1, 5000), false)
    outbox.append(ok(3, 10), true)
    outbox.append(ok(5, 5000), false)
    outbox.flush()
    outbox.append(ok(7, 5000), false)
    outbox.flush()
    expect(sent).toMatchObject([
      { compressed: false, ids: [1, 3, 5] },
      { compressed: true, ids: [7] },
    ])
  })

  test('keeps the order behind a body that is still being deflated', async () => {
    const { outbox, sent } = createOutboxBench()
    const compressor = createHeldCompressor()
    outbox.compress(compression({ compressor, maxRatio: 1000 }))
    outbox.append(ok(1, 800), false)
    outbox.append(ok(3, 800), false)
    outbox.flush()
    outbox.append(ok(5, 10), false)
    outbox.flush()
    outbox.append(ok(7, 2000), false)
    outbox.flush()
    expect(sent).toEqual([])
    await compressor.release()
    expect(sent).toMatchObject([
      { seq: 1, count: 2, compressed: true },
      { seq: 3, count: 1, compressed: false, ids: [5] },
    ])
    await compressor.release()
    expect(sent[2]).toMatchObject({ seq: 4, count: 1, compressed: true })
  })

  test('lets control frames pass data that is being deflated, and CLOSE wait for it', async () => {
    const { outbox, sent } = createOutboxBench()
    const compressor = createHeldCompressor()
    outbox.compress(compression({ compressor, maxRatio: 1000 }))
    outbox.append(ok(1, 2000), false)
    outbox.flush()
    outbox.append({ type: FrameType.Pong, n: 1, t: 2 }, false)
    expect(sent).toMatchObject([{ seq: 0, count: 0, ids: [-FrameType.Pong] }])
    outbox.append({ type: FrameType.Close, code: 1000, reason: '', retry: false }, false)
    let finished = false
    outbox.finish(() => {
      finished = true
    })
    expect(sent).toHaveLength(1)
    expect(finished).toBe(false)
    await compressor.release()
    expect(sent.slice(1)).toMatchObject([{ seq: 1, compressed: true }, { ids: [-FrameType.Close] }])
    expect(finished).toBe(true)
  })

  test('forgets what is being deflated when it is dropped', async () => {
    const { outbox, sent } = createOutboxBench()
    const compressor = createHeldCompressor()
    outbox.compress(compression({ compressor }))
    outbox.append(ok(1, 2000), false)
    outbox.flush()
    outbox.drop()
    await compressor.release()
    expect(sent).toEqual([])
  })

  test('reports a compressor that fails', async () => {
    const { outbox, faults } = createOutboxBench()
    const failure = new Error('out of memory')
    const deflated = Promise.reject(failure)
    const compressor = { ...compression().compressor, deflate: () => deflated }
    outbox.compress(compression({ compressor }))
    outbox.append(ok(1, 2000), false)
    outbox.flush()
    await deflated.catch(() => undefined)
    await Promise.resolve()
    expect(faults).toEqual([failure])
  })
})

describe('Outbox with shared frames', () => {
  const event = (bytes: number, compress = true): SharedFrame =>
    new SharedFrame({ type: FrameType.Event, event: 1, params: undefined, payload: payloadOf(bytes) }, compress)

  test('puts a small one among the other frames', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.compress(compression())
    outbox.append(ok(1), false)
    outbox.appendShared(event(50))
    outbox.append(ok(3), false)
    outbox.flush()
    expect(sent).toMatchObject([{ seq: 1, count: 3, ids: [1, -FrameType.Event, 3] }])
  })

  test('deflates a large one once for all receivers, in messages of its own', () => {
    const frame = event(5000)
    let deflated = 0
    const { compressor } = compression()
    const counting = {
      ...compressor,
      deflate(body: Uint8Array) {
        deflated++
        return compressor.deflate(body)
      },
    }
    for (let receiver = 0; receiver < 3; receiver++) {
      const { outbox, sent } = createOutboxBench()
      outbox.compress(compression({ compressor: counting }))
      outbox.append(ok(1), false)
      outbox.appendShared(frame)
      outbox.append(ok(3), false)
      outbox.flush()
      expect(sent).toMatchObject([
        { seq: 1, compressed: false, ids: [1] },
        { seq: 2, compressed: true, ids: [-FrameType.Event] },
        { seq: 3, compressed: false, ids: [3] },
      ])
    }
    expect(deflated).toBe(1)
  })

  test('never compresses one that must not be, nor what travels with it', () => {
    const { outbox, sent } = createOutboxBench()
    outbox.compress(compression())
    outbox.append(ok(1, 3000), false)
    outbox.appendShared(event(3000, false))
    outbox.flush()
    expect(sent).toMatchObject([{ compressed: false, count: 2 }])
  })

  test('keeps messages of uncounted ones to the number of frames that a receiver takes, and to a batch', () => {
    const volatile = (bytes: number): SharedFrame => {
      const frame = { type: FrameType.VolatileEvent, event: 1, params: undefined, key: undefined } as const
      return new SharedFrame({ ...frame, payload: payloadOf(bytes) }, true)
    }
    const { outbox, sent } = createOutboxBench({ framesPerMessage: 4 })
    for (let n = 0; n < 9; n++) outbox.appendShared(volatile(50))
    outbox.flush()
    expect(sent.map(({ ids, seq, count }) => [ids.length, seq, count])).toEqual([
      [4, 0, 0],
      [4, 0, 0],
      [1, 0, 0],
    ])
    outbox.appendShared(volatile(BATCH_BYTES))
    expect(sent).toHaveLength(4)
  })

  test('refuses one that no message can hold: at the limit and one past it', () => {
    const { byteLength } = event(1000).body
    const { outbox } = createOutboxBench({ messageBytes: byteLength + 48 })
    expect(outbox.appendShared(event(1000))).toBe(true)
    expect(outbox.appendShared(event(1001))).toBe(false)
  })
})
