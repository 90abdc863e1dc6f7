/*
 * Frames of a client, as a server has to read them: RFC 6455, sections 5 and 7.
 *
 * Owns: where frames and messages begin and end, and what breaks the rules. Must not know: sockets.
 */
import { isUtf8 } from 'node:buffer'
import { sendableCode } from '../../close-frame.ts'
import { freeMemory } from '../freed-memory.ts'
import {
  FIN,
  lengthEndOf,
  MASK_BYTES,
  MASKED,
  MOST_CONTROL_BYTES,
  OPCODE,
  Opcode,
  payloadBytesOf,
  RESERVED,
  RSV1,
} from './frames.ts'
import { PartialMessage } from './partial-message.ts'
import { unmask } from './unmask.ts'

/** What a reader finds, in its order. Nothing of it may throw, and nothing follows `peerClosed` and `violation`. */
export interface FrameListener {
  /** A whole message. `bytes` may be a part of what was read. */
  message(bytes: Uint8Array): void
  /** A whole message of text. */
  text(): void
  ping(payload: Uint8Array): void
  /** @param code 1005 where the peer gave none */
  peerClosed(code: number, reason: string): void
  /** @param code to close with */
  violation(code: number): void
}

/** What a compressed message was, or else the code to close with. */
export type Inflate = (compressed: Uint8Array) => Uint8Array | number

const PROTOCOL_ERROR = 1002
const NO_CODE = 1005
const GARBLED = 1007
const POLICY = 1008
const TOO_BIG = 1009

/** Of one message: each costs something, and need bring nothing. */
const MOST_FRAMES = 16 * 1024

export class FrameReader {
  readonly #listener: FrameListener
  readonly #maxMessageBytes: number
  readonly #inflate: Inflate | undefined
  /** The beginning of a head or of a control frame. */
  #rest: Uint8Array | undefined
  #partial: PartialMessage | undefined
  #isDone = false
  /** To be set, also by what a message brings about: what is left of a piece stays unread. */
  isPaused = false

  /** @param inflate where RFC 7692 was agreed on */
  constructor(listener: FrameListener, maxMessageBytes: number, inflate?: Inflate) {
    this.#listener = listener
    this.#maxMessageBytes = maxMessageBytes
    this.#inflate = inflate
  }

  /**
   * @param chunk what came next. It becomes the reader's, which takes masks off in place
   * @returns what is to come again once reading goes on
   */
  read(chunk: Uint8Array): Uint8Array | undefined {
    const bytes = this.#rest === undefined ? chunk : joined(this.#rest, chunk)
    this.#rest = undefined
    let at = 0
    while (at < bytes.byteLength && !this.#isDone) {
      if (this.isPaused) return bytes.subarray(at)
      const isWithin = this.#partial !== undefined && this.#partial.missingBytes > 0
      const next = isWithin ? this.#goOn(this.#partial as PartialMessage, bytes, at) : this.#begin(bytes, at)
      if (next === at) {
        // A copy: it is short, and would hold on to all of the chunk.
        this.#rest = Uint8Array.from(bytes.subarray(at))
        return undefined
      }
      at = next
    }
    return undefined
  }

  /** Nobody listens any more. */
  stop(): void {
    this.#isDone = true
    this.#rest = undefined
    this.#partial = undefined
  }

  /** @returns where to go on: at `at` when that takes more bytes */
  #begin(bytes: Uint8Array, at: number): number {
    const arrived = bytes.byteLength - at
    if (arrived < 2) return at
    const first = bytes[at] as number
    const second = bytes[at + 1] as number
    if (!this.#mayCome(first, second)) return this.#violate(PROTOCOL_ERROR, bytes)
    const lengthEnd = lengthEndOf(second)
    if (arrived < lengthEnd) return at
    const byteLength = payloadBytesOf(bytes, at)
    const isControl = (first & OPCODE) >= Opcode.Close
    if (!isControl && byteLength + (this.#partial?.byteLength ?? 0) > this.#maxMessageBytes) {
      return this.#violate(TOO_BIG, bytes)
    }
    const start = at + lengthEnd + MASK_BYTES
    if (bytes.byteLength < start) return at
    const mask = maskBefore(bytes, start)
    const end = start + byteLength
    const isWhole = end <= bytes.byteLength
    if (isControl) {
      if (!isWhole) return at
      unmask(bytes, start, end, mask)
      this.#control(first & OPCODE, plainView(bytes, start, end))
      return end
    }
    if (isWhole && (first & FIN) !== 0 && this.#partial === undefined) {
      unmask(bytes, start, end, mask)
      this.#deliver(first, plainView(bytes, start, end))
      return end
    }
    this.#partial ??= new PartialMessage(first)
    this.#partial.beginFrame({ byteLength, mask, isLast: (first & FIN) !== 0 })
    return this.#goOn(this.#partial, bytes, start)
  }

  /** Whether a frame that begins so is allowed, and here. */
  #mayCome(first: number, second: number): boolean {
    const opcode = first & OPCODE
    const byteLength = second & ~MASKED
    if ((second & MASKED) === 0) return false
    const isStart = opcode === Opcode.Text || opcode === Opcode.Binary
    const reserved = first & RESERVED
    if (reserved !== 0 && !(reserved === RSV1 && isStart && this.#inflate !== undefined)) return false
    if (isStart) return this.#partial === undefined
    if (opcode === Opcode.Continuation) return this.#partial !== undefined
    if (opcode === Opcode.Close && byteLength === 1) return false
    return opcode >= Opcode.Close && opcode <= Opcode.Pong && (first & FIN) !== 0 && byteLength <= MOST_CONTROL_BYTES
  }

  #goOn(partial: PartialMessage, bytes: Uint8Array, at: number): number {
    const end = Math.min(at + partial.missingBytes, bytes.byteLength)
    const isAll = at === 0 && end === bytes.byteLength
    partial.add(isAll ? bytes : bytes.subarray(at, end))
    if (isAll) freeMemory(bytes)
    if (partial.missingBytes > 0) return end
    if (partial.frames > MOST_FRAMES) return this.#violate(POLICY, bytes)
    if (partial.isLast) {
      this.#partial = undefined
      this.#deliver(partial.first, partial.bytes)
    }
    return end
  }

  #deliver(first: number, bytes: Uint8Array): void {
    const message = (first & RSV1) === 0 ? bytes : (this.#inflate as Inflate)(bytes)
    if (typeof message === 'number') this.#violate(message, bytes)
    else if ((first & OPCODE) === Opcode.Binary) this.#listener.message(message)
    else if (isUtf8(message)) this.#listener.text()
    else this.#violate(GARBLED, bytes)
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.Ping) this.#listener.ping(payload)
    else if (opcode === Opcode.Close) this.#close(payload)
  }

  #close(payload: Uint8Array): void {
    const isEmpty = payload.byteLength === 0
    const [high = 0, low = 0] = payload
    const code = isEmpty ? NO_CODE : high * 256 + low
    const reason = payload.subarray(2)
    if (!isEmpty && sendableCode(code) !== code) this.#violate(PROTOCOL_ERROR, payload)
    else if (!isUtf8(reason)) this.#violate(GARBLED, payload)
    else {
      this.stop()
      this.#listener.peerClosed(code, utf8.decode(reason))
    }
  }

  #violate(code: number, bytes: Uint8Array): number {
    this.stop()
    this.#listener.violation(code)
    return bytes.byteLength
  }
}

const utf8 = new TextDecoder()

function joined(rest: Uint8Array, chunk: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.byteLength + chunk.byteLength)
  bytes.set(rest)
  bytes.set(chunk, rest.byteLength)
  return bytes
}

function maskBefore(bytes: Uint8Array, start: number): number {
  let mask = 0
  for (let at = start - MASK_BYTES; at < start; at += 1) mask = (mask << 8) | (bytes[at] as number)
  return mask
}

/** Of a `Uint8Array`, never of a `Buffer`, whose `slice` is a view where that of others is a copy. */
function plainView(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}
