import { describe, expect, test } from 'vitest'
import messages from '../../vectors/messages.json' with { type: 'json' }
import refused from '../../vectors/refused.json' with { type: 'json' }
import values from '../../vectors/values.json' with { type: 'json' }
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { MessageBuilder } from './message-builder.ts'
import { Scanner } from './scan.ts'
import { createValueCodec } from './value-codec.ts'
import {
  fromHex,
  type MessageVector,
  type RefusedVector,
  refusedBytes,
  reviveFrame,
  reviveValue,
  toHex,
  type ValueVector,
} from './vector-notation.fixture.ts'
import { ProtocolViolation } from './violation.ts'

describe('messages of the golden vectors', () => {
  test.each(messages as readonly MessageVector[])('$name: bytes to frames', (vector) => {
    const envelope = decodeEnvelope(fromHex(vector.hex), DEFAULT_LIMITS)
    expect(envelope.header).toEqual(vector.header)
    expect(envelope.compressed).toBe(false)
    expect(decodeBody(envelope.body, DEFAULT_LIMITS)).toEqual(vector.frames.map(reviveFrame))
  })

  test.each((messages as readonly MessageVector[]).filter((vector) => !vector.decodeOnly))(
    '$name: frames to bytes',
    (vector) => {
      const builder = new MessageBuilder()
      for (const frame of vector.frames) builder.append(reviveFrame(frame))
      expect(builder.countedCount).toBe(vector.header.count)
      expect(toHex(builder.takeMessage(vector.header))).toBe(vector.hex)
    },
  )

  test('name every type of frame', () => {
    const named = new Set(
      (messages as readonly MessageVector[]).flatMap(({ frames }) => frames.map((frame) => reviveFrame(frame).type)),
    )
    expect([...named].toSorted((a, b) => a - b)).toEqual(Object.values(FrameType).toSorted((a, b) => a - b))
  })
})

describe('refused messages of the golden vectors', () => {
  test.each(refused as readonly RefusedVector[])('$name: $closeCode', (vector) => {
    const message = refusedBytes(vector)
    const decode = (): unknown => decodeBody(decodeEnvelope(message, DEFAULT_LIMITS).body, DEFAULT_LIMITS)
    expect(decode).toThrow(ProtocolViolation)
    expect(decode).toThrow(expect.objectContaining({ closeCode: vector.closeCode }))
  })
})

describe('values of the golden vectors', () => {
  const codec = createValueCodec()

  test.each(values as readonly ValueVector[])('$name: bytes to value', (vector) => {
    const payload = fromHex(vector.hex)
    expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
    expect(codec.decode(payload)).toStrictEqual(reviveValue(vector.value))
  })

  test.each((values as readonly ValueVector[]).filter((vector) => !vector.decodeOnly))(
    '$name: value to bytes',
    (vector) => {
      const value = reviveValue(vector.value)
      const payload = vector.canonical ? codec.encodeCanonical(value) : codec.encode(value)
      expect(toHex(payload)).toBe(vector.hex)
    },
  )
})
