import { tooLarge } from '../protocol/violation.ts'
import type { Batch } from './part-queue.ts'
import type { Part } from './poll-body.ts'

/** What comes of parts, in order. */
export interface PartReceiver {
  /** The bytes are the receiver's own. */
  onMessage(message: Uint8Array): void
  /** Nothing comes after it. */
  onClose(code: number, reason: string): void
}

const NOTHING = new Uint8Array()

/**
 * One direction of a long poll on its way in: takes each part once, in order, and joins them to messages.
 *
 * Owns: what was taken. Must not know: requests, time. Normative text: PROTOCOL.md, "Long poll".
 */
export class PartAssembly {
  readonly #maxMessageBytes: number
  readonly #receiver: PartReceiver
  #taken = 0
  #isOver = false
  /** The pieces of a message so far, in front. One buffer: a sender may cut as finely as it likes. */
  #buffer: Uint8Array = NOTHING
  #length = 0

  constructor(maxMessageBytes: number, receiver: PartReceiver) {
    this.#maxMessageBytes = maxMessageBytes
    this.#receiver = receiver
  }

  /** Number of the last part taken: what is to be acknowledged. */
  get taken(): number {
    return this.#taken
  }

  /**
   * Takes what is new of a batch.
   *
   * @returns whether that was possible: not where parts before it are missing
   * @throws ProtocolViolation `TooLarge` for a message past the limit; nothing is taken after that.
   */
  accept({ seq, parts }: Batch): boolean {
    if (seq > this.#taken + 1) return false
    for (const part of parts.slice(this.#taken + 1 - seq)) {
      if (this.#isOver) break
      this.#taken += 1
      this.#take(part)
    }
    return true
  }

  /** Takes no more. */
  stop(): void {
    this.#isOver = true
    this.#buffer = NOTHING
  }

  #take(part: Part): void {
    if (part.type === 'close') {
      this.stop()
      this.#receiver.onClose(part.code, part.reason)
      return
    }
    const length = this.#length + part.bytes.byteLength
    if (length > this.#maxMessageBytes) {
      this.stop()
      throw tooLarge(`Expected messages of at most ${this.#maxMessageBytes} bytes`)
    }
    if (!part.last) {
      this.#append(part.bytes, length)
      return
    }
    const message = this.#length === 0 ? part.bytes : this.#join(part.bytes, length)
    this.#buffer = NOTHING
    this.#length = 0
    this.#receiver.onMessage(message)
  }

  #append(bytes: Uint8Array, length: number): void {
    if (length > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.min(Math.max(length, this.#buffer.byteLength * 2), this.#maxMessageBytes))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  #join(bytes: Uint8Array, length: number): Uint8Array {
    const joined = new Uint8Array(length)
    joined.set(this.#buffer.subarray(0, this.#length))
    joined.set(bytes, this.#length)
    return joined
  }
}
