import { decode, decodeMulti, ExtData, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { type Frame, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { joinMessage, MessageBuilder } from './message-builder.ts'
import { Scanner } from './scan.ts'
import { createValueCodec } from './value-codec.ts'

const codec = createValueCodec()

const call: Frame = {
  type: FrameType.Call,
  id: 70_001,
  procedure: 'todo.get',
  input: codec.encode({ id: '1', at: new Date(5) }),
  timeoutMs: 2000,
  meta: { trace: 'x' },
}

describe('another MessagePack library', () => {
  test('reads our messages as two values', () => {
    const builder = new MessageBuilder()
    builder.append(call)
    builder.append({ type: FrameType.Ping, n: 2, t: 0.5 })
    const message = builder.takeMessage({ seq: 300, count: 1, ack: 2 ** 40 })
    expect([...decodeMulti(message)]).toEqual([
      [300, 1, 2 ** 40],
      [
        [1, 70_001, 'todo.get', { id: '1', at: new Date(5) }, 2000, { trace: 'x' }],
        [66, 2, 0.5],
      ],
    ])
  })

  test('reads a compressed body as an extension', () => {
    const message = joinMessage({ seq: 1, count: 1, ack: 0 }, Uint8Array.of(1, 2, 3), true)
    expect([...decodeMulti(message)]).toEqual([[1, 1, 0], new ExtData(1, Uint8Array.of(1, 2, 3))])
  })

  test('writes messages that we read', () => {
    const header = encode([300, 1, 2 ** 40])
    const body = encode([
      [1, 70_001, 'todo.get', { id: '1', at: new Date(5) }, 2000, { trace: 'x' }],
      [66, 2, 0.5],
    ])
    const message = Uint8Array.of(...header, ...body)
    const envelope = decodeEnvelope(message, DEFAULT_LIMITS)
    expect(envelope.header).toEqual({ seq: 300, count: 1, ack: 2 ** 40 })
    expect(decodeBody(envelope.body, DEFAULT_LIMITS)).toEqual([call, { type: FrameType.Ping, n: 2, t: 0.5 }])
  })

  test('agrees with us on every value that JSON knows', () => {
    const json = fc
      .jsonValue({ stringUnit: 'grapheme' })
      .filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(json, (value) => {
        const theirs = encode(value)
        const end = new Scanner(DEFAULT_LIMITS).scan(theirs, 0, theirs.byteLength)
        expect(end).toBe(theirs.byteLength)
        expect(codec.decode(theirs)).toEqual(decode(theirs))
      }),
    )
  })
})
