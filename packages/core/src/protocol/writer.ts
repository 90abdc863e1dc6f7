import type { Payload } from './frame.ts'
import { claimRoom } from './payload-room.ts'
import { encodeUtf8 } from './utf8.ts'

const INITIAL_BYTES = 512

const NOTHING = new Uint8Array(0)

/** Writes the envelope: MessagePack in its shortest forms, into a buffer that grows and is used again. */
export class Writer {
  #bytes: Uint8Array
  #view: DataView
  /** Whether a payload lies in the buffer that others have too: what was written from there on stays as it is. */
  #isShared = false
  /** Of the next buffer. */
  #leastBytes = 0
  /** Offset of what is written next. */
  offset: number

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(initialBytes)
    this.#view = new DataView(this.#bytes.buffer)
    this.offset = 0
  }

  /** Bytes that its buffer has room for. */
  get capacity(): number {
    return this.#bytes.byteLength
  }

  /** What was written from `start` on, as a view that the next write may change. */
  view(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.offset)
  }

  /** As `view`, copied. */
  copy(start: number): Uint8Array {
    return this.#bytes.slice(start, this.offset)
  }

  /**
   * Starts anew on a fresh buffer: the old one belongs to whoever holds a view of it.
   *
   * @param bytes that are likely to be written, with a buffer of which the next write begins
   */
  renew(bytes: number = INITIAL_BYTES): void {
    this.#use(NOTHING)
    this.#leastBytes = bytes
    this.#isShared = false
  }

  /** Forgets what was written from `offset` on. */
  rewind(offset: number): void {
    if (this.#isShared) {
      const written = this.#bytes.subarray(0, offset)
      this.renew()
      this.offset = 0
      this.writeEncoded(written)
    }
    this.offset = offset
  }

  writeArrayHeader(length: number): void {
    if (length < 16) this.#byte(0x90 | length)
    else this.#sized(0xdb, length, 2)
  }

  writeMapHeader(size: number): void {
    if (size < 16) this.#byte(0x80 | size)
    else this.#sized(0xdd, size, 2)
  }

  writeNil(): void {
    this.#byte(0xc0)
  }

  writeBoolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2)
  }

  /** @throws RangeError where `value` is not an integer from 0 to 2^53-1: a fault of this end, not of the peer. */
  writeUint(value: number, field: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Expected \`${field}\` to be an integer >= 0, got \`${value}\` (${typeof value})`)
    }
    if (value < 0x80) {
      this.#byte(value)
    } else if (value < 0x100000000) {
      this.#sized(0xcc, value, 1)
    } else {
      this.#reserve(9)
      this.#bytes[this.offset] = 0xcf
      this.#view.setUint32(this.offset + 1, Math.floor(value / 0x100000000))
      this.#view.setUint32(this.offset + 5, value % 0x100000000)
      this.offset += 9
    }
  }

  /** An integer where `value` is one and not negative, else a float of 8 bytes. */
  writeNumber(value: number, field: string): void {
    if (Number.isSafeInteger(value) && value >= 0) {
      this.writeUint(value, field)
      return
    }
    this.#reserve(9)
    this.#bytes[this.offset] = 0xcb
    this.#view.setFloat64(this.offset + 1, value)
    this.offset += 9
  }

  /** @returns the length in bytes, without the head */
  writeString(text: string): number {
    // The head's size follows from the byte length, which is known only afterwards: guess, then move if wrong.
    this.#reserve(5 + text.length * 3)
    const guess = stringHeadBytes(text.length)
    const length = encodeUtf8(text, this.#bytes, this.offset + guess)
    const headBytes = stringHeadBytes(length)
    const start = this.offset
    if (headBytes !== guess) this.#bytes.copyWithin(start + headBytes, start + guess, start + guess + length)
    if (headBytes === 1) this.#byte(0xa0 | length)
    else this.#sized(0xd9, length, 1)
    this.offset = start + headBytes + length
    return length
  }

  /** Text for people to read: cut off rather than refused where it would pass `maxBytes`. */
  writeText(text: string, maxBytes: number): void {
    const certainlyFits = Math.floor(maxBytes / 3)
    this.writeString(text.length <= certainlyFits ? text : text.slice(0, certainlyFits))
  }

  writeBytes(bytes: Uint8Array): void {
    this.#sized(0xc4, bytes.byteLength, 1)
    this.writeEncoded(bytes)
  }

  /** Safe integers of either sign, one behind the other. */
  writeIntegers(values: Float64Array, length: number): void {
    this.#reserve(length * 9)
    for (let i = 0; i < length; i += 1) this.#integer(values[i]!)
  }

  /** A safe integer of either sign, not -0. */
  writeInteger(value: number): void {
    this.#reserve(9)
    this.#integer(value)
  }

  /** A float in 4 bytes where nothing is lost by it, else in 8. */
  writeFloat(value: number): void {
    this.#reserve(9)
    const isShort = Math.fround(value) === value
    this.#bytes[this.offset] = isShort ? 0xca : 0xcb
    if (isShort) this.#view.setFloat32(this.offset + 1, value)
    else this.#view.setFloat64(this.offset + 1, value)
    this.offset += isShort ? 5 : 9
  }

  writeByte(byte: number): void {
    this.#byte(byte)
  }

  /** The head of an extension; its contents follow by `writeEncoded`. */
  writeExtensionHeader(type: number, length: number): void {
    this.#sized(0xc7, length, 1)
    this.#byte(type & 0xff)
  }

  /** Bytes that are MessagePack already, as they are. */
  writeEncoded(bytes: Payload): void {
    const room = claimRoom(bytes, this.offset)
    if (room === undefined) {
      this.#reserve(bytes.byteLength)
      this.#bytes.set(bytes, this.offset)
    } else {
      // A megabyte of bytes is copied once instead of twice.
      room.set(this.#bytes.subarray(0, this.offset))
      this.#use(room)
      this.#isShared = true
    }
    this.offset += bytes.byteLength
  }

  /** There must be room for 9 bytes. */
  #integer(value: number): void {
    const at = this.offset
    const bytes = this.#bytes
    if (value >= 0) {
      if (value < 0x80) {
        bytes[at] = value
        this.offset = at + 1
      } else if (value < 0x10000) {
        this.#small(value < 0x100 ? 0xcc : 0xcd, value)
      } else if (value < 0x100000000) {
        bytes[at] = 0xce
        this.#view.setUint32(at + 1, value)
        this.offset = at + 5
      } else {
        this.#long(0xcf, value)
      }
    } else if (value >= -0x20) {
      bytes[at] = value & 0xff
      this.offset = at + 1
    } else if (value >= -0x8000) {
      this.#small(value < -0x80 ? 0xd1 : 0xd0, value)
    } else if (value >= -0x80000000) {
      bytes[at] = 0xd2
      this.#view.setInt32(at + 1, value)
      this.offset = at + 5
    } else {
      this.#long(0xd3, value)
    }
  }

  /** An integer of one byte, or of two where the head is odd. */
  #small(head: number, value: number): void {
    const at = this.offset
    const bytes = this.#bytes
    bytes[at] = head
    if ((head & 1) === 0) {
      bytes[at + 1] = value & 0xff
      this.offset = at + 2
    } else {
      bytes[at + 1] = (value >> 8) & 0xff
      bytes[at + 2] = value & 0xff
      this.offset = at + 3
    }
  }

  #long(head: number, value: number): void {
    const at = this.offset
    const high = Math.floor(value / 0x100000000)
    this.#bytes[at] = head
    this.#view.setInt32(at + 1, high)
    this.#view.setUint32(at + 5, value - high * 0x100000000)
    this.offset = at + 9
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.offset] = byte
    this.offset += 1
  }

  /**
   * A head and what it announces, in the fewest bytes. Heads of 1, 2 and 4 such bytes follow each other: `head` is that of 1,
   * whether or not there is one.
   */
  #sized(head: number, value: number, leastBytes: 1 | 2): void {
    this.#reserve(5)
    const at = this.offset
    if (value < 0x100 && leastBytes === 1) {
      this.#bytes[at] = head
      this.#bytes[at + 1] = value
      this.offset = at + 2
    } else if (value < 0x10000) {
      this.#bytes[at] = head + 1
      this.#view.setUint16(at + 1, value)
      this.offset = at + 3
    } else {
      this.#bytes[at] = head + 2
      this.#view.setUint32(at + 1, value)
      this.offset = at + 5
    }
  }

  #reserve(length: number): void {
    const needed = this.offset + length
    if (needed <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2, this.#leastBytes))
    grown.set(this.#bytes.subarray(0, this.offset))
    this.#use(grown)
    this.#isShared = false
  }

  #use(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

function stringHeadBytes(length: number): number {
  if (length < 32) return 1
  if (length < 0x100) return 2
  return length < 0x10000 ? 3 : 5
}
