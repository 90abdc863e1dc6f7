import { expect, test } from 'vitest'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { type Frame, FrameType, type Payload } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { MessageBuilder } from './message-builder.ts'
import { ROOM_BEFORE_BYTES, ROOMY_BYTES } from './payload-room.ts'
import { createValueCodec } from './value-codec.ts'

const codec = createValueCodec()
const header = { seq: 1, count: 1, ack: 0 }

function large(byteLength = ROOMY_BYTES): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, i) => i % 251)
}

const ok = (id: number, output: Payload): Frame => ({ type: FrameType.Ok, id, output })

function framesOf(message: Uint8Array): readonly Frame[] {
  return decodeBody(decodeEnvelope(message, DEFAULT_LIMITS).body, DEFAULT_LIMITS)
}

function messageOf(...frames: readonly Frame[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  return builder.takeMessage(header)
}

test('large bytes are copied once on their way into a message, small ones are not kept roomy', () => {
  const payload = codec.encode(large())
  expect(messageOf(ok(1, payload)).buffer).toBe(payload.buffer)
  const small = codec.encode(large(ROOMY_BYTES - 1))
  expect(small.buffer.byteLength).toBeLessThanOrEqual(ROOMY_BYTES + 4)
  expect(messageOf(ok(1, small)).buffer).not.toBe(small.buffer)
})

test('the bytes of the application are not those of the message', () => {
  const bytes = large()
  const message = messageOf(ok(1, codec.encode(bytes)))
  bytes.fill(0)
  expect(framesOf(message)).toEqual([ok(1, codec.encode(large()))])
})

test('a payload stays what it was, in every message that takes it', () => {
  const payload = codec.encode(large())
  const before = payload.slice()
  const first = messageOf(ok(1, payload), ok(3, codec.encode('behind it')))
  const second = messageOf(ok(70_000, payload))
  expect(payload).toEqual(before)
  expect(framesOf(first)).toEqual([ok(1, before), ok(3, codec.encode('behind it'))])
  expect(framesOf(second)).toEqual([ok(70_000, before)])
})

test('fields and frames that follow do not need to fit into the room behind', () => {
  const meta = { traceparent: 'x'.repeat(200) }
  const payload = codec.encode(large())
  const call: Frame = { type: FrameType.Call, id: 1, procedure: 'upload', input: payload, timeoutMs: 5, meta }
  expect(framesOf(messageOf(call, ok(3, codec.encode(large()))))).toEqual([call, ok(3, codec.encode(large()))])
})

test('small frames ahead of it go into the room, and more than fit there are no harm', () => {
  for (const length of [1, ROOM_BEFORE_BYTES]) {
    const ahead = ok(1, codec.encode('x'.repeat(length)))
    const payload = codec.encode(large())
    const message = messageOf(ahead, ok(3, payload))
    expect(message.buffer === payload.buffer).toBe(length === 1)
    expect(framesOf(message)).toEqual([ahead, ok(3, codec.encode(large()))])
  }
})

test('one that does not fit into the message beside others leaves it, and is whole in the next', () => {
  const builder = new MessageBuilder()
  const payload = codec.encode(large())
  builder.append(ok(1, codec.encode('first')))
  expect(builder.append(ok(3, payload), payload.byteLength)).toBe(false)
  builder.append(ok(5, codec.encode('second')))
  expect(framesOf(builder.takeMessage(header))).toEqual([ok(1, codec.encode('first')), ok(5, codec.encode('second'))])
  builder.append(ok(3, payload))
  expect(framesOf(builder.takeMessage(header))).toEqual([ok(3, codec.encode(large()))])
})
