import { expect, test } from 'vitest'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { type Frame, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { joinMessage, MessageBuilder } from './message-builder.ts'

const frames: Frame[] = [
  { type: FrameType.Call, id: 1, procedure: 'a.b', input: undefined, timeoutMs: 5000, meta: undefined },
  { type: FrameType.Ok, id: 300, output: Uint8Array.of(0xc0) },
  { type: FrameType.Ping, n: 1, t: 12.5 },
]

test('a message comes back as it was built', () => {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  expect(builder.countedCount).toBe(2)
  const message = builder.takeMessage({ seq: 7, count: 2, ack: 70000 })
  expect(builder.frameCount).toBe(0)
  const envelope = decodeEnvelope(message, DEFAULT_LIMITS)
  expect(envelope.header).toEqual({ seq: 7, count: 2, ack: 70000 })
  expect(decodeBody(envelope.body, DEFAULT_LIMITS)).toEqual(frames)
})

test('a body joined later reads as one built at once', () => {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  const body = builder.takeBody()
  const header = { seq: 1, count: 2, ack: 0 }
  expect(decodeBody(decodeEnvelope(joinMessage(header, body, false), DEFAULT_LIMITS).body, DEFAULT_LIMITS)).toEqual(
    frames,
  )
  expect(decodeEnvelope(joinMessage(header, body, true), DEFAULT_LIMITS)).toEqual({ header, body, compressed: true })
})
