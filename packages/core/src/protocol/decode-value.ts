import { uint16At, uint32At } from './big-endian.ts'
import { decodeBigInt } from './big-integer.ts'
import { decodeBinary } from './binary-views.ts'
import { keyWeight, MAX_NUMBER_KEYS, SimpleValue, TOO_MANY_NUMBER_KEYS, ValueExtension } from './extension-types.ts'
import type { Payload } from './frame.ts'
import { ownBytes } from './own-bytes.ts'
import { decodeUtf8 } from './utf8.ts'

/** Up to here bytes are copied out of the message, so that a few of them do not keep all of it in memory. */
const COPIED_BYTES = 64 * 1024

/** Places of a record whose keys are remembered. */
const KNOWN_KEYS = 64

/**
 * Builds the value of a payload that the scanner has accepted; without that it may return nonsense, or throw, but
 * reads nothing outside of the payload. Throws for more numbers as keys than one value may have.
 *
 * Owns: which JavaScript value stands for what. Must not know: limits, frames, schemas.
 * Normative text: PROTOCOL.md, "Values".
 *
 * Offsets are known to be good from the scan; hence the `!`.
 */
export function decodeValue(payload: Payload): unknown {
  return new ValueReader(payload).read()
}

/**
 * As `decodeValue`, for an array of so many values that are payloads each: what bounds one of them is not shared by all.
 *
 * @throws RangeError for another number of values, too
 */
export function decodeList(payload: Payload, count: number): unknown[] {
  return new ValueReader(payload).readList(count)
}

/** Reads the values of one payload, one behind the other. */
export class ValueReader {
  readonly bytes: Uint8Array
  /** Offset of what is read next. */
  at = 0
  /** Made for the first number that needs it: it costs as much as a small value. */
  #lateView: DataView | undefined
  /** By its place, the key that stood there in the record before. */
  readonly #keys: string[] = []
  #numberKeys = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** The length of the array that begins here, or -1, and then nothing is read. */
  arrayLength(): number {
    const head = this.bytes[this.at]!
    if (head >= 0x90 && head < 0xa0) {
      this.at += 1
      return head & 0x0f
    }
    if (head !== 0xdc && head !== 0xdd) return -1
    this.at += 1
    return head === 0xdc ? this.#uint16() : this.#uint32()
  }

  read(): unknown {
    const head = this.#uint8()
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    if (head < 0x90) return this.#record(head & 0x0f)
    if (head < 0xa0) return this.#array(head & 0x0f)
    if (head < 0xc0) return this.#string(head & 0x1f)
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#bin(this.#uint8())
      case 0xc5:
        return this.#bin(this.#uint16())
      case 0xc6:
        return this.#bin(this.#uint32())
      case 0xc7:
        return this.#extension(this.#uint8())
      case 0xc8:
        return this.#extension(this.#uint16())
      case 0xc9:
        return this.#extension(this.#uint32())
      case 0xca:
        return this.#view.getFloat32(this.#skip(4))
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8))
      case 0xcc:
        return this.#uint8()
      case 0xcd:
        return this.#uint16()
      case 0xce:
        return this.#uint32()
      case 0xcf:
        return this.#uint32() * 0x100000000 + this.#uint32()
      case 0xd0:
        return this.#view.getInt8(this.#skip(1))
      case 0xd1:
        return this.#view.getInt16(this.#skip(2))
      case 0xd2:
        return this.#view.getInt32(this.#skip(4))
      case 0xd3:
        return this.#view.getInt32(this.#skip(4)) * 0x100000000 + this.#uint32()
      case 0xd9:
        return this.#string(this.#uint8())
      case 0xda:
        return this.#string(this.#uint16())
      case 0xdb:
        return this.#string(this.#uint32())
      case 0xdc:
        return this.#array(this.#uint16())
      case 0xdd:
        return this.#array(this.#uint32())
      case 0xde:
        return this.#record(this.#uint16())
      case 0xdf:
        return this.#record(this.#uint32())
      default:
        // 0xd4 to 0xd8: an extension of 1, 2, 4, 8 or 16 bytes.
        return this.#extension(1 << (head - 0xd4))
    }
  }

  readList(count: number): unknown[] {
    const length = this.arrayLength()
    if (length !== count) {
      throw new RangeError(`Expected a list of ${count} values, got ${length < 0 ? 'no list' : length}`)
    }
    const values: unknown[] = []
    for (let i = 0; i < count; i += 1) {
      this.#numberKeys = 0
      values.push(this.read())
    }
    return values
  }

  #array(length: number): unknown[] {
    const array: unknown[] = []
    for (let i = 0; i < length; i += 1) array.push(this.read())
    return array
  }

  #record(size: number): Record<string, unknown> {
    const record: Record<string, unknown> = {}
    for (let i = 0; i < size; i += 1) {
      const key = this.#key(i)
      record[key] = this.read()
    }
    return record
  }

  /** The scan lets through no keys but strings. Rows of a table have the same ones at the same places: made once. */
  #key(place: number): string {
    const start = this.at
    const known = this.#keys[place]
    if (known !== undefined && known.length < 32 && this.bytes[start] === (0xa0 | known.length)) {
      let i = 0
      while (i < known.length && this.bytes[start + 1 + i] === known.charCodeAt(i)) i += 1
      if (i === known.length) {
        this.at = start + 1 + i
        return known
      }
    }
    const key = this.read() as string
    if (place < KNOWN_KEYS) this.#keys[place] = key
    return key
  }

  #string(length: number): string {
    const start = this.#skip(length)
    return decodeUtf8(this.bytes, start, this.at)
  }

  #bin(length: number): Uint8Array {
    const start = this.#skip(length)
    return length < COPIED_BYTES ? this.bytes.slice(start, this.at) : ownBytes(this.bytes.subarray(start, this.at))
  }

  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#skip(1))
    if (type === ValueExtension.Map) return this.#map()
    if (type === ValueExtension.Set) return this.#set()
    const start = this.#skip(length)
    const contents = this.bytes.subarray(start, this.at)
    switch (type) {
      case ValueExtension.Timestamp:
        return this.#timestamp(start, length)
      case ValueExtension.Simple:
        return contents[0] === SimpleValue.Undefined ? undefined : -0
      case ValueExtension.BigInt:
        return decodeBigInt(contents)
      default:
        return decodeBinary(contents)
    }
  }

  #map(): Map<unknown, unknown> {
    const flat = this.read() as unknown[] // Scanned: it holds an array.
    const map = new Map<unknown, unknown>()
    for (let i = 0; i < flat.length; i += 2) {
      this.#countKey(flat[i])
      map.set(flat[i], flat[i + 1])
    }
    return map
  }

  #set(): Set<unknown> {
    const members = this.read() as unknown[] // Scanned: it holds an array.
    for (const member of members) this.#countKey(member)
    return new Set(members)
  }

  #countKey(key: unknown): void {
    this.#numberKeys += keyWeight(key)
    if (this.#numberKeys > MAX_NUMBER_KEYS) throw new RangeError(TOO_MANY_NUMBER_KEYS)
  }

  #timestamp(start: number, length: number): Date {
    const view = this.#view
    if (length === 4) return new Date(view.getUint32(start) * 1000)
    if (length === 8) {
      const high = view.getUint32(start)
      const seconds = (high & 0b11) * 0x100000000 + view.getUint32(start + 4)
      return new Date(seconds * 1000 + Math.floor((high >>> 2) / 1e6))
    }
    const seconds = view.getInt32(start + 4) * 0x100000000 + view.getUint32(start + 8)
    return new Date(seconds * 1000 + Math.floor(view.getUint32(start) / 1e6))
  }

  get #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes
    this.#lateView ??= new DataView(buffer, byteOffset, byteLength)
    return this.#lateView
  }

  #uint8(): number {
    return this.bytes[this.#skip(1)]!
  }

  #uint16(): number {
    return uint16At(this.bytes, this.#skip(2))
  }

  #uint32(): number {
    return uint32At(this.bytes, this.#skip(4))
  }

  /** Moves on and returns the offset before. */
  #skip(length: number): number {
    const start = this.at
    this.at = start + length
    return start
  }
}
