import { Encoder } from '@msgpack/msgpack'
import { decodeList, decodeValue } from './decode-value.ts'
import type { Payload } from './frame.ts'
import { offerRoom, ROOM_BEFORE_BYTES, ROOM_BEHIND_BYTES, ROOMY_BYTES } from './payload-room.ts'
import { createPartPreparation, prepareValue } from './prepare-value.ts'
import { PlainValueList, type ValueList } from './value-list.ts'
import { Writer } from './writer.ts'

/** Values of unknown shape to payloads and back. */
export interface ValueCodec {
  /**
   * Encodes one value, in memory of its own. Everything arrives as what it was: `undefined`, `Date`, `bigint`, `Map`, `Set`,
   * `Uint8Array`, the other typed arrays, `DataView`, `ArrayBuffer`, -0. A subclass of `Uint8Array`, such as Node's
   * `Buffer`, arrives as a `Uint8Array`.
   *
   * @throws UnserialisableError for functions, symbols, errors, instances of classes, cycles, nesting deeper than 64, invalid
   * dates, half surrogate pairs, the key `__proto__`, and more than 8192 numbers as keys of Maps or members of Sets (a bigint
   * counts for four).
   */
  encode(value: unknown): Payload
  /** As `encode`, with the keys of objects sorted: equal objects give equal bytes. Maps and sets keep their order. */
  encodeCanonical(value: unknown): Payload
  /**
   * For values that become parts of one payload, each by one call of what this returns: as `encode`, with what is limited
   * per payload counted over all of them.
   */
  encoderOfParts(): PartEncoder
  /**
   * Decodes a payload that came out of a message (and so was scanned) or out of `encode`. Bytes below 64 KiB are copied,
   * and so is what is less than half of its message; others are views of the message they came in, never of other messages.
   *
   * @throws RangeError for more numbers as keys of Maps or members of Sets than `encode` takes
   */
  decode(payload: Payload): unknown
  /** For values that travel together. Each is encoded as by `encode`, and held to its bounds alone. */
  createList(): ValueList
  /**
   * The values of a list, each as by `decode`.
   *
   * @throws RangeError where it does not hold `count` values
   */
  decodeList(payload: Payload, count: number): unknown[]
}

/** `depth`: how many arrays, maps, Maps and Sets of the payload there are around the part. */
export type PartEncoder = (part: unknown, depth: number) => Payload

/** An encoder whose buffer has grown past this is dropped, so that one large value does not stay in memory. */
const KEPT_BYTES = 256 * 1024

const BIN_HEAD_BYTES = 5

/** A codec keeps its encoders from one value to the next; encoding inside of an encoding is safe. */
export function createValueCodec(): ValueCodec {
  const encodePlain = reusedEncoder(false)
  const encodeSorted = reusedEncoder(true)
  const encodeShared = reusedEncoder(false, 'shared')
  const appendPlain = (value: unknown, writer: Writer): void => {
    if (value instanceof Uint8Array) writer.writeBytes(value)
    else writer.writeEncoded(encodeShared(prepareValue(value, encodePlain)))
  }
  return {
    // Bytes alone, such as pieces of a file, need no encoder and are copied once.
    encode: (value) => (value instanceof Uint8Array ? encodeBin(value) : encodePlain(prepareValue(value, encodePlain))),
    encodeCanonical: (value) => encodeSorted(prepareValue(value, encodeSorted)),
    encoderOfParts() {
      const prepare = createPartPreparation(encodePlain)
      return (part, depth) => encodePlain(prepare(part, depth))
    },
    decode: decodeValue,
    createList: () => new PlainValueList(appendPlain),
    decodeList,
  }
}

/** A payload as a string, to look it up by in a `Map`. Of canonical payloads, equal values have equal keys. */
export function payloadKey(payload: Payload): string {
  let key = ''
  for (let i = 0; i < payload.length; i += 1) key += String.fromCharCode(payload[i]!)
  return key
}

function encodeBin(bytes: Uint8Array): Payload {
  const isRoomy = bytes.byteLength >= ROOMY_BYTES
  const before = isRoomy ? ROOM_BEFORE_BYTES : 0
  const behind = isRoomy ? ROOM_BEHIND_BYTES : 0
  const writer = new Writer(before + BIN_HEAD_BYTES + bytes.byteLength + behind)
  writer.offset = before
  writer.writeBytes(bytes)
  const payload = writer.view(before)
  return isRoomy ? offerRoom(payload) : payload
}

/** @param memory whether what it gives is the caller's, or changes with the next value */
function reusedEncoder(sortKeys: boolean, memory: 'own' | 'shared' = 'own'): (prepared: unknown) => Uint8Array {
  let encoder = new Encoder({ sortKeys })
  return (prepared) => {
    const bytes = memory === 'own' ? encoder.encode(prepared) : encoder.encodeSharedRef(prepared)
    if (bytes.byteLength > KEPT_BYTES) encoder = new Encoder({ sortKeys })
    return bytes
  }
}
