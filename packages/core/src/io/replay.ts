/*
 * What was sent and is not known to have arrived, in the order of its numbers: to be sent again on another connection. Bodies
 * are kept as they were made, and never looked into. Owns: that order, and how much there is. Must not know: frames, sockets.
 * Normative text: PROTOCOL.md, "Resuming".
 */

/** A message body that the peer has not acknowledged. */
export interface KeptBody {
  /** Number of its first counted frame. */
  readonly seq: number
  readonly count: number
  /** Not compressed. */
  readonly body: Uint8Array
  /** Whether it must not be compressed. */
  readonly plain: boolean
  /** Ids of the calls, streams and topics of ours that it asks for. */
  readonly requests: readonly number[]
}

/** How much may be under way unacknowledged before what follows is held back. */
export interface WindowLimits {
  /** Bytes of bodies; one more may then pass that is larger. @default 256 KiB */
  readonly bytes: number
  /** @default 1024 */
  readonly frames: number
}

export const DEFAULT_WINDOW_LIMITS: WindowLimits = { bytes: 256 * 1024, frames: 1024 }

export const NO_WINDOW: WindowLimits = { bytes: Number.POSITIVE_INFINITY, frames: Number.POSITIVE_INFINITY }

/** So many empty places cost less than moving the others. */
const FEW = 64

export class Replay {
  readonly limits: WindowLimits
  /** Those before `#first` are acknowledged, and taken away when they are many. */
  #kept: (KeptBody | undefined)[] = []
  #first = 0
  #bytes = 0
  #frames = 0

  constructor(limits: WindowLimits) {
    this.limits = limits
  }

  get byteLength(): number {
    return this.#bytes
  }

  get frameCount(): number {
    return this.#frames
  }

  /**
   * How many bytes there is room for. Below 1: none.
   *
   * @param bytes @param frames what is on its way into a body besides
   */
  roomBytes(bytes: number, frames: number): number {
    return this.#frames + frames < this.limits.frames ? this.limits.bytes - this.#bytes - bytes : 0
  }

  keep(kept: KeptBody): void {
    this.#kept.push(kept)
    this.#bytes += kept.body.byteLength
    this.#frames += kept.count
  }

  /** The peer has accepted everything up to `number`. @returns whether that was news */
  free(number: number): boolean {
    let isNews = false
    for (let oldest = this.#kept[this.#first]; oldest !== undefined; oldest = this.#kept[this.#first]) {
      if (oldest.seq + oldest.count - 1 > number) break
      this.#kept[this.#first] = undefined
      this.#first++
      this.#bytes -= oldest.body.byteLength
      this.#frames -= oldest.count
      isNews = true
    }
    this.#compact()
    return isNews
  }

  /** Oldest first. */
  unacknowledged(): readonly KeptBody[] {
    return this.#kept.slice(this.#first).filter((kept) => kept !== undefined)
  }

  #compact(): void {
    if (this.#first === this.#kept.length) this.#kept.length = 0
    else if (this.#first < FEW || this.#first * 2 < this.#kept.length) return
    else this.#kept = this.#kept.slice(this.#first)
    this.#first = 0
  }

  clear(): void {
    this.#kept = []
    this.#first = 0
    this.#bytes = 0
    this.#frames = 0
  }
}
