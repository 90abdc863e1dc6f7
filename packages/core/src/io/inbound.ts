import { CloseCode } from '../protocol/close-codes.ts'
import { decodeBody, decodeEnvelope } from '../protocol/decode-message.ts'
import type { Frame, MessageHeader, PeerLimits } from '../protocol/frame.ts'
import type { WireLimitName } from '../protocol/limit-name.ts'
import { type Limits, MAX_INFLATE_RATIO } from '../protocol/limits.ts'
import { ProtocolViolation, protocolError, tooLarge } from '../protocol/violation.ts'
import type { Compressor } from './ports.ts'

/*
 * Messages on their way in: header first, then inflated, scanned and decoded, strictly in the order of arrival also when
 * inflating takes time. Owns: what has arrived and is not decoded. Must not know: what frames mean, sockets.
 * Normative text: PROTOCOL.md, "Messages" and "Compression".
 */

/** Undecoded messages may wait for so many times the size of the largest one, before the peer is too fast for us. */
export const WAITING_MESSAGES = 16

/** What is spent on one message at most. */
export type SizeLimits = { readonly [K in (typeof SIZE_NAMES)[number]]?: number | undefined }

const SIZE_NAMES = ['messageBytes', 'inflatedBytes', 'framesPerMessage'] as const

const NO_SIZES: SizeLimits = Object.freeze({})

/** What the inbound pipe needs of its connection, which may have had others before. */
export interface InboundTarget {
  /** The time, which is asked for once for each message: a small call would notice more. */
  now(): number
  /** Looks at a header, before anything else is spent on its message. */
  admit(inbound: Inbound, header: MessageHeader, byteLength: number, now: number): boolean
  receive(inbound: Inbound, header: MessageHeader, frames: readonly Frame[], now: number): void
  /** @param limit that was passed, where it is one */
  violated(inbound: Inbound, violation: ProtocolViolation, limit: WireLimitName | undefined): void
  /** Something failed that is not the peer's doing. */
  onFault(error: unknown): void
}

export interface InboundStats {
  readonly messages: number
  /** Bytes of all messages as they arrived. */
  readonly wireBytes: number
  /** Bytes of all bodies after inflating. */
  readonly bodyBytes: number
}

export class Inbound {
  readonly #target: InboundTarget
  readonly #most: SizeLimits
  #limits: Limits
  /** Messages behind one that is being inflated, in order. Always empty with a synchronous compressor. */
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #compressor: Compressor | undefined
  #state: 'ready' | 'busy' | 'stopped' = 'ready'
  #whenReady: (() => void) | undefined
  #messages = 0
  #wireBytes = 0
  #bodyBytes = 0
  #inflatedBytes = 0
  /** Which of the two bounds what the body at hand may inflate to. */
  #inflateLimit: WireLimitName | undefined

  /** @param most sizes beyond which the peer is not followed, whatever it announces */
  constructor(target: InboundTarget, limits: Limits, most: SizeLimits = NO_SIZES) {
    this.#target = target
    this.#limits = limits
    this.#most = most
  }

  /** The limits that both ends agreed on. */
  limit(limits: PeerLimits): void {
    for (const name of SIZE_NAMES) {
      const size = Math.min(limits[name], this.#most[name] ?? Number.POSITIVE_INFINITY)
      // Most connections agree on what all of a server have: then these are not held once more for each.
      if (size !== this.#limits[name]) this.#limits = { ...this.#limits, [name]: size }
    }
  }

  /** From the next message on, bodies may be compressed. */
  decompress(compressor: Compressor | undefined): void {
    this.#compressor = compressor
  }

  get stats(): InboundStats {
    return { messages: this.#messages, wireBytes: this.#wireBytes, bodyBytes: this.#bodyBytes }
  }

  /** What the body that is received at this moment was inflated to; 0 where it was not compressed. */
  get inflatedBytes(): number {
    return this.#inflatedBytes
  }

  /** Takes what arrived. Never throws. */
  push(message: Uint8Array): void {
    if (this.#state === 'stopped') return
    this.#messages++
    this.#wireBytes += message.byteLength
    if (this.#state === 'ready') {
      this.#run(message)
      return
    }
    this.#waiting.push(message)
    this.#waitingBytes += message.byteLength
    const maxBytes = WAITING_MESSAGES * this.#limits.messageBytes
    if (this.#waitingBytes > maxBytes) {
      this.#failed(tooLarge(`Expected at most ${maxBytes} bytes of messages ahead of decoding`, 'undecodedBytes'))
    }
  }

  /** Calls `task` once everything that has arrived is decoded: at once, unless a body is still being inflated. */
  whenReady(task: () => void): void {
    if (this.#state === 'busy') this.#whenReady = task
    else task()
  }

  /** Nothing that arrived or arrives is of interest any more. */
  stop(): void {
    this.#state = 'stopped'
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#becomeReady()
  }

  /** Takes messages until none is left, or until one needs time: then the rest waits for it. */
  #run(first: Uint8Array): void {
    this.#state = 'busy'
    let message: Uint8Array | undefined = first
    while (message !== undefined) {
      const later = this.#take(message)
      if (later !== undefined) {
        void later.then(() => this.#runWaiting())
        return
      }
      message = this.#nextWaiting()
    }
    if (this.#isStopped()) return
    this.#state = 'ready'
    this.#becomeReady()
  }

  #runWaiting(): void {
    if (this.#isStopped()) return
    const message = this.#nextWaiting()
    if (message !== undefined) {
      this.#run(message)
      return
    }
    this.#state = 'ready'
    this.#becomeReady()
  }

  #nextWaiting(): Uint8Array | undefined {
    const message = this.#waiting.shift()
    if (message !== undefined) this.#waitingBytes -= message.byteLength
    return message
  }

  #becomeReady(): void {
    const task = this.#whenReady
    this.#whenReady = undefined
    task?.()
  }

  /** A question, not a comparison: any call out of this class may have stopped it. */
  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** @returns a promise, which never rejects, when inflating takes time */
  #take(message: Uint8Array): Promise<void> | undefined {
    try {
      const { header, body, compressed } = decodeEnvelope(message, this.#limits)
      const now = this.#target.now()
      if (!this.#target.admit(this, header, message.byteLength, now)) return undefined
      if (!compressed) {
        this.#deliver(header, body, 0, now)
        return undefined
      }
      const inflated = this.#inflate(body)
      if (inflated instanceof Promise) return this.#deliverLater(header, inflated)
      this.#deliver(header, inflated, inflated.byteLength, now)
    } catch (error) {
      this.#failed(error)
    }
    return undefined
  }

  #inflate(body: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { inflatedBytes } = this.#limits
    if (this.#compressor === undefined) {
      throw protocolError('Expected no compressed body: no compression was agreed')
    }
    const believedBytes = body.byteLength * MAX_INFLATE_RATIO
    this.#inflateLimit = believedBytes < inflatedBytes ? 'inflateRatio' : 'inflatedBytes'
    return this.#compressor.inflate(body, Math.min(inflatedBytes, believedBytes))
  }

  async #deliverLater(header: MessageHeader, inflated: Promise<Uint8Array>): Promise<void> {
    try {
      const body = await inflated
      if (!this.#isStopped()) this.#deliver(header, body, body.byteLength, this.#target.now())
    } catch (error) {
      this.#failed(error)
    }
  }

  #deliver(header: MessageHeader, body: Uint8Array, inflatedBytes: number, now: number): void {
    this.#bodyBytes += body.byteLength
    this.#inflatedBytes = inflatedBytes
    this.#target.receive(this, header, decodeBody(body, this.#limits), now)
  }

  #failed(error: unknown): void {
    if (this.#isStopped()) return
    if (!(error instanceof ProtocolViolation)) {
      this.#target.onFault(error)
      return
    }
    // A compressor knows of one bound, and not what it stands for.
    const limit = error.limit ?? (error.closeCode === CloseCode.TooLarge ? this.#inflateLimit : undefined)
    this.#target.violated(this, error, limit)
  }
}
