import { expect, test } from 'vitest'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { encodeFrame } from './encode-frame.ts'
import { type Frame, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { joinMessage, MessageBuilder } from './message-builder.ts'

const ok = (id: number, bytes = 1): Frame => {
  const output = new Uint8Array(bytes + 5)
  output.set([0xc6, bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes])
  return { type: FrameType.Ok, id, output }
}
const ping: Frame = { type: FrameType.Ping, n: 1, t: 0 }
const header = { seq: 1, count: 1, ack: 0 }

function read(message: Uint8Array): readonly Frame[] {
  return decodeBody(decodeEnvelope(message, DEFAULT_LIMITS).body, DEFAULT_LIMITS)
}

test('counts frames, counted frames and bytes, and is empty once they are taken', () => {
  const builder = new MessageBuilder()
  builder.append(ok(1))
  builder.append(ping)
  const added = encodeFrame(ok(1)).byteLength + encodeFrame(ping).byteLength
  expect(builder).toMatchObject({ frameCount: 2, countedCount: 1, byteLength: added })
  builder.takeMessage(header)
  expect(builder).toMatchObject({ frameCount: 0, countedCount: 0, byteLength: 0 })
  builder.append(ping)
  builder.reset()
  expect(builder).toMatchObject({ frameCount: 0, countedCount: 0, byteLength: 0 })
})

test('a message is not changed by what the builder does afterwards', () => {
  const builder = new MessageBuilder()
  for (const size of [1, 100_000]) {
    builder.append(ok(1, size))
    const message = builder.takeMessage(header)
    const before = message.slice()
    builder.append(ok(3, size))
    builder.takeMessage(header)
    expect(message).toEqual(before)
    expect(read(message)).toEqual([ok(1, size)])
  }
})

function bodyOf(frame: Frame): Uint8Array {
  const builder = new MessageBuilder()
  builder.append(frame)
  return builder.takeBody()
}

test('the frame of a body goes in as it is, behind others and ahead of them', () => {
  const builder = new MessageBuilder()
  builder.append(ok(1))
  builder.appendBody(bodyOf(ok(3)), true)
  builder.appendBody(bodyOf(ping), false)
  expect(builder).toMatchObject({ frameCount: 3, countedCount: 2 })
  expect(read(builder.takeMessage({ seq: 1, count: 2, ack: 0 }))).toEqual([ok(1), ok(3), ping])
  builder.appendBody(bodyOf(ok(5)), true)
  builder.append(ok(7))
  expect(read(builder.takeMessage({ seq: 3, count: 2, ack: 0 }))).toEqual([ok(5), ok(7)])
})

test('a body that is all there is stays what it is, for all who have it', () => {
  const body = bodyOf(ok(3))
  const builder = new MessageBuilder()
  builder.appendBody(body, true)
  expect(builder).toMatchObject({ frameCount: 1, countedCount: 1, byteLength: body.byteLength - 1 })
  expect(builder.sharedBody).toBe(body)
  expect(read(builder.takeMessage({ seq: 1, count: 1, ack: 0 }))).toEqual([ok(3)])
  expect(builder).toMatchObject({ frameCount: 0, countedCount: 0, byteLength: 0, sharedBody: undefined })
  builder.appendBody(body, true)
  expect(builder.takeBody()).toBe(body)
  builder.appendBody(body, true)
  builder.reset()
  expect(builder.sharedBody).toBeUndefined()
})

test('a body joined with a header is the message the builder would have made', () => {
  for (const count of [0, 1, 15, 16, 1000]) {
    for (const ack of [0, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const whole = new MessageBuilder()
      const body = new MessageBuilder()
      for (let id = 1; id <= count; id += 1) {
        whole.append(ok(id))
        body.append(ok(id))
      }
      const stamped = { seq: count === 0 ? 0 : 7, count, ack }
      const joined = joinMessage(stamped, body.takeBody(), false)
      expect(joined).toEqual(whole.takeMessage(stamped))
      expect(read(joined)).toHaveLength(count)
    }
  }
})

test('a compressed body is the contents of an extension', () => {
  for (const length of [0, 1, 16, 255, 256, 65535, 65536]) {
    const body = new Uint8Array(length).fill(7)
    expect(decodeEnvelope(joinMessage(header, body, true), DEFAULT_LIMITS)).toEqual({ header, body, compressed: true })
  }
})

test('a frame that cannot be written throws and leaves no trace', () => {
  const builder = new MessageBuilder()
  builder.append(ok(1))
  expect(() =>
    builder.append({
      type: FrameType.Call,
      id: 3,
      procedure: 'a',
      input: undefined,
      timeoutMs: Number.NaN,
      meta: undefined,
    }),
  ).toThrow('Expected `timeoutMs` to be an integer >= 0, got `NaN` (number)')
  expect(() => builder.append(ok(-1))).toThrow('Expected `id` to be an integer >= 0, got `-1` (number)')
  expect(builder).toMatchObject({ frameCount: 1, countedCount: 1 })
  expect(read(builder.takeMessage(header))).toEqual([ok(1)])
})

test('a frame that passes the bytes allowed leaves no trace: at the limit and one past it', () => {
  const builder = new MessageBuilder()
  builder.append(ok(1))
  const byteLength = builder.byteLength * 2
  expect(builder.append(ok(3), byteLength - 1)).toBe(false)
  expect(builder).toMatchObject({ frameCount: 1, countedCount: 1, byteLength: byteLength / 2 })
  expect(builder.append(ok(3), byteLength)).toBe(true)
  expect(read(builder.takeMessage({ seq: 1, count: 2, ack: 0 }))).toEqual([ok(1), ok(3)])
})

test('what is left of a deadline is rounded up', () => {
  const call: Frame = { type: FrameType.Call, id: 1, procedure: 0, input: undefined, timeoutMs: 0.2, meta: undefined }
  const builder = new MessageBuilder()
  builder.append(call)
  expect(read(builder.takeMessage(header))).toEqual([{ ...call, timeoutMs: 1 }])
})

test('text for people is cut off where a receiver would refuse it', () => {
  const builder = new MessageBuilder()
  const long = '🎏'.repeat(70_000)
  builder.append({ type: FrameType.Error, id: 1, code: 'INTERNAL', message: long, data: undefined })
  builder.append({ type: FrameType.Close, code: 1000, reason: long, retry: false })
  builder.append({ type: FrameType.GoAway, goAway: { why: long, drainMs: 0, delayMs: [0, 0], to: undefined } })
  const [error, close, goAway] = read(builder.takeMessage(header))
  expect(error).toMatchObject({ message: expect.stringMatching(/^🎏{10000}/u) })
  expect(close).toMatchObject({ reason: expect.stringMatching(/^🎏{100}/u) })
  expect(goAway).toMatchObject({ goAway: { why: expect.stringMatching(/^🎏{10}/u) } })
})
