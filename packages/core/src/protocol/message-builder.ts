import { writeFrame } from './encode-frame.ts'
import { DEFLATED_BODY } from './extension-types.ts'
import { type Frame, isCounted, type MessageHeader } from './frame.ts'
import { ROOMY_BYTES } from './payload-room.ts'
import { Writer } from './writer.ts'
import { WriterPool } from './writer-pool.ts'

/** Room in front of the frames: an array of three integers of 9 bytes, and the head of the body. */
const HEADROOM_BYTES = 1 + 3 * 9 + 5

/** Of an array of one frame. */
const BODY_HEAD_BYTES = 1

/** Of an array of three integers. */
const HEADER_HEAD = 0x93

/** By the bytes of an integer with its head. */
const UINT_HEADS: Readonly<Record<number, number>> = { 2: 0xcc, 3: 0xcd, 5: 0xce, 9: 0xcf }

/**
 * Collects the frames of one message. They are written behind a gap, into which the heads go once the number of
 * frames and the header are known, so that no frame moves.
 *
 * Normative text: PROTOCOL.md, "Messages".
 */
export class MessageBuilder {
  readonly #writers: WriterPool
  /** While there is something in it. */
  #writer: Writer | undefined
  /** A body of one frame that is all there is so far: it belongs to many messages, and is not copied for nothing. */
  #alone: Uint8Array | undefined
  #frameCount = 0
  #countedCount = 0

  /** @param writers where to borrow a buffer while there are frames @default one that it has for itself */
  constructor(writers: WriterPool = new WriterPool()) {
    this.#writers = writers
  }

  /** Frames collected since the last `takeMessage`, `takeBody` or `reset`. */
  get frameCount(): number {
    return this.#frameCount
  }

  /** Those of them that the header's `count` counts. */
  get countedCount(): number {
    return this.#countedCount
  }

  /** Bytes of the collected frames, without any head around them. */
  get byteLength(): number {
    if (this.#alone !== undefined) return this.#alone.byteLength - BODY_HEAD_BYTES
    return this.#writer === undefined ? 0 : this.#writer.offset - HEADROOM_BYTES
  }

  /**
   * Adds a frame and says whether it did: not where `byteLength` would pass `maxBytes`. Such a frame leaves no trace, and
   * neither does one that cannot be written and throws.
   */
  append(frame: Frame, maxBytes: number = Number.POSITIVE_INFINITY): boolean {
    const writer = this.#open()
    const start = writer.offset
    let fits = false
    try {
      writeFrame(writer, frame)
      fits = this.byteLength <= maxBytes
    } finally {
      if (!fits) this.#forget(writer, start)
    }
    if (!fits) return false
    this.#frameCount += 1
    if (isCounted(frame)) this.#countedCount += 1
    return true
  }

  /** Adds the frame of a body that holds one, as `takeBody` gives it: for frames that go to many receivers. */
  appendBody(body: Uint8Array, counted: boolean): void {
    if (this.#frameCount === 0) this.#alone = body
    else this.#open().writeEncoded(body.subarray(BODY_HEAD_BYTES))
    this.#frameCount += 1
    if (counted) this.#countedCount += 1
  }

  /** The body of the next message, if others have it too. */
  get sharedBody(): Uint8Array | undefined {
    return this.#alone
  }

  /** The whole message, uncompressed, in memory that belongs to the caller. Empties the builder. */
  takeMessage(header: MessageHeader): Uint8Array {
    const alone = this.#alone
    if (alone === undefined) return this.#take(headerBytes(header), header)
    this.reset()
    return joinMessage(header, alone, false)
  }

  /** The body alone, to be compressed or shared and then joined by `joinMessage`. Empties the builder. */
  takeBody(): Uint8Array {
    const alone = this.#alone
    if (alone === undefined) return this.#take(0, undefined)
    this.reset()
    return alone
  }

  /** Forgets what was collected. */
  reset(): void {
    if (this.#writer !== undefined) this.#writers.give(this.#writer)
    this.#writer = undefined
    this.#alone = undefined
    this.#frameCount = 0
    this.#countedCount = 0
  }

  #open(): Writer {
    if (this.#writer === undefined) {
      this.#writer = this.#writers.take()
      this.#writer.offset = HEADROOM_BYTES
    }
    if (this.#alone !== undefined) {
      this.#writer.writeEncoded(this.#alone.subarray(BODY_HEAD_BYTES))
      this.#alone = undefined
    }
    return this.#writer
  }

  #forget(writer: Writer, start: number): void {
    writer.rewind(start)
    if (this.#frameCount === 0) this.reset()
  }

  #take(lengthOfHeader: number, header: MessageHeader | undefined): Uint8Array {
    const writer = this.#open()
    const end = writer.offset
    const start = HEADROOM_BYTES - arrayHeadBytes(this.#frameCount) - lengthOfHeader
    writer.offset = start
    if (header) writeHeader(writer, header)
    writer.writeArrayHeader(this.#frameCount)
    writer.offset = end

    // With the buffer instead of a copy of it; of a payload whose room it is built in, it is the memory.
    const handsOver = end - start > ROOMY_BYTES
    const taken = handsOver ? writer.view(start) : writer.copy(start)
    if (handsOver) writer.renew()
    this.reset()
    return taken
  }
}

/** Puts a header in front of a body that was made before: `takeBody`'s, or what a compressor made of it. */
export function joinMessage(header: MessageHeader, body: Uint8Array, compressed: boolean): Uint8Array {
  if (!compressed) return behindHeader(header, body)
  const writer = new Writer(HEADROOM_BYTES + body.byteLength)
  writeHeader(writer, header)
  writer.writeExtensionHeader(DEFLATED_BODY, body.byteLength)
  writer.writeEncoded(body)
  return writer.view(0)
}

/** Without a writer, which for an event to a thousand receivers would cost as much as all the rest. */
function behindHeader(header: MessageHeader, body: Uint8Array): Uint8Array {
  const length = headerBytes(header)
  const message = new Uint8Array(length + body.byteLength)
  message[0] = HEADER_HEAD
  let at = putUint(message, 1, header.seq)
  at = putUint(message, at, header.count)
  putUint(message, at, header.ack)
  message.set(body, length)
  return message
}

/** Returns the offset behind. */
function putUint(bytes: Uint8Array, at: number, value: number): number {
  const length = uintBytes(value)
  if (length === 1) bytes[at] = value
  else {
    bytes[at] = UINT_HEADS[length]!
    for (let i = at + length - 1, rest = value; i > at; i -= 1, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  }
  return at + length
}

function writeHeader(writer: Writer, header: MessageHeader): void {
  writer.writeArrayHeader(3)
  writer.writeUint(header.seq, 'seq')
  writer.writeUint(header.count, 'count')
  writer.writeUint(header.ack, 'ack')
}

/** How many bytes a header takes in front of its body. */
export function headerBytes(header: MessageHeader): number {
  return 1 + uintBytes(header.seq) + uintBytes(header.count) + uintBytes(header.ack)
}

function uintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x100) return 2
  if (value < 0x10000) return 3
  return value < 0x100000000 ? 5 : 9
}

function arrayHeadBytes(length: number): number {
  if (length < 16) return 1
  return length < 0x10000 ? 3 : 5
}
