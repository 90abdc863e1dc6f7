// Messages and values: header, body, frames, payloads, and the values in them.
import { decodeBody, decodeEnvelope, type Frame, FrameType, MessageBuilder } from '@tautline/core/protocol'
import { CloseCode } from '../../../packages/core/src/protocol/close-codes.ts'
import { DEFAULT_LIMITS } from '../../../packages/core/src/protocol/limits.ts'
import { Scanner } from '../../../packages/core/src/protocol/scan.ts'
import { createValueCodec } from '../../../packages/core/src/protocol/value-codec.ts'
import {
  fromHex,
  type RefusedVector,
  refusedBytes,
} from '../../../packages/core/src/protocol/vector-notation.fixture.ts'
import { ProtocolViolation } from '../../../packages/core/src/protocol/violation.ts'
import messages from '../../../packages/core/vectors/messages.json' with { type: 'json' }
import refused from '../../../packages/core/vectors/refused.json' with { type: 'json' }
import values from '../../../packages/core/vectors/values.json' with { type: 'json' }
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { same } from './same.ts'

const codec = createValueCodec()
const closeCodes: ReadonlySet<number> = new Set(Object.values(CloseCode))

const NOTHING = Uint8Array.of(0xc0)

/** What the first byte of an input chooses. */
const Kind = { Message: 0, Value: 1, List: 2 } as const

function seedsOf(kind: number, all: readonly Uint8Array[]): FuzzInput[] {
  return all.map((bytes) => [Uint8Array.of(kind, ...bytes)])
}

const hexOf = (vectors: readonly unknown[]): Uint8Array[] =>
  (vectors as readonly { readonly hex?: string }[]).flatMap(({ hex }) => (hex === undefined ? [] : [fromHex(hex)]))

export const target: FuzzTarget = {
  seeds: [
    ...seedsOf(Kind.Message, hexOf(messages)),
    ...seedsOf(
      Kind.Message,
      (refused as readonly RefusedVector[]).filter(({ hex }) => hex !== undefined).map(refusedBytes),
    ),
    ...seedsOf(Kind.Value, hexOf(values)),
    ...seedsOf(Kind.List, hexOf(values)),
  ],
  maxSteps: 1,
  headBytes: 1,
  longestBytes: DEFAULT_LIMITS.messageBytes,
  run([input = new Uint8Array(1)]) {
    const bytes = input.subarray(1)
    if (input[0] === Kind.Value) runValue(bytes)
    else if (input[0] === Kind.List) runList(bytes)
    else runMessage(bytes)
  },
  cause([input = new Uint8Array(1)]) {
    const bytes = input.subarray(1)
    if (input[0] === Kind.Message) for (const payload of framesOf(bytes)?.flatMap(payloadsOf) ?? []) decode(payload)
    else if (input[0] === Kind.Value || input[0] === Kind.List) decode(scanned(bytes) ?? NOTHING)
  },
}

/** The result, or `undefined` for a refusal with a code of the protocol. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolViolation && closeCodes.has(error.closeCode)) return undefined
    throw error
  }
}

function framesOf(message: Uint8Array): readonly Frame[] | undefined {
  const envelope = unlessRefused(() => decodeEnvelope(message, DEFAULT_LIMITS))
  return envelope && unlessRefused(() => decodeBody(envelope.body, DEFAULT_LIMITS))
}

function runMessage(message: Uint8Array): void {
  const frames = framesOf(message)
  if (frames === undefined) return
  for (const payload of frames.flatMap(payloadsOf)) decode(payload)
  // What was understood can be said again, and is then understood in the same way.
  const said = messageOf(frames)
  const again = framesOf(said)
  if (again?.length !== frames.length || !same(messageOf(again), said)) {
    throw new Error('Expected frames to be what they were after they were encoded again')
  }
}

function messageOf(frames: readonly Frame[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  const count = builder.countedCount
  return builder.takeMessage({ seq: count === 0 ? 0 : 1, count, ack: 0 })
}

function payloadsOf(frame: Frame): readonly Uint8Array[] {
  const contents = frame.type === FrameType.Hello ? frame.hello : frame
  return Object.entries(contents).flatMap(([key, value]) =>
    value instanceof Uint8Array && key !== 'token' ? [value] : [],
  )
}

function runValue(bytes: Uint8Array): void {
  const payload = scanned(bytes)
  const decoded = payload && decode(payload)
  if (decoded === undefined) return
  const encoded = codec.encode(decoded.value)
  const again = decode(encoded)
  if (again === undefined || !same(codec.encode(again.value), encoded)) {
    throw new Error('Expected a value to be what it was after it was encoded again')
  }
  if (!same(codec.encodeCanonical(again.value), codec.encodeCanonical(decoded.value))) {
    throw new Error('Expected the canonical form of a value to be that of what it was')
  }
}

function scanned(bytes: Uint8Array): Uint8Array | undefined {
  const end = unlessRefused(() => new Scanner(DEFAULT_LIMITS).scan(bytes, 0, bytes.byteLength))
  return end === undefined ? undefined : bytes.subarray(0, end)
}

function runList(bytes: Uint8Array): void {
  const payload = scanned(bytes)
  if (payload === undefined) return
  for (const count of [0, 1, 2, bytes.byteLength]) {
    try {
      const list = codec.decodeList(payload, count)
      if (list.length !== count) throw new Error(`Expected ${count} values, got ${list.length}`)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
}

/** `undefined` for the one thing that is well-formed and not built: more numbers as keys than a value may have. */
function decode(payload: Uint8Array): { readonly value: unknown } | undefined {
  try {
    const value = codec.decode(payload)
    if (Object.getPrototypeOf({}) !== Object.prototype || 'polluted' in {}) throw new Error('Expected no pollution')
    return { value }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
