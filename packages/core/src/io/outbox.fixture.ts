import { decodeBody, decodeEnvelope } from '../protocol/decode-message.ts'
import { type CountedFrame, FrameType, type PeerLimits } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Outbox, type OutboxCompression } from './outbox.ts'
import type { WindowLimits } from './replay.ts'
import { runLengthCompressor } from './run-length-compressor.fixture.ts'

/** An outbox whose messages are taken apart as they leave. */

export function ok(id: number, bytes = 0): CountedFrame {
  return { type: FrameType.Ok, id, output: bytes === 0 ? undefined : payloadOf(bytes) }
}

/** A MessagePack `bin` of so many bytes in all, which compresses well. */
export function payloadOf(bytes: number, fill = 7): Uint8Array {
  const payload = new Uint8Array(bytes).fill(fill)
  payload[0] = 0xc6
  new DataView(payload.buffer).setUint32(1, bytes - 5)
  return payload
}

export function noise(bytes: number): Uint8Array {
  const payload = payloadOf(bytes)
  let state = 1
  for (let i = 5; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    payload[i] = state >>> 24
  }
  return payload
}

interface Sent {
  readonly seq: number
  readonly count: number
  readonly compressed: boolean
  /** Of each frame, or else its type below zero. */
  readonly ids: readonly number[]
  readonly byteLength: number
}

export interface OutboxBench {
  readonly outbox: Outbox
  readonly sent: Sent[]
  readonly faults: unknown[]
  /** Whether there is a transport. */
  line: 'there' | 'gone'
}

export function createOutboxBench(limits: Partial<PeerLimits> = {}, window?: WindowLimits): OutboxBench {
  const sent: Sent[] = []
  const faults: unknown[] = []
  let next = 1
  const outbox = new Outbox(
    {
      stamp(count) {
        const seq = count === 0 ? 0 : next
        next += count
        return { seq, count, ack: 0 }
      },
      transmit(message) {
        if (bench.line === 'gone') return false
        const { header, body, compressed } = decodeEnvelope(message, DEFAULT_LIMITS)
        const plain = compressed && !isMarker(body) ? runLengthCompressor.inflate(body) : body
        const frames = !isMarker(plain) ? decodeBody(plain, DEFAULT_LIMITS) : []
        const ids = frames.map((frame) => ('id' in frame ? frame.id : -frame.type))
        sent.push({ seq: header.seq, count: header.count, compressed, ids, byteLength: message.byteLength })
        return true
      },
      restamp: (seq, count) => ({ seq, count, ack: 0 }),
      oversized: (frame) => void faults.push(frame),
      onFault: (error) => void faults.push(error),
    },
    { limits: { ...DEFAULT_LIMITS, ...limits }, window },
  )
  const bench: OutboxBench = { outbox, sent, faults, line: 'there' }
  return bench
}

function isMarker(body: Uint8Array): boolean {
  return body.byteLength === 4 && body[0] === 0xde
}

export function compression(overrides: Partial<OutboxCompression> = {}): OutboxCompression {
  return { compressor: runLengthCompressor, thresholdBytes: 1024, maxRatio: 256, ...overrides }
}
