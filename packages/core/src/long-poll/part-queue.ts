import { BODY_ROOM_BYTES, type Part, PIECE_BYTES, partBytes } from './poll-body.ts'
import { POLL_LIMITS } from './poll-limits.ts'

/** Parts as they go into one body. */
export interface Batch {
  /** Number of the first; 0 where there is none. */
  readonly seq: number
  readonly parts: readonly Part[]
}

/**
 * One direction of a long poll on its way out: messages cut into numbered parts, each kept until the other end has it.
 *
 * Owns: the numbers. Must not know: requests, time. Normative text: PROTOCOL.md, "Long poll".
 */
export class PartQueue {
  /** Those that are not acknowledged, in order. */
  #parts: Part[] = []
  #acknowledged = 0
  /** Number of the last part that was in a batch. */
  #offered = 0
  #backlogBytes = 0

  /** Number of the last part there is. */
  get last(): number {
    return this.#acknowledged + this.#parts.length
  }

  /** Number of the last part that the other end has. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  /** Bytes of messages that are not acknowledged. */
  get backlogBytes(): number {
    return this.#backlogBytes
  }

  push(message: Uint8Array): void {
    this.#backlogBytes += message.byteLength
    let start = 0
    for (; message.byteLength - start > PIECE_BYTES; start += PIECE_BYTES) {
      this.#parts.push({ type: 'piece', bytes: message.subarray(start, start + PIECE_BYTES), last: false })
    }
    this.#parts.push({ type: 'piece', bytes: message.subarray(start), last: true })
  }

  /** Behind everything. The last part. */
  close(code: number, reason: string): void {
    this.#parts.push({ type: 'close', code, reason })
  }

  /**
   * Forgets what the other end has; less than it said before is of no effect.
   *
   * @returns whether it could say so: not what was never sent
   */
  acknowledge(number: number): boolean {
    if (number > this.last) return false
    if (number <= this.#acknowledged) return true
    for (const part of this.#parts.splice(0, number - this.#acknowledged)) {
      if (part.type === 'piece') this.#backlogBytes -= part.bytes.byteLength
    }
    this.#acknowledged = number
    this.#offered = Math.max(this.#offered, number)
    return true
  }

  /** All that is not acknowledged, as far as one body reaches. */
  takeUnacknowledged(): Batch {
    return this.#take(this.#acknowledged)
  }

  /** What was in no batch yet, as far as one body reaches: for where another body may still be under way. */
  takeNew(): Batch {
    return this.#take(this.#offered)
  }

  clear(): void {
    this.#parts = []
    this.#acknowledged = this.#offered
    this.#backlogBytes = 0
  }

  #take(after: number): Batch {
    const start = after - this.#acknowledged
    let end = start
    let room = BODY_ROOM_BYTES
    for (const part of this.#parts.slice(start, start + POLL_LIMITS.bodyParts)) {
      room -= partBytes(part)
      if (room < 0) break
      end += 1
    }
    const parts = this.#parts.slice(start, end)
    this.#offered = Math.max(this.#offered, this.#acknowledged + end)
    return { seq: parts.length === 0 ? 0 : after + 1, parts }
  }
}
