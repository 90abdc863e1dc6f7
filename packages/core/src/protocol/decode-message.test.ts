import { describe, expect, test } from 'vitest'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { encodeFrame } from './encode-frame.ts'
import { type Frame, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { joinMessage, MessageBuilder } from './message-builder.ts'
import { fromHex } from './vector-notation.fixture.ts'

const cancel: Frame = { type: FrameType.Cancel, id: 1 }

function messageOf(frames: readonly Frame[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  return builder.takeMessage({ seq: 1, count: frames.length, ack: 0 })
}

function bodyOf(frames: readonly Frame[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  return builder.takeBody()
}

describe('limits', () => {
  test('messageBytes: at the limit and one past it', () => {
    const message = messageOf([cancel])
    const limits = { ...DEFAULT_LIMITS, messageBytes: message.byteLength }
    expect(decodeEnvelope(message, limits).header.seq).toBe(1)
    const less = { ...limits, messageBytes: message.byteLength - 1 }
    expect(() => decodeEnvelope(message, less)).toThrow(expect.objectContaining({ closeCode: 4413 }))
  })

  test('inflatedBytes: at the limit and one past it', () => {
    const body = bodyOf([cancel])
    const limits = { ...DEFAULT_LIMITS, inflatedBytes: body.byteLength }
    expect(decodeBody(body, limits)).toEqual([cancel])
    const less = { ...limits, inflatedBytes: body.byteLength - 1 }
    expect(() => decodeBody(body, less)).toThrow(expect.objectContaining({ closeCode: 4413 }))
  })

  test('framesPerMessage: at the limit and one past it, in the header and in the body', () => {
    const limits = { ...DEFAULT_LIMITS, framesPerMessage: 2 }
    const two = messageOf([cancel, cancel])
    const three = messageOf([cancel, cancel, cancel])
    expect(decodeBody(decodeEnvelope(two, limits).body, limits)).toHaveLength(2)
    expect(() => decodeEnvelope(three, limits)).toThrow(expect.objectContaining({ closeCode: 4413 }))
    expect(() => decodeBody(bodyOf([cancel, cancel, cancel]), limits)).toThrow(
      expect.objectContaining({ closeCode: 4413 }),
    )
  })

  test('nodes: one budget for all payloads of a message', () => {
    const limits = { ...DEFAULT_LIMITS, nodes: 4 }
    const ok: Frame = { type: FrameType.Ok, id: 1, output: Uint8Array.of(0x91, 0xc0) }
    expect(decodeBody(bodyOf([ok, ok]), limits)).toHaveLength(2)
    expect(() => decodeBody(bodyOf([ok, ok, ok]), limits)).toThrow(expect.objectContaining({ closeCode: 4413 }))
  })

  test('fields of a frame: 16, and one more', () => {
    expect(decodeBody(fromHex(`91 dc0010 60 ${'c0'.repeat(15)}`), DEFAULT_LIMITS)).toEqual([])
    expect(() => decodeBody(fromHex(`91 dc0011 60 ${'c0'.repeat(16)}`), DEFAULT_LIMITS)).toThrow('1 to 16 fields')
  })

  test.each([
    ['a path', 1024, (text: string): Frame => ({ ...call, procedure: text })],
    [
      'a code of an error',
      64,
      (text: string): Frame => ({ type: FrameType.Error, id: 1, code: text, message: '', data: undefined }),
    ],
    ['a key of meta', 64, (text: string): Frame => ({ ...call, meta: { [text]: '' } })],
    ['a value of meta', 1024, (text: string): Frame => ({ ...call, meta: { key: text } })],
    [
      'a key of an event',
      256,
      (text: string): Frame => ({
        type: FrameType.VolatileEvent,
        event: 0,
        params: undefined,
        payload: undefined,
        key: text,
      }),
    ],
    [
      'an address',
      2048,
      (text: string): Frame => ({ type: FrameType.GoAway, goAway: { why: '', drainMs: 0, delayMs: [0, 0], to: text } }),
    ],
  ])('%s of %d bytes, and of one more', (_, bytes, frameWith) => {
    expect(decodeBody(bodyOf([frameWith('x'.repeat(bytes))]), DEFAULT_LIMITS)).toEqual([frameWith('x'.repeat(bytes))])
    expect(() => decodeBody(bodyOf([frameWith('x'.repeat(bytes + 1))]), DEFAULT_LIMITS)).toThrow(
      expect.objectContaining({ closeCode: 4422 }),
    )
  })

  test('entries of meta: 16, and one more', () => {
    const metaOf = (entries: number): Frame => ({
      ...call,
      meta: Object.fromEntries(Array.from({ length: entries }, (_, i) => [`k${i}`, ''])),
    })
    expect(decodeBody(bodyOf([metaOf(16)]), DEFAULT_LIMITS)).toEqual([metaOf(16)])
    expect(() => decodeBody(bodyOf([metaOf(17)]), DEFAULT_LIMITS)).toThrow('at most 16 entries')
  })
})

const call = {
  type: FrameType.Call,
  id: 1,
  procedure: 0,
  input: undefined,
  timeoutMs: undefined,
  meta: undefined,
} satisfies Frame

describe('memory', () => {
  test('bodies and payloads are views of the message', () => {
    const message = messageOf([{ type: FrameType.Ok, id: 1, output: Uint8Array.of(0xa1, 0x61) }])
    const { body } = decodeEnvelope(message, DEFAULT_LIMITS)
    const [frame] = decodeBody(body, DEFAULT_LIMITS)
    expect(body.buffer).toBe(message.buffer)
    expect(frame).toMatchObject({ output: Uint8Array.of(0xa1, 0x61) })
    expect(frame?.type === FrameType.Ok && frame.output?.buffer).toBe(message.buffer)
  })

  test('a message that is a view of shared memory reads as one that is not', () => {
    const message = messageOf([cancel, call])
    const shared = new Uint8Array(message.byteLength + 20).fill(0xc1)
    shared.set(message, 10)
    const view = shared.subarray(10, 10 + message.byteLength)
    expect(decodeBody(decodeEnvelope(view, DEFAULT_LIMITS).body, DEFAULT_LIMITS)).toEqual([cancel, call])
  })

  test('views are plain, also of a message whose class copies on slice or does not', () => {
    class Odd extends Uint8Array {
      override slice(): Uint8Array<ArrayBuffer> {
        throw new Error('Expected nobody to call this')
      }
    }
    const token = new Uint8Array([0x91, 0x92, 0x45, 0xc4, 0x01, 0x07])
    const [frame] = decodeBody(new Odd(token), DEFAULT_LIMITS)
    expect(frame).toEqual({ type: FrameType.Auth, auth: Uint8Array.of(0xc4, 0x01, 0x07) })
  })
})

describe('meta', () => {
  test('has no prototype: a key from the peer is a key and nothing else', () => {
    const body = bodyOf([{ ...call, meta: { constructor: 'x', toString: 'y' } }])
    const [frame] = decodeBody(body, DEFAULT_LIMITS)
    const meta = frame?.type === FrameType.Call ? frame.meta : undefined
    expect(Object.getPrototypeOf(meta)).toBeNull()
    expect({ ...meta }).toEqual({ constructor: 'x', toString: 'y' })
    expect(meta?.['hasOwnProperty']).toBeUndefined()
  })
})

test('the header is read without a look into the body', () => {
  const header = { seq: 3, count: 1, ack: 2 }
  expect(decodeEnvelope(joinMessage(header, Uint8Array.of(0x91, 0xc1), false), DEFAULT_LIMITS)).toEqual({
    header,
    body: Uint8Array.of(0x91, 0xc1),
    compressed: false,
  })
})

test('a compressed body is the last thing in its message', () => {
  const message = joinMessage({ seq: 1, count: 1, ack: 0 }, Uint8Array.of(1, 2, 3), true)
  expect(() => decodeEnvelope(Uint8Array.of(...message, 0xc0), DEFAULT_LIMITS)).toThrow('Bytes behind `body`')
  expect(() => decodeEnvelope(message.subarray(0, -1), DEFAULT_LIMITS)).toThrow('The bytes end inside `body`')
})

test('either all frames are good or none is returned', () => {
  const body = Uint8Array.of(0x92, ...encodeFrame(cancel), 0x92, 0x06, 0x00)
  expect(() => decodeBody(body, DEFAULT_LIMITS)).toThrow('Expected `id` to be an integer >= 1')
})
