/**
 * One long-poll connection: a socket to the server, answers to the requests of its client.
 *
 * Owns: what waits to be sent, the request that is held, the one whose parts are not taken yet, when the client counts as gone.
 * Must not know: HTTP, other connections. Normative text: PROTOCOL.md, "Long poll".
 */
import type { Clock } from '@tautline/core/io'
import {
  type Batch,
  PartAssembly,
  PartQueue,
  type PollAnswer,
  PollMode,
  type PollRequest,
} from '@tautline/core/long-poll'
import { ProtocolViolation } from '@tautline/core/protocol'
import type { ServerSocket, SocketListener } from '../socket.ts'

/** Until then a client sends nothing else: see "Long poll". */
const OPEN_HOLD_MS = 1000
/** On top of the hold, for the way of an answer and of the next request, and for repeating it. */
const GRACE_MS = 10_000

const GONE = 1006
const TOO_BIG = 1009

const NO_PARTS: Batch = { seq: 0, parts: [] }

export interface PollConnectionOptions {
  readonly clock: Clock
  readonly holdMs: number
  readonly maxMessageBytes: number
  readonly maxWaitingBytes: number
  /** The connection is over: requests of its id are no longer for it. */
  readonly onEnd: () => void
}

/** A request that waits for something to say. */
interface Held {
  /** `undefined`: there is nothing to answer, the connection is gone. */
  readonly answer: (batch: Batch | undefined) => void
}

/** Requests bring nothing while the server does not read: one of them waits until it does. */
interface Pause {
  /** Lets go the request that waits, if one does. */
  end: () => void
}

type State =
  | { readonly type: 'open' }
  /** Delivers what waits and the close behind it. */
  | { readonly type: 'closing'; readonly code: number; readonly reason: string }
  | { readonly type: 'ended'; readonly by: 'client' | 'server' }

export class PollConnection implements ServerSocket {
  readonly kind = 'long-poll'
  readonly compresses = false
  readonly #options: PollConnectionOptions
  readonly #outgoing = new PartQueue()
  readonly #incoming: PartAssembly
  #listener: SocketListener | undefined
  #state: State = { type: 'open' }
  #held: Held | undefined
  #isAnswerDue = false
  #pause: Pause | undefined
  /** When the last request came or was answered. */
  #heardAt: number
  #cancelSilence: () => void = () => {}

  constructor(options: PollConnectionOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
    this.#incoming = new PartAssembly(options.maxMessageBytes, {
      onMessage: (message) => this.#listener?.message(message),
      onClose: (code, reason) => this.#end('client', code, reason),
    })
  }

  /** Begins. Call it once, at once. */
  start(listener: SocketListener): void {
    this.#listener = listener
    if (this.#state.type !== 'ended') this.#watchSilence()
  }

  get isHolding(): boolean {
    return this.#held !== undefined
  }

  get backlogBytes(): number {
    return this.#outgoing.backlogBytes
  }

  send(message: Uint8Array): boolean {
    // On its way out, which `closed` tells: no loss that would call for cutting it.
    if (this.#state.type !== 'open') return true
    if (this.#outgoing.backlogBytes + message.byteLength > this.#options.maxWaitingBytes) return false
    this.#outgoing.push(message)
    this.#answerSoon()
    return true
  }

  close(code: number, reason: string): void {
    if (this.#state.type !== 'open') return
    this.#state = { type: 'closing', code, reason }
    this.#outgoing.close(code, reason)
    this.#answerSoon()
  }

  pauseReading(paused: boolean): void {
    const before = this.#pause
    this.#pause = paused ? { end: before?.end ?? NOTHING } : undefined
    if (!paused) before?.end()
  }

  terminate(): void {
    this.#end('server', GONE, '')
  }

  /**
   * Takes what a request brings and answers it, at once or when there is something to say.
   *
   * @returns `undefined` where the connection is gone
   * @throws ProtocolViolation for numbers that no client comes to that keeps to the rules
   */
  async receive(request: PollRequest, signal: AbortSignal | undefined): Promise<PollAnswer | undefined> {
    if (this.#state.type === 'ended') return undefined
    if (request.ack > this.#outgoing.last) throw outOfOrder(`\`ack\` ${request.ack} was never sent`)
    this.#heardAt = this.#options.clock.now()
    if (this.#pause !== undefined && request.parts.length > 0) await this.#untilRead(this.#pause)
    // What is not taken by then comes again, since no answer says that it was.
    if (this.#pause === undefined && !this.#isEnded()) this.#take(request)
    this.#acknowledge(request.ack)
    const batch = await this.#batchFor(request.mode, signal)
    this.#heardAt = this.#options.clock.now()
    return batch === undefined ? undefined : { ...batch, ack: this.#incoming.taken }
  }

  /** A question, not a comparison: it may have ended while a request waited. */
  #isEnded(): boolean {
    return this.#state.type === 'ended'
  }

  /** At most as long as a poll is held. A newer request takes the place of one that waits: no more than one is kept. */
  #untilRead(pause: Pause): Promise<void> {
    const { clock, holdMs } = this.#options
    pause.end()
    return new Promise((resolve) => {
      const end = (): void => {
        cancelTimer()
        pause.end = NOTHING
        resolve()
      }
      const cancelTimer = clock.schedule(clock.now() + holdMs, end)
      pause.end = end
    })
  }

  #take(request: PollRequest): void {
    try {
      if (this.#incoming.accept(request)) return
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.close(TOO_BIG, 'message too big')
      return
    }
    throw outOfOrder(`parts before ${request.seq} are missing`)
  }

  #acknowledge(number: number): void {
    if (this.#outgoing.isEmpty) return
    this.#outgoing.acknowledge(number)
    if (!this.#outgoing.isEmpty) return
    if (this.#state.type === 'closing') this.#end('client', this.#state.code, this.#state.reason)
    else if (this.#state.type === 'open') this.#listener?.drained()
  }

  #batchFor(mode: PollMode, signal: AbortSignal | undefined): Batch | undefined | Promise<Batch | undefined> {
    if (this.#state.type === 'ended') return this.#state.by === 'client' ? NO_PARTS : undefined
    // Answers of two requests may overtake each other: what is under way in one is not sent again in the other.
    if (mode === PollMode.Send) return this.#held === undefined ? this.#outgoing.takeNew() : NO_PARTS
    this.#held?.answer(NO_PARTS)
    if (!this.#outgoing.isEmpty) return this.#outgoing.takeUnacknowledged()
    const { holdMs } = this.#options
    return this.#hold(mode === PollMode.Open ? Math.min(holdMs, OPEN_HOLD_MS) : holdMs, signal)
  }

  #hold(ms: number, signal: AbortSignal | undefined): Promise<Batch | undefined> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const answer = (batch: Batch | undefined): void => {
        this.#held = undefined
        cancelTimer()
        signal?.removeEventListener('abort', giveUp)
        resolve(batch)
      }
      const giveUp = (): void => answer(NO_PARTS)
      const cancelTimer = clock.schedule(clock.now() + ms, giveUp)
      signal?.addEventListener('abort', giveUp)
      this.#held = { answer }
      if (signal?.aborted === true) giveUp()
    })
  }

  /** At the end of this turn: all that is sent in it leaves in one answer. */
  #answerSoon(): void {
    if (this.#isAnswerDue) return
    this.#isAnswerDue = true
    this.#options.clock.defer(() => {
      this.#isAnswerDue = false
      if (!this.#outgoing.isEmpty) this.#held?.answer(this.#outgoing.takeUnacknowledged())
    })
  }

  #watchSilence(): void {
    const { clock, holdMs } = this.#options
    const end = this.#heardAt + holdMs + GRACE_MS
    this.#cancelSilence = clock.schedule(end, () => {
      if (clock.now() >= this.#heardAt + holdMs + GRACE_MS) this.#end('server', GONE, '')
      else this.#watchSilence()
    })
  }

  #end(by: 'client' | 'server', code: number, reason: string): void {
    if (this.#state.type === 'ended') return
    this.#state = { type: 'ended', by }
    this.#cancelSilence()
    this.#incoming.stop()
    this.#outgoing.clear()
    this.#held?.answer(by === 'client' ? NO_PARTS : undefined)
    this.pauseReading(false)
    this.#options.onEnd()
    // Later: the server may be in the middle of what ended it, and have no listener for us yet.
    queueMicrotask(() => this.#listener?.closed(code, reason))
  }
}

const NOTHING = (): void => {}

function outOfOrder(what: string): ProtocolViolation {
  return new ProtocolViolation(4400, `Expected the next numbers, but ${what}`)
}
