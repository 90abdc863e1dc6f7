import { int64At, uint16At, uint32At } from './big-endian.ts'
import { UNDEFINED_BYTES } from './extension-types.ts'
import type { Payload } from './frame.ts'
import type { Limits } from './limits.ts'
import { Scanner } from './scan.ts'
import { decodeUtf8, isUtf8 } from './utf8.ts'
import { malformed, type ProtocolViolation } from './violation.ts'

/**
 * Reads the envelope: the MessagePack of frames and control maps, field by field, each with the type it must have.
 * Payloads inside are checked by the scanner and handed out as views.
 *
 * Every method names the field it reads for the violation it may throw. Offsets are checked before each read; hence
 * the `!`.
 */
export class Reader {
  readonly bytes: Uint8Array
  /** Offset of what is read next. */
  offset = 0
  readonly #limits: Limits
  /** One for all payloads, since its budget is that of the message. */
  #scanner: Scanner | undefined

  constructor(bytes: Uint8Array, limits: Limits) {
    this.bytes = bytes
    this.#limits = limits
  }

  readArrayHeader(field: string, maxEntries: number = Number.POSITIVE_INFINITY): number {
    const head = this.#head(field)
    let length: number
    if (head >= 0x90 && head < 0xa0) length = head & 0x0f
    else if (head === 0xdc || head === 0xdd) length = this.#uint(head === 0xdc ? 2 : 4, field)
    else throw this.#unexpected(field, 'an array', head)
    return this.#within(length, maxEntries, 'entries', field)
  }

  readMapHeader(field: string, maxEntries: number): number {
    const head = this.#head(field)
    let size: number
    if (head >= 0x80 && head < 0x90) size = head & 0x0f
    else if (head === 0xde || head === 0xdf) size = this.#uint(head === 0xde ? 2 : 4, field)
    else throw this.#unexpected(field, 'a map', head)
    return this.#within(size, maxEntries, 'entries', field)
  }

  /** An integer from 0 to 2^53-1, in any of MessagePack's integer formats. */
  readUint(field: string): number {
    const head = this.#head(field)
    if (head < 0x80) return head
    const value = this.#wideInteger(head, field)
    if (value === undefined || value < 0) throw this.#unexpected(field, 'an integer >= 0', head)
    return value
  }

  /** A finite number: an integer of at most 53 bits, or a float. */
  readNumber(field: string): number {
    const head = this.#head(field)
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    if (head === 0xca || head === 0xcb) {
      const size = head === 0xca ? 4 : 8
      const at = this.#take(size, field)
      const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + at, size)
      const float = size === 4 ? view.getFloat32(0) : view.getFloat64(0)
      if (Number.isFinite(float)) return float
    }
    const value = this.#wideInteger(head, field)
    if (value === undefined) throw this.#unexpected(field, 'a finite number', head)
    return value
  }

  readBoolean(field: string): boolean {
    const head = this.#head(field)
    if (head === 0xc2) return false
    if (head === 0xc3) return true
    throw this.#unexpected(field, 'a boolean', head)
  }

  /** Well-formed UTF-8 of at most `maxBytes`. */
  readString(field: string, maxBytes: number): string {
    const head = this.#head(field)
    let length: number
    if (head >= 0xa0 && head < 0xc0) length = head & 0x1f
    else if (head >= 0xd9 && head <= 0xdb) length = this.#uint(1 << (head - 0xd9), field)
    else throw this.#unexpected(field, 'a string', head)
    const start = this.#take(this.#within(length, maxBytes, 'bytes', field), field)
    if (!isUtf8(this.bytes, start, this.offset)) {
      throw malformed(`Expected \`${field}\` to be UTF-8`)
    }
    return decodeUtf8(this.bytes, start, this.offset)
  }

  /** A copy of the bytes of a bin of at most `maxBytes`. */
  readBytes(field: string, maxBytes: number): Uint8Array {
    const head = this.#head(field)
    if (head < 0xc4 || head > 0xc6) throw this.#unexpected(field, 'bytes', head)
    const length = this.#within(this.#uint(1 << (head - 0xc4), field), maxBytes, 'bytes', field)
    const start = this.#take(length, field)
    return this.bytes.slice(start, this.offset)
  }

  /** The contents of an extension of type `type` that is the last thing there is, as a view. */
  readLastExtension(field: string, type: number): Uint8Array {
    const head = this.#head(field)
    let length: number
    if (head >= 0xd4 && head <= 0xd8) length = 1 << (head - 0xd4)
    else if (head >= 0xc7 && head <= 0xc9) length = this.#uint(1 << (head - 0xc7), field)
    else throw this.#unexpected(field, `an array or an extension of type ${type}`, head)
    const actual = this.#head(field)
    if (actual !== type) {
      throw malformed(`Expected \`${field}\` to be of extension type ${type}, got ${actual}`)
    }
    const start = this.#take(length, field)
    if (!this.atEnd) throw malformed(`Bytes behind \`${field}\``)
    return this.bytes.subarray(start)
  }

  /** One value of any kind, scanned, as a view. It may be nested `moreLevels` deeper than the limit says. */
  readPayload(moreLevels = 0): Payload {
    const start = this.offset
    this.skip(moreLevels)
    return this.bytes.subarray(start, this.offset)
  }

  /** As `readPayload`, with the value `undefined` for what a sender could not leave out. */
  readOptionalPayload(moreLevels = 0): Payload | undefined {
    const { bytes, offset } = this
    const [first, second, third] = UNDEFINED_BYTES
    if (bytes[offset] === first && bytes[offset + 1] === second && bytes[offset + 2] === third) {
      this.offset += 3
      return undefined
    }
    return this.readPayload(moreLevels)
  }

  /** Checks a value and leaves it. */
  skip(moreLevels = 0): void {
    this.#scanner ??= new Scanner(this.#limits)
    this.#scanner.moreLevels = moreLevels
    this.offset = this.#scanner.scan(this.bytes, this.offset, this.bytes.byteLength)
  }

  /** Steps over nil, which stands for an absent field; says whether there was one. */
  skipNil(): boolean {
    if (this.bytes[this.offset] !== 0xc0) return false
    this.offset += 1
    return true
  }

  get nextIsString(): boolean {
    const head = this.bytes[this.offset]
    return head !== undefined && ((head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb))
  }

  get atEnd(): boolean {
    return this.offset === this.bytes.byteLength
  }

  #head(field: string): number {
    return this.bytes[this.#take(1, field)]!
  }

  /** Moves on by `length` and returns the offset before. */
  #take(length: number, field: string): number {
    const start = this.offset
    if (length > this.bytes.byteLength - start) {
      throw malformed(`The bytes end inside \`${field}\``)
    }
    this.offset = start + length
    return start
  }

  #uint(size: number, field: string): number {
    const at = this.#take(size, field)
    if (size === 1) return this.bytes[at]!
    return size === 2 ? uint16At(this.bytes, at) : uint32At(this.bytes, at)
  }

  /** Integers of the formats with a head of their own; `undefined` for other heads and beyond 2^53-1. */
  #wideInteger(head: number, field: string): number | undefined {
    switch (head) {
      case 0xcc:
        return this.#uint(1, field)
      case 0xcd:
        return this.#uint(2, field)
      case 0xce:
        return this.#uint(4, field)
      case 0xd0:
        return (this.#uint(1, field) << 24) >> 24
      case 0xd1:
        return (this.#uint(2, field) << 16) >> 16
      case 0xd2:
        return this.#uint(4, field) | 0
      case 0xcf:
      case 0xd3: {
        const value = int64At(this.bytes, this.#take(8, field), head === 0xd3)
        return Number.isSafeInteger(value) ? value : undefined
      }
      default:
        return undefined
    }
  }

  #within(length: number, max: number, what: 'bytes' | 'entries', field: string): number {
    if (length <= max) return length
    throw malformed(`Expected \`${field}\` to have at most ${max} ${what}, got ${length}`)
  }

  #unexpected(field: string, expected: string, head: number): ProtocolViolation {
    const got = `0x${head.toString(16).padStart(2, '0')}`
    return malformed(`Expected \`${field}\` to be ${expected}, got \`${got}\` (MessagePack head)`)
  }
}
