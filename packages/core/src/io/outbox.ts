import {
  type CountedFrame,
  type Frame,
  FrameType,
  isCounted,
  type MessageHeader,
  type PeerLimits,
} from '../protocol/frame.ts'
import { headerBytes, joinMessage, MessageBuilder } from '../protocol/message-builder.ts'
import type { WriterPool } from '../protocol/writer-pool.ts'
import { type Held, HeldFrames, isRequest } from './held-frames.ts'
import type { Compressor } from './ports.ts'
import { type KeptBody, NO_WINDOW, Replay, type WindowLimits } from './replay.ts'
import type { SharedFrame } from './shared-frame.ts'

/*
 * Frames on their way out: collected until the end of the turn, then numbered, compressed where that pays, and sent as one
 * message; kept until the peer has them, and held back while too much is under way. Owns: the batch, the order of messages when
 * deflating takes time, what can be sent again. Must not know: what frames mean, sockets, when a turn ends.
 * Normative text: PROTOCOL.md, "Messages", "Compression" and "Resuming".
 */

/** A batch of so many bytes leaves at once: waiting longer would save nothing and hold up the peer. */
export const BATCH_BYTES: number = 64 * 1024

/** Header of the message, of its body and of the compressed body, at their longest. */
export const ENVELOPE_BYTES = 48

/** What the outbox needs of its connection. */
export interface OutboxExit {
  /** Numbers a message; called in the order in which messages leave. */
  stamp(countedFrames: number, byteLength: number): MessageHeader
  /** The header of a message that was numbered before and leaves again. */
  restamp(seq: number, countedFrames: number, byteLength: number): MessageHeader
  /** @returns whether there was a transport to take it */
  transmit(message: Uint8Array): boolean
  /** A frame that was held back fits into no message of this receiver. */
  oversized(frame: CountedFrame): void
  /** Deflating failed in a way that has nothing to do with the peer. */
  onFault(error: unknown): void
}

export interface OutboxOptions {
  /** Of the receiver. */
  readonly limits: PeerLimits
  /** How much may be under way unacknowledged. @default no bound */
  readonly window?: WindowLimits | undefined
  /** Where to borrow buffers while there is something to send. @default its own */
  readonly writers?: WriterPool | undefined
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
  /** Bodies that were sent and are not acknowledged. */
  readonly unackedBytes: number
  /** What waits for those to be acknowledged, roughly. */
  readonly heldBytes: number
  /** Messages that were sent again on another connection. */
  readonly replayed: number
}

/** A message body that waits for its turn behind a slower one. */
interface Departure {
  readonly body: Uint8Array
  readonly counted: number
  readonly plain: boolean
  readonly requests: readonly number[]
  readonly deflated: Uint8Array | Promise<Uint8Array> | undefined
  /** What it was deflated by: another connection may have agreed on none. */
  readonly compression: OutboxCompression | undefined
}

/** Of a frame of items: its own head, type, id and count. */
const ITEMS_HEAD_BYTES = 1 + 1 + 9 + 5

const NO_REQUESTS: readonly number[] = Object.freeze([])
export class Outbox {
  readonly #exit: OutboxExit
  readonly #replay: Replay
  /** Counted frames, and HELLO. */
  readonly #builder: MessageBuilder
  /** The others: they are never sent twice, so they share no body with those that may be. */
  readonly #control: MessageBuilder
  /** Bodies behind an asynchronous deflate, in order. Always empty with a synchronous compressor. */
  readonly #underWay: Departure[] = []
  #underWayBytes = 0
  #underWayFrames = 0
  readonly #held = new HeldFrames()
  #compression: OutboxCompression | undefined
  #maxBodyBytes = 0
  #maxFrames = 0
  /** Whether the batch holds a frame that must not be compressed: then the whole body is not (CRIME, BREACH). */
  #batchIsPlain = false
  #messageDue = false
  /** Whether the control frames that were collected share their message with no other. */
  #controlIsWhole = false
  #batchRequests: number[] = []
  /** Highest id of ours that has left. */
  #sentId = 0
  #afterLast: (() => void) | undefined
  #messages = 0
  #wireBytes = 0
  #bodyBytes = 0
  #replayed = 0

  constructor(exit: OutboxExit, { limits, window = NO_WINDOW, writers }: OutboxOptions) {
    this.#exit = exit
    this.#builder = new MessageBuilder(writers)
    this.#control = new MessageBuilder(writers)
    this.#replay = new Replay(window)
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

  /** Bytes of items that a message of this receiver can hold, whatever is said of them beside. */
  get maxItemBytes(): number {
    return this.#maxBodyBytes - ITEMS_HEAD_BYTES
  }

  /** Bytes of all messages that have left. */
  get wireBytes(): number {
    return this.#wireBytes
  }

  /** Bytes of what is held back. */
  get heldBytes(): number {
    return this.#held.byteLength
  }

  /** Bytes that are kept in memory for this receiver: not acknowledged, or not sent. */
  get keptBytes(): number {
    return this.#replay.byteLength + this.#underWayBytes + this.#builder.byteLength + this.heldBytes
  }

  /** Bytes that are to leave and have not: collected in this turn, being deflated, or held back. */
  get unsentBytes(): number {
    return this.#control.byteLength + this.#builder.byteLength + this.#underWayBytes + this.heldBytes
  }

  get stats(): OutboxStats {
    return {
      messages: this.#messages,
      wireBytes: this.#wireBytes,
      bodyBytes: this.#bodyBytes,
      unackedBytes: this.#replay.byteLength,
      heldBytes: this.heldBytes,
      replayed: this.#replayed,
    }
  }

  /** Whether a counted frame would leave with this turn, and not be held back. */
  get hasRoom(): boolean {
    return this.roomBytes > 0
  }

  /** So many bytes of counted frames would leave with this turn, and the whole frame that passes the last of them. */
  get roomBytes(): number {
    if (!this.#held.isEmpty) return 0
    const { byteLength, countedCount } = this.#builder
    return this.#replay.roomBytes(byteLength + this.#underWayBytes, countedCount + this.#underWayFrames)
  }

  /**
   * @param plain whether the body that takes this frame must not be compressed
   * @returns false where no message of this receiver can hold it; `oversized` tells of those that were held back
   */
  append(frame: Frame, plain: boolean): boolean {
    if (frame.type === FrameType.Close) this.#appendClose(frame)
    else if (!isCounted(frame) && frame.type !== FrameType.Hello) this.#appendControl(frame)
    else if (isCounted(frame) && !this.hasRoom) this.#held.hold(frame, plain)
    else return this.#appendNow(frame, plain)
    return true
  }

  /** Whether a message of this receiver can hold it. */
  fits({ body }: SharedFrame): boolean {
    return body.byteLength <= this.#maxBodyBytes
  }

  /** @returns false where no message of this receiver can hold it */
  appendShared(frame: SharedFrame): boolean {
    if (!this.fits(frame)) return false
    if (frame.counted && !this.hasRoom) this.#held.holdShared(frame)
    else this.#appendSharedNow(frame)
    return true
  }

  /** A message must leave with the next flush even if it has no frames: its header carries the acknowledgement. */
  requestMessage(): void {
    this.#messageDue = true
  }

  /** What is collected from now on leaves in another message, compressed or not as the peer has just been told. */
  endMessage(): void {
    if (this.#builder.frameCount > 0) this.flush()
    this.#controlIsWhole = true
  }

  /** Whether a flush makes several messages. */
  get hasSeveral(): boolean {
    return this.#control.frameCount > 0 && this.#builder.frameCount > 0
  }

  /** The turn is over: what was collected leaves. */
  flush(): void {
    if (this.#control.frameCount > 0) this.#sendControl()
    if (this.#builder.frameCount > 0 || this.#messageDue) this.#seal()
  }

  /**
   * The peer has accepted everything up to `number`: it is forgotten, and what was held back leaves with this turn as far
   * as there is room.
   */
  acknowledged(number: number): void {
    if (this.#replay.free(number)) this.#release()
  }

  /** Another connection has taken over, and the peer has accepted everything up to `number`: sends the rest again. */
  resend(number: number): void {
    this.#replay.free(number)
    for (const kept of this.#replay.unacknowledged()) {
      this.#replayed++
      const deflated = this.#deflateAgain(kept)
      const bytes = deflated ?? kept.body
      const header = this.#exit.restamp(kept.seq, kept.count, bytes.byteLength)
      this.#send(joinMessage(header, bytes, deflated !== undefined), kept.body.byteLength, kept.requests)
    }
    this.#release()
  }

  /** A frame in a message of its own, ahead of everything. For what is not counted. */
  sendAlone(frame: Frame): void {
    const alone = new MessageBuilder()
    alone.append(frame)
    const { byteLength } = alone
    this.#send(alone.takeMessage(this.#exit.stamp(0, byteLength)), byteLength, NO_REQUESTS)
  }

  /** As `sendAlone`, for a receiver that does not know yet which session this is: its header tells nothing of it. */
  greet(frame: Frame): void {
    const alone = new MessageBuilder()
    alone.append(frame)
    const { byteLength } = alone
    this.#send(alone.takeMessage({ seq: 0, count: 0, ack: 0 }), byteLength, NO_REQUESTS)
  }

  /** Flushes, and calls `then` when the last message was sent: at once, unless a body is still being deflated. */
  finish(then: () => void): void {
    this.flush()
    if (this.#underWay.length === 0) then()
    else this.#afterLast = then
  }

  /** Of calls, streams and topics of ours: those that the peer, which tells what it has accepted, has not. */
  unacceptedRequests(): ReadonlySet<number> {
    const ids = new Set(this.#batchRequests)
    for (const { requests } of [...this.#replay.unacknowledged(), ...this.#underWay]) {
      for (const id of requests) ids.add(id)
    }
    for (const id of this.#held.requests()) ids.add(id)
    return ids
  }

  /**
   * Forgets the requests of ours that are held back, with all that follows them: nobody will be there for the answers.
   *
   * @returns their ids
   */
  dropHeldRequests(): ReadonlySet<number> {
    return this.#held.dropRequests()
  }

  /** Forgets what has not left, and what could leave again. */
  drop(): void {
    this.#builder.reset()
    this.#control.reset()
    this.#controlIsWhole = false
    this.#underWay.length = 0
    this.#underWayBytes = 0
    this.#underWayFrames = 0
    this.#held.clear()
    this.#batchRequests = []
    this.#replay.clear()
    this.#messageDue = false
    this.#afterLast = undefined
  }

  #appendNow(frame: Frame, plain: boolean): boolean {
    if (!this.#collect(frame)) return false
    if (plain) this.#batchIsPlain = true
    if (isRequest(frame)) this.#batchRequests.push(frame.id)
    this.#sealWhenFull()
    return true
  }

  #appendSharedNow(frame: SharedFrame): void {
    const { byteLength } = frame.body
    const compression = this.#compression
    if (compression !== undefined && frame.compress && byteLength >= compression.thresholdBytes) {
      // In a message of its own, so that the body compressed once serves every receiver.
      this.flush()
      this.#depart({
        body: frame.body,
        counted: frame.counted ? 1 : 0,
        plain: false,
        requests: NO_REQUESTS,
        deflated: frame.deflated(compression.compressor),
        compression,
      })
      return
    }
    if (!frame.counted) {
      const control = this.#control
      if (this.#controlIsWhole) this.#sendControl()
      if (control.frameCount > 0 && control.byteLength + byteLength > this.#maxBodyBytes) this.#sendControl()
      control.appendBody(frame.body, false)
      if (control.byteLength >= BATCH_BYTES || control.frameCount >= this.#maxFrames) this.#sendControl()
      return
    }
    if (this.#builder.frameCount > 0 && this.#builder.byteLength + byteLength > this.#maxBodyBytes) this.#seal()
    this.#builder.appendBody(frame.body, true)
    if (!frame.compress) this.#batchIsPlain = true
    this.#sealWhenFull()
  }

  /** Control frames never wait behind data: neither for room nor for what is being deflated. */
  #appendControl(frame: Frame): void {
    if (this.#controlIsWhole) this.#sendControl()
    this.#control.append(frame)
    if (this.#underWay.length > 0 || this.#control.frameCount >= this.#maxFrames) this.#sendControl()
  }

  /** The last frame, behind everything: what was held back leaves before it, whatever its amount. */
  #appendClose(frame: Frame): void {
    for (const held of this.#held.takeAll()) this.#appendHeld(held)
    if (this.#control.frameCount > 0) this.#sendControl()
    if (this.#builder.frameCount > 0) this.#seal()
    this.#collect(frame)
  }

  #release(): void {
    if (this.#held.isEmpty) return
    this.#held.release(
      () => this.hasRoom,
      (held) => this.#appendHeld(held),
    )
  }

  #appendHeld(held: Held): void {
    if (held.type === 'shared') this.#appendSharedNow(held.frame)
    else if (!this.#appendNow(held.frame, held.plain)) this.#exit.oversized(held.frame)
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
    if (this.#controlIsWhole) this.#sendControl()
    const builder = this.#builder
    const plain = this.#batchIsPlain
    const compression = plain ? undefined : this.#compression
    const requests = this.#takeRequests()
    this.#batchIsPlain = false
    this.#messageDue = false
    const { byteLength, countedCount: counted } = builder
    const compress = compression !== undefined && byteLength >= compression.thresholdBytes
    if (!compress && this.#underWay.length === 0) {
      // The usual case: straight out of the builder, without a copy of the body.
      const header = this.#exit.stamp(counted, byteLength)
      const shared = builder.sharedBody
      const message = builder.takeMessage(header)
      if (counted > 0) {
        const body = shared ?? message.subarray(headerBytes(header))
        this.#replay.keep({ seq: header.seq, count: counted, body, plain, requests })
      }
      this.#send(message, byteLength, requests)
      return
    }
    const body = builder.takeBody()
    const deflated = compress ? compression.compressor.deflate(body) : undefined
    this.#depart({ body, counted, plain, requests, deflated, compression })
  }

  #takeRequests(): readonly number[] {
    if (this.#batchRequests.length === 0) return NO_REQUESTS
    const requests = this.#batchRequests
    this.#batchRequests = []
    return requests
  }

  #depart(departure: Departure): void {
    if (this.#underWay.length === 0 && !(departure.deflated instanceof Promise)) {
      this.#leave(departure, departure.deflated)
      return
    }
    this.#underWay.push(departure)
    this.#underWayBytes += departure.body.byteLength
    this.#underWayFrames += departure.counted
    if (this.#underWay.length === 1) this.#sendUnderWay().catch((error: unknown) => this.#exit.onFault(error))
  }

  async #sendUnderWay(): Promise<void> {
    for (;;) {
      const [departure] = this.#underWay
      if (departure === undefined) break
      const deflated = await departure.deflated
      // Dropped in the meantime?
      if (this.#underWay[0] !== departure) return
      this.#underWayBytes -= departure.body.byteLength
      this.#underWayFrames -= departure.counted
      this.#leave(departure, deflated)
      this.#underWay.shift()
    }
    this.#afterLast?.()
  }

  #leave(departure: Departure, deflated: Uint8Array | undefined): void {
    const { body, counted, plain, requests, compression } = departure
    const compressed = deflated !== undefined && compression === this.#compression && this.#pays(body, deflated)
    const bytes = compressed ? deflated : body
    const header = this.#exit.stamp(counted, bytes.byteLength)
    if (counted > 0) this.#replay.keep({ seq: header.seq, count: counted, body, plain, requests })
    this.#send(joinMessage(header, bytes, compressed), body.byteLength, requests)
  }

  #pays(body: Uint8Array, deflated: Uint8Array): boolean {
    const maxRatio = this.#compression?.maxRatio ?? 0
    return deflated.byteLength < body.byteLength && body.byteLength <= deflated.byteLength * maxRatio
  }

  /** Where that takes time, what goes again goes as it is: it has waited long enough. */
  #deflateAgain({ body, plain }: KeptBody): Uint8Array | undefined {
    const compression = this.#compression
    if (plain || compression === undefined || body.byteLength < compression.thresholdBytes) return undefined
    const deflated = compression.compressor.deflate(body)
    if (deflated instanceof Promise) {
      deflated.catch(() => {})
      return undefined
    }
    return this.#pays(body, deflated) ? deflated : undefined
  }

  #sendControl(): void {
    const { byteLength } = this.#control
    this.#controlIsWhole = false
    const message = this.#control.takeMessage(this.#exit.stamp(0, byteLength))
    this.#messageDue = false
    this.#send(message, byteLength, NO_REQUESTS)
  }

  #send(message: Uint8Array, bodyBytes: number, requests: readonly number[]): void {
    if (!this.#exit.transmit(message)) return
    for (const id of requests) if (id > this.#sentId) this.#sentId = id
    this.#messages++
    this.#wireBytes += message.byteLength
    this.#bodyBytes += bodyBytes
  }
}
