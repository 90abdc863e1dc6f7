import { expect, test } from 'vitest'
import { encodeFrame } from '../protocol/encode-frame.ts'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { maxFrameBytes } from './frame-size.ts'

const id = Number.MAX_SAFE_INTEGER
const payload = Uint8Array.of(0xa5, 1, 2, 3, 4, 5)
const wide = '\u{1F600}€ß'.repeat(20)
const request = { id, procedure: wide, input: payload, timeoutMs: id, meta: { [wide.slice(0, 10)]: wide } } as const
const topic = { event: wide, params: payload, payload } as const

const frames: readonly Frame[] = [
  { type: FrameType.Call, ...request },
  { type: FrameType.Call, id, procedure: id, input: undefined, timeoutMs: undefined, meta: { k: 'v' } },
  { type: FrameType.Open, ...request, resume: payload },
  { type: FrameType.Ok, id, output: payload },
  { type: FrameType.Error, id, code: 'LONG_CODE', message: wide, data: payload },
  { type: FrameType.Item, id, value: payload, resume: payload },
  { type: FrameType.End, id },
  { type: FrameType.Cancel, id },
  { type: FrameType.Credit, id, items: id, bytes: id },
  { type: FrameType.Listen, id, event: wide, params: payload },
  { type: FrameType.Event, ...topic },
  { type: FrameType.VolatileEvent, ...topic, key: wide },
  { type: FrameType.Ping, n: id, t: id },
  { type: FrameType.Pong, n: id, t: id },
  { type: FrameType.Auth, auth: payload },
  { type: FrameType.AuthOk, expiresInMs: id },
  { type: FrameType.Superseded, attempt: id, gen: id },
  { type: FrameType.Close, code: 4500, reason: wide, retry: true },
  {
    type: FrameType.Hello,
    hello: {
      version: 1,
      sid: 'a'.repeat(64),
      token: new Uint8Array(64),
      rx: id,
      attempt: id,
      compression: ['deflate-raw'],
      contractHash: 'a'.repeat(64),
      servesHash: 'a'.repeat(64),
      auth: payload,
      client: 'a'.repeat(256),
      why: 'a'.repeat(64),
      standby: true,
    },
  },
  {
    type: FrameType.Welcome,
    welcome: {
      version: 1,
      sid: 'a'.repeat(64),
      token: new Uint8Array(64),
      gen: id,
      resumed: false,
      reason: 'a'.repeat(64),
      rx: id,
      heartbeat: { idleMs: id, timeoutMs: id },
      resumeWindowMs: id,
      limits: DEFAULT_LIMITS,
      compression: { algorithm: 'a'.repeat(64), thresholdBytes: id },
      contractHash: 'a'.repeat(64),
      servesHash: 'a'.repeat(64),
      authExpiresInMs: id,
      server: 'a'.repeat(256),
    },
  },
  { type: FrameType.GoAway, goAway: { why: 'a'.repeat(64), drainMs: id, delayMs: [id, id], to: 'a'.repeat(2048) } },
]

test.each(frames)('bounds the encoded size of frame $type', (frame) => {
  expect(encodeFrame(frame).byteLength).toBeLessThanOrEqual(maxFrameBytes(frame))
})

test('stays close to the real size of what carries values', () => {
  const output = new Uint8Array(1_000_000).fill(0xc0)
  const frame: Frame = { type: FrameType.Ok, id: 1, output }
  expect(maxFrameBytes(frame) - output.byteLength).toBeLessThan(100)
})
