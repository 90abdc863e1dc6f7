import { unmask } from './unmask.ts'

/** The least room for what has come of a message, in bytes. */
const LEAST_ROOM = 1024
/**
 * Room is made for so many times what has come, and never for what was only announced: memory is not to be had for a promise. A
 * megabyte that comes in pieces of 64 KiB is moved twice.
 */
const ROOM_FACTOR = 4

/** What the head of a frame says. */
export interface FrameStart {
  /** Of its payload. */
  readonly byteLength: number
  readonly mask: number
  readonly isLast: boolean
}

/**
 * A message of which a part is still to come. Its bytes are kept in one place, so that ever so small pieces take no more memory than
 * what they bring.
 */
export class PartialMessage {
  /** The first byte of the first frame: says what kind of message it is. */
  readonly first: number
  #bytes = new Uint8Array(0)
  #byteLength = 0
  #frames = 0
  #frameStart = 0
  #frameEnd = 0
  #mask = 0
  #isLast = false

  constructor(first: number) {
    this.first = first
  }

  get frames(): number {
    return this.#frames
  }

  /** Whether the frame ends the message. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** Of all frames until now, with what was announced and has not come. */
  get byteLength(): number {
    return this.#frameEnd
  }

  /** How much of the frame is still to come. */
  get missingBytes(): number {
    return this.#frameEnd - this.#byteLength
  }

  /** How much memory there is for it. */
  get room(): number {
    return this.#bytes.byteLength
  }

  /** What has come of all frames, without their masks. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#byteLength)
  }

  beginFrame({ byteLength, mask, isLast }: FrameStart): void {
    this.#frames += 1
    this.#frameStart = this.#byteLength
    this.#frameEnd = this.#byteLength + byteLength
    this.#mask = mask
    this.#isLast = isLast
  }

  /** @param part at most `missingBytes` of the frame */
  add(part: Uint8Array): void {
    const byteLength = this.#byteLength + part.byteLength
    if (byteLength > this.#bytes.byteLength) this.#makeRoom(byteLength)
    this.#bytes.set(part, this.#byteLength)
    this.#byteLength = byteLength
    if (byteLength === this.#frameEnd) unmask(this.#bytes, this.#frameStart, this.#frameEnd, this.#mask)
  }

  #makeRoom(byteLength: number): void {
    const wanted = Math.min(Math.max(ROOM_FACTOR * byteLength, LEAST_ROOM), this.#frameEnd)
    // Never a little more than there was: each of many small frames would move all that came before it.
    const room = Math.max(wanted, 2 * this.#bytes.byteLength)
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(room))
  }
}
