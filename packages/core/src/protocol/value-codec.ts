import { Encoder } from '@msgpack/msgpack'
import { decodeValue } from './decode-value.ts'
import type { Payload } from './frame.ts'
import { prepareValue } from './prepare-value.ts'
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
   * Decodes a payload that came out of a message (and so was scanned) or out of `encode`. Bytes below 64 KiB are copied,
   * and so is what is less than half of its message; others are views of the message they came in, never of other messages.
   *
   * @throws RangeError for more numbers as keys of Maps or members of Sets than `encode` takes
   */
  decode(payload: Payload): unknown
}

/** An encoder whose buffer has grown past this is dropped, so that one large value does not stay in memory. */
const KEPT_BYTES = 256 * 1024

const BIN_HEAD_BYTES = 5

/** A codec keeps its encoders from one value to the next; encoding inside of an encoding is safe. */
export function createValueCodec(): ValueCodec {
  const encodePlain = reusedEncoder(false)
  const encodeSorted = reusedEncoder(true)
  return {
    // Bytes alone, such as pieces of a file, need no encoder and are copied once.
    encode: (value) => (value instanceof Uint8Array ? encodeBin(value) : encodePlain(prepareValue(value, encodePlain))),
    encodeCanonical: (value) => encodeSorted(prepareValue(value, encodeSorted)),
    decode: decodeValue,
  }
}

/** A payload as a string, to look it up by in a `Map`. Of canonical payloads, equal values have equal keys. */
export function payloadKey(payload: Payload): string {
  let key = ''
  for (let i = 0; i < payload.length; i += 1) key += String.fromCharCode(payload[i]!)
  return key
}

function encodeBin(bytes: Uint8Array): Payload {
  const writer = new Writer(BIN_HEAD_BYTES + bytes.byteLength)
  writer.writeBytes(bytes)
  return writer.view(0)
}

function reusedEncoder(sortKeys: boolean): (prepared: unknown) => Uint8Array {
  let encoder = new Encoder({ sortKeys })
  return (prepared) => {
    const bytes = encoder.encode(prepared)
    if (bytes.byteLength > KEPT_BYTES) encoder = new Encoder({ sortKeys })
    return bytes
  }
}
