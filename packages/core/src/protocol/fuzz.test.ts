import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import messages from '../../vectors/messages.json' with { type: 'json' }
import refused from '../../vectors/refused.json' with { type: 'json' }
import values from '../../vectors/values.json' with { type: 'json' }
import { CloseCode } from './close-codes.ts'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { type Frame, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { MessageBuilder } from './message-builder.ts'
import { Scanner } from './scan.ts'
import { createValueCodec } from './value-codec.ts'
import { fromHex, type RefusedVector, refusedBytes } from './vector-notation.fixture.ts'
import { ProtocolViolation } from './violation.ts'

const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {}
/** Inputs in all, half of them messages and half values. */
const RUNS = Number(environment['TAUTLINE_FUZZ_RUNS'] ?? 100_000)
const SEED = Number(environment['TAUTLINE_FUZZ_SEED'] ?? Date.now() % 0x7fffffff)

const codec = createValueCodec()
const closeCodes: ReadonlySet<number> = new Set(Object.values(CloseCode))

type Edit = readonly [kind: 'set' | 'insert' | 'remove' | 'cut' | 'repeat', at: number, byte: number]

/** Heads where MessagePack changes its mind, and bytes that mean something to this protocol. */
const tellingByte = fc.constantFrom(
  ...fromHex('00 01 40 41 5f 60 7f 80 81 8f 90 91 9f a0 a1 bf c0 c1 c4 c5 c6 c7 c8 c9 ca cb cc cd ce cf'),
  ...fromHex('d0 d3 d4 d5 d7 d8 d9 da db dc dd de df e0 ff'),
)

const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.constantFrom('set', 'insert', 'remove', 'cut', 'repeat'),
  fc.nat({ max: 400 }),
  fc.oneof(tellingByte, fc.nat({ max: 255 })),
)

function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const edited = [...bytes]
  for (const [kind, place, byte] of edits) {
    const at = edited.length === 0 ? 0 : place % edited.length
    if (kind === 'set') edited[at] = byte
    else if (kind === 'insert') edited.splice(at, 0, byte)
    else if (kind === 'remove') edited.splice(at, 1)
    else if (kind === 'cut') edited.length = at
    else edited.push(...edited.slice(at, at + byte))
  }
  return Uint8Array.from(edited)
}

/** Any bytes, telling bytes, and what is left of good inputs after a few edits. */
function inputs(good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const mutated = fc
    .tuple(fc.constantFrom(...good), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([bytes, edits]) => applyEdits(bytes, edits))
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    { weight: 2, arbitrary: fc.array(tellingByte, { maxLength: 48 }).map((bytes) => Uint8Array.from(bytes)) },
    { weight: 5, arbitrary: mutated },
  )
}

const HEADER = Uint8Array.of(0x93, 0x00, 0x00, 0x00)

/** Behind a good header, so that most of them come further than that. */
function withHeader(bodies: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return bodies.map((body) => Uint8Array.of(...HEADER, ...body))
}

/** Frames of every type, with fields of every kind. */
const shapedBody: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom<number>(...Object.values(FrameType)), fc.nat({ max: 130 })),
      fc.array(fc.oneof(fc.nat({ max: 300 }), fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 })), {
        maxLength: 7,
      }),
    ),
    { maxLength: 3 },
  )
  .map((frames) => encode(frames.map(([type, fields]) => [type, ...fields])))

function smallRefused(): Uint8Array[] {
  return (refused as readonly RefusedVector[]).filter(({ hex }) => hex !== undefined).map(refusedBytes)
}

/** The result, or `undefined` for a refusal. Anything thrown that is not a violation fails the test. */
function unlessRefused<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolViolation && closeCodes.has(error.closeCode)) return undefined
    throw error
  }
}

function payloadsOf(frame: Frame): readonly Uint8Array[] {
  const contents = frame.type === FrameType.Hello ? frame.hello : frame
  return Object.entries(contents).flatMap(([key, value]) =>
    value instanceof Uint8Array && key !== 'token' ? [value] : [],
  )
}

function decodeAll(message: Uint8Array): readonly Frame[] | undefined {
  const envelope = unlessRefused(() => decodeEnvelope(message, DEFAULT_LIMITS))
  return envelope && unlessRefused(() => decodeBody(envelope.body, DEFAULT_LIMITS))
}

test(`no message throws anything but a violation (seed ${SEED})`, { timeout: 300_000 }, () => {
  const good = (messages as readonly { hex: string }[]).map(({ hex }) => fromHex(hex))
  const bodies = good.map((message) => decodeEnvelope(message, DEFAULT_LIMITS).body)
  const any = fc.oneof(
    { weight: 1, arbitrary: inputs([...good, ...smallRefused()]) },
    { weight: 3, arbitrary: withHeader(inputs(bodies)) },
    { weight: 2, arbitrary: withHeader(shapedBody) },
  )
  let accepted = 0
  fc.assert(
    fc.property(any, (message) => {
      const frames = decodeAll(message)
      if (!frames) return
      accepted += 1
      for (const frame of frames) for (const payload of payloadsOf(frame)) codec.decode(payload)
      // What was understood can be said again, and is then understood in the same way.
      const builder = new MessageBuilder()
      for (const frame of frames) builder.append(frame)
      const { countedCount } = builder
      const again = decodeAll(builder.takeMessage({ seq: countedCount === 0 ? 0 : 1, count: countedCount, ack: 0 }))
      expect(again).toEqual(frames)
    }),
    { numRuns: Math.ceil(RUNS / 2), seed: SEED },
  )
  console.info(`fuzz: seed ${SEED}, ${Math.ceil(RUNS / 2)} messages, ${accepted} of them accepted`)
})

test(`no value passes the scanner and then fails to decode (seed ${SEED})`, { timeout: 300_000 }, () => {
  const good = (values as readonly { hex: string }[])
    .map(({ hex }) => fromHex(hex))
    .filter(({ length }) => length < 300)
  let accepted = 0
  fc.assert(
    fc.property(inputs(good), (bytes) => {
      const end = unlessRefused(() => new Scanner(DEFAULT_LIMITS).scan(bytes, 0, bytes.byteLength))
      if (end === undefined) return
      accepted += 1
      const value = codec.decode(bytes.subarray(0, end))
      const encoded = codec.encode(value)
      expect(codec.encode(codec.decode(encoded))).toEqual(encoded)
    }),
    { numRuns: Math.floor(RUNS / 2), seed: SEED },
  )
  console.info(`fuzz: seed ${SEED}, ${Math.floor(RUNS / 2)} values, ${accepted} of them accepted`)
})
