import { type Frame, FrameType, isCounted, type MessageHeader, type PeerLimits } from '../protocol/frame.ts'
import { joinMessage, MessageBuilder } from '../protocol/message-builder.ts'
import type { Compressor } from './ports.ts'
import type { SharedFrame } from './shared-frame.ts'

/*
 * Frames on their way out: collected until the end of the turn, then numbered, compressed where that pays, and sent as one
 * message. Owns: the batch, and the order of messages when deflating takes time. Must not know: what frames mean, sockets,
 * when a turn ends. Normative text: PROTOCOL.md, "Messages" and "Compression".
 */

/** A batch of so many bytes leaves at once: waiting longer would save nothing and hold up the peer. */
export const BATCH_BYTES: number = 64 * 1024

/** Header of the message, of its body and of the compressed body, at their longest. */
export const ENVELOPE_BYTES = 48

/** What the outbox needs of its connection. */
export interface OutboxExit {
  /** Numbers a message; called in the order in which messages leave. */
  stamp(countedFrames: number, byteLength: number): MessageHeader
  send(message: Uint8Array): void
  /** Deflating failed in a way that has nothing to do with the peer. */
  fault(error: unknown): void
}

export interface OutboxCompression {
  readonly compressor: Compressor
  /** Bodies shorter than this travel as they are. */
  readonly thresholdBytes: number
  /** The receiver believes no body that shrank by more than this factor. */
  readonly maxRatio: number
}

export interface OutboxStats {
  readonly messages: number
  /** Bytes of all messages as they were sent. */
  readonly wireBytes: number
  /** Bytes of all bodies before compression. */
  readonly bodyBytes: number
}

/** A message body that waits for its turn behind a slower one. */
interface Departure {
  readonly body: Uint8Array
  readonly counted: number
  readonly lastId: number
  readonly deflated: Uint8Array | Promise<Uint8Array> | undefined
}

export class Outbox {
  readonly #exit: OutboxExit
  readonly #builder = new MessageBuilder()
  /** Bodies behind an asynchronous deflate, in order. Always empty with a synchronous compressor. */
  readonly #underWay: Departure[] = []
  #compression: OutboxCompression | undefined
  #maxBodyBytes = 0
  #maxFrames = 0
  /** Whether the batch holds a frame that must not be compressed: then the whole body is not (CRIME, BREACH). */
  #batchIsPlain = false
  #messageDue = false
  /** Highest id of ours that was put into the batch, and that has left. */
  #batchId = 0
  #sentId = 0
  #afterLast: (() => void) | undefined
  #messages = 0
  #wireBytes = 0
  #bodyBytes = 0

  constructor(exit: OutboxExit, limits: PeerLimits) {
    this.#exit = exit
    this.limit(limits)
  }

  /** The limits of the receiver. */
  limit(limits: PeerLimits): void {
    this.#maxBodyBytes = Math.min(limits.messageBytes, limits.inflatedBytes) - ENVELOPE_BYTES
    this.#maxFrames = limits.framesPerMessage
  }

  /** From the next message on. */
  compress(compression: OutboxCompression | undefined): void {
    this.#compression = compression
  }

  /** The highest id of ours that has left: one above it was never on the wire. */
  get sentId(): number {
    return this.#sentId
  }

  /** Bytes of all messages that have left. */
  get wireBytes(): number {
    return this.#wireBytes
  }

  get stats(): OutboxStats {
    return { messages: this.#messages, wireBytes: this.#wireBytes, bodyBytes: this.#bodyBytes }
  }

  /**
   * @param plain whether the body that takes this frame must not be compressed
   * @returns whether it fits into a message of this receiver at all; frames without a value are not asked
   */
  append(frame: Frame, plain: boolean): boolean {
    if (this.#underWay.length > 0 && isUrgent(frame)) {
      this.#overtake(frame)
      return true
    }
    if (!this.#collect(frame)) return false
    if (plain) this.#batchIsPlain = true
    if (frame.type === FrameType.Call || frame.type === FrameType.Open || frame.type === FrameType.Listen) {
      this.#batchId = Math.max(this.#batchId, frame.id)
    }
    this.#sealWhenFull()
    return true
  }

  /** @returns whether it fits into a message of this receiver at all */
  appendShared(frame: SharedFrame): boolean {
    const { byteLength } = frame.body
    if (byteLength > this.#maxBodyBytes) return false
    const compression = this.#compression
    if (compression !== undefined && frame.compress && byteLength >= compression.thresholdBytes) {
      // In a message of its own, so that the body compressed once serves every receiver.
      this.flush()
      this.#depart({
        body: frame.body,
        counted: frame.counted ? 1 : 0,
        lastId: this.#batchId,
        deflated: frame.deflated(compression.compressor),
      })
      return true
    }
    if (this.#builder.frameCount > 0 && this.#builder.byteLength + byteLength > this.#maxBodyBytes) this.#seal()
    this.#builder.appendEncoded(frame.bytes, frame.counted)
    if (!frame.compress) this.#batchIsPlain = true
    this.#sealWhenFull()
    return true
  }

  /** A message must leave with the next flush even if it has no frames: its header carries the acknowledgement. */
  requestMessage(): void {
    this.#messageDue = true
  }

  /** The turn is over: what was collected leaves. */
  flush(): void {
    if (this.#builder.frameCount > 0 || this.#messageDue) this.#seal()
  }

  /** Flushes, and calls `then` when the last message was sent: at once, unless a body is still being deflated. */
  finish(then: () => void): void {
    this.flush()
    if (this.#underWay.length === 0) then()
    else this.#afterLast = then
  }

  /** Forgets what has not left. */
  drop(): void {
    this.#builder.reset()
    this.#underWay.length = 0
    this.#messageDue = false
    this.#afterLast = undefined
  }

  /** Behind the others of this turn, or else in a message of its own. */
  #collect(frame: Frame): boolean {
    const builder = this.#builder
    if (builder.append(frame, this.#maxBodyBytes)) return true
    if (builder.frameCount > 0) this.#seal()
    // What the peer must hear in any case is for its own limits to judge.
    return builder.append(frame, isCounted(frame) ? this.#maxBodyBytes : Number.POSITIVE_INFINITY)
  }

  #sealWhenFull(): void {
    const builder = this.#builder
    if (builder.byteLength >= BATCH_BYTES || builder.frameCount >= this.#maxFrames) this.#seal()
  }

  #seal(): void {
    const builder = this.#builder
    const compression = this.#batchIsPlain ? undefined : this.#compression
    this.#batchIsPlain = false
    this.#messageDue = false
    const compress = compression !== undefined && builder.byteLength >= compression.thresholdBytes
    if (!compress && this.#underWay.length === 0) {
      // The usual case: straight out of the builder, without a copy of the body.
      const { byteLength } = builder
      const message = builder.takeMessage(this.#exit.stamp(builder.countedCount, byteLength))
      this.#send(message, byteLength, this.#batchId)
      return
    }
    const counted = builder.countedCount
    const body = builder.takeBody()
    const deflated = compress ? compression.compressor.deflate(body) : undefined
    this.#depart({ body, counted, lastId: this.#batchId, deflated })
  }

  #depart(departure: Departure): void {
    if (this.#underWay.length === 0 && !(departure.deflated instanceof Promise)) {
      this.#leave(departure, departure.deflated)
      return
    }
    this.#underWay.push(departure)
    if (this.#underWay.length === 1) this.#sendUnderWay().catch((error: unknown) => this.#exit.fault(error))
  }

  async #sendUnderWay(): Promise<void> {
    for (;;) {
      const [departure] = this.#underWay
      if (departure === undefined) break
      const deflated = await departure.deflated
      // Dropped in the meantime?
      if (this.#underWay[0] !== departure) return
      this.#leave(departure, deflated)
      this.#underWay.shift()
    }
    this.#afterLast?.()
  }

  #leave({ body, counted, lastId }: Departure, deflated: Uint8Array | undefined): void {
    const compressed = deflated !== undefined && this.#pays(body, deflated)
    const bytes = compressed ? deflated : body
    const header = this.#exit.stamp(counted, bytes.byteLength)
    this.#send(joinMessage(header, bytes, compressed), body.byteLength, lastId)
  }

  #pays(body: Uint8Array, deflated: Uint8Array): boolean {
    const maxRatio = this.#compression?.maxRatio ?? 0
    return deflated.byteLength < body.byteLength && body.byteLength <= deflated.byteLength * maxRatio
  }

  /** Control frames are not counted, so they may leave before data that is still being deflated. */
  #overtake(frame: Frame): void {
    const alone = new MessageBuilder()
    alone.append(frame)
    const { byteLength } = alone
    this.#send(alone.takeMessage(this.#exit.stamp(0, byteLength)), byteLength, this.#sentId)
  }

  #send(message: Uint8Array, bodyBytes: number, lastId: number): void {
    this.#sentId = lastId
    this.#messages++
    this.#wireBytes += message.byteLength
    this.#bodyBytes += bodyBytes
    this.#exit.send(message)
  }
}

/** CLOSE is not: it is the last frame, behind everything. Nor are volatile events: they are data. */
function isUrgent(frame: Frame): boolean {
  return !isCounted(frame) && frame.type < FrameType.Close
}
