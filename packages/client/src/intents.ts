/**
 * What the application wants of the line and has not yet got: calls, streams, topics. They outlive connections.
 *
 * Owns: who waits for a connection, in which order, within which limits, until when. Must not know: what a call or a
 * stream does with the connection it is given, when the next one is tried.
 */
import type { BuiltInCode } from '@tautline/core'
import type { Clock } from '@tautline/core/io'
import { IdTable } from '@tautline/core/session'
import type { Carrier } from './line.ts'

export interface Intent {
  /** Its place among all of them; they give it. */
  serial: number
  /** Bytes of input that are kept for it. */
  readonly byteLength: number
  /** In the time of the clock; watched here only while it waits. */
  readonly deadlineAt: number | undefined
  /** Whether it may run twice: then it may leave on a connection that may turn out to be none. */
  readonly isRepeatable: boolean
  /** There is a connection: go. May send at once, though nothing of it is run before the server has accepted. */
  attach(carrier: Carrier): void
  /** The server that it is under way at, by this carrier, goes away, and there is another: move there if nothing is lost by it. */
  handOver?(from: Carrier): void
  /** It will not be had for now: settle and `remove`, or stay for when there is a connection after all. */
  abandon(failure: Failure): void
}

/** Why an intent is given up. Whether it may have run, the intent knows itself. */
export interface Failure {
  readonly code: BuiltInCode
  readonly message?: string | undefined
}

/** Bounds of what is made while there is no connection. */
export interface QueueLimits {
  /** Calls, streams and topics. @default 1000 */
  readonly calls: number
  /** Bytes of their input. @default 1 MiB */
  readonly bytes: number
}

/** What leaves together with HELLO. */
export type Early = 'everything' | 'repeatable'

type LineState =
  /** Intents wait: no transport is open. */
  | { readonly type: 'waiting' }
  /** They are handed over, but the server has not accepted yet: all of it may come back. */
  | { readonly type: 'handshaking'; readonly carrier: Carrier; readonly early: Early }
  | { readonly type: 'connected'; readonly carrier: Carrier }
  /** There will be no connection until somebody asks for one. */
  | { readonly type: 'stopped'; readonly why: Failure }

/** As of ids: all of one parity. */
const SERIAL_STEP = 2

const NOT_TIMED = (): void => {}

export class Intents {
  readonly #clock: Clock
  readonly #limits: QueueLimits
  readonly #onWaiting: () => void
  readonly #all = new IdTable<Intent>()
  #lastSerial = 0
  /** Those without a connection, each with what cancels the timer of its deadline. */
  readonly #waiting = new Map<Intent, () => void>()
  /** Those made since there was a connection: what the limits are about. */
  readonly #queued = new Set<Intent>()
  #queuedBytes = 0
  #state: LineState = { type: 'waiting' }

  /** @param onWaiting something waits: there should be a connection */
  constructor(clock: Clock, limits: QueueLimits, onWaiting: () => void) {
    this.#clock = clock
    this.#limits = limits
    this.#onWaiting = onWaiting
  }

  /** That of the server which has accepted. */
  get carrier(): Carrier | undefined {
    return this.#state.type === 'connected' ? this.#state.carrier : undefined
  }

  /** All that is not settled. */
  get size(): number {
    return this.#all.size
  }

  /** Those of them that wait for a connection. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes a new intent: hands it over, lets it wait, or abandons it at once. */
  add(intent: Intent): void {
    if (this.#state.type === 'stopped') return intent.abandon(this.#state.why)
    if (this.#state.type !== 'connected' && !this.#enqueue(intent)) return intent.abandon(this.#queueFull(intent))
    intent.serial = this.#lastSerial += SERIAL_STEP
    this.#all.add(intent.serial, intent)
    this.#place(intent)
  }

  /** Takes one back whose connection was lost: it goes again with the next. */
  again(intent: Intent): void {
    if (this.#all.has(intent.serial)) this.#place(intent)
  }

  /** It is settled. */
  remove(intent: Intent): void {
    if (!this.#all.delete(intent.serial)) return
    if (this.#queued.delete(intent)) this.#queuedBytes -= intent.byteLength
    this.#stopWaiting(intent)
  }

  /** A transport is open, and HELLO is about to be said: what waits goes with it, in the order in which it came. */
  greet(carrier: Carrier, early: Early): void {
    if (this.#state.type !== 'waiting') return
    this.#state = { type: 'handshaking', carrier, early }
    this.#release()
  }

  /** The server has accepted: everything that waits goes. */
  accepted(carrier: Carrier): void {
    this.#state = { type: 'connected', carrier }
    this.#queued.clear()
    this.#queuedBytes = 0
    this.#release()
  }

  /** Those that are under way on `from` may move to the connection there is. */
  handOver(from: Carrier): void {
    for (const [, intent] of this.#all.entries()) intent.handOver?.(from)
  }

  /** The connection is gone: intents wait. What was handed over comes back by `again`, or settles. */
  wait(): void {
    this.#state = { type: 'waiting' }
  }

  /** No connection will come by itself: those that wait are abandoned, and those that come. `wait` ends this. */
  stop(why: Failure): void {
    this.#state = { type: 'stopped', why }
    for (const intent of this.#waiting.keys()) intent.abandon(why)
  }

  /** As `stop`, and those that were handed over are abandoned too. */
  close(why: Failure): void {
    this.stop(why)
    for (const [, intent] of this.#all.entries()) intent.abandon(why)
  }

  #release(): void {
    for (const intent of this.#waiting.keys()) {
      const carrier = this.#carrierFor(intent)
      // One that went before it may have lost the connection.
      if (carrier === undefined) continue
      this.#stopWaiting(intent)
      this.#attach(intent, carrier)
    }
  }

  #carrierFor({ isRepeatable }: Intent): Carrier | undefined {
    if (this.#state.type === 'connected') return this.#state.carrier
    if (this.#state.type !== 'handshaking') return undefined
    return isRepeatable || this.#state.early === 'everything' ? this.#state.carrier : undefined
  }

  #place(intent: Intent): void {
    const carrier = this.#carrierFor(intent)
    if (carrier !== undefined) {
      this.#attach(intent, carrier)
      return
    }
    this.#waiting.set(intent, this.#watchDeadline(intent))
    if (this.#state.type === 'stopped') intent.abandon(this.#state.why)
    else this.#onWaiting()
  }

  /** What has no time left does not leave: it may have had none to begin with, and timers may be late. */
  #attach(intent: Intent, carrier: Carrier): void {
    const hasTime = intent.deadlineAt === undefined || intent.deadlineAt > this.#clock.now()
    if (hasTime) intent.attach(carrier)
    else intent.abandon({ code: 'TIMEOUT' })
  }

  #watchDeadline(intent: Intent): () => void {
    if (intent.deadlineAt === undefined) return NOT_TIMED
    return this.#clock.schedule(intent.deadlineAt, () => intent.abandon({ code: 'TIMEOUT' }))
  }

  #stopWaiting(intent: Intent): void {
    this.#waiting.get(intent)?.()
    this.#waiting.delete(intent)
  }

  /** Says whether there was room. */
  #enqueue(intent: Intent): boolean {
    const bytes = this.#queuedBytes + intent.byteLength
    if (this.#queued.size >= this.#limits.calls || bytes > this.#limits.bytes) return false
    this.#queued.add(intent)
    this.#queuedBytes = bytes
    return true
  }

  #queueFull({ byteLength }: Intent): Failure {
    const { calls, bytes } = this.#limits
    const message = `Expected at most ${calls} calls and ${bytes} bytes of input to wait for the connection`
    return {
      code: 'QUEUE_FULL',
      message: `${message}, got one of ${byteLength} bytes after ${this.#queued.size} with ${this.#queuedBytes}`,
    }
  }
}
