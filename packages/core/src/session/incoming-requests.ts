import type { CallFrame, CancelFrame, Frame, ListenFrame, OkFrame, OpenFrame, Payload } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { protocolError } from '../protocol/violation.ts'
import type { CreditWindow } from './credit.ts'
import type { Deadline, Deadlines } from './deadlines.ts'
import type { Effect } from './effect.ts'
import { IdTable } from './id-table.ts'
import { PeerIds } from './peer-ids.ts'
import type { Places, RequestKind } from './request.ts'
import type { OutgoingError } from './session.ts'
import { Stream } from './stream.ts'

/**
 * What the peer asked of this end and is not settled: calls, streams, topics.
 *
 * Owns: the peer's ids, its places under our limits. Must not know: procedures, handlers.
 * Normative text: PROTOCOL.md, "Ids" and "Limits".
 */
interface Incoming {
  readonly kind: RequestKind
  readonly id: number
  readonly deadline: Deadline | undefined
  readonly stream: Stream | undefined
  /** Only a topic lives on after it was accepted. */
  progress: 'asked' | 'accepted'
}

/** The members of `IncomingRequests`, for what stands in its place. */
export type IncomingTable = Pick<IncomingRequests, keyof IncomingRequests>

/** @param firstId the lowest that the peer may use */
export type CreateIncomingTable = (firstId: number, deadlines: Deadlines) => IncomingTable

/** For an end that serves something. */
export const createIncomingRequests: CreateIncomingTable = (firstId, deadlines) =>
  new IncomingRequests(firstId, deadlines)

const NO_PLACES: Places = { call: 0, stream: 0, topic: 0 }
const NO_WINDOW: CreditWindow = { items: 0, bytes: 0 }

class IncomingRequests {
  readonly #deadlines: Deadlines
  readonly #ids: PeerIds
  readonly #live = new IdTable<Incoming>()
  readonly #inFlight: Record<RequestKind, number> = { call: 0, stream: 0, topic: 0 }
  #places = NO_PLACES
  #window = NO_WINDOW

  constructor(firstId: number, deadlines: Deadlines) {
    this.#ids = new PeerIds(firstId)
    this.#deadlines = deadlines
  }

  open(places: Places, window: CreditWindow): void {
    this.#places = places
    this.#window = window
  }

  get(id: number): Incoming | undefined {
    return this.#live.get(id)
  }

  onCall(frame: CallFrame, now: number, effects: Effect[]): void {
    if (!this.#enter('call', frame.id, frame.timeoutMs, now, effects)) return
    const { id, procedure, input, timeoutMs, meta } = frame
    effects.push({ type: 'call', id, procedure, input, timeoutMs, meta })
  }

  onOpen(frame: OpenFrame, now: number, effects: Effect[]): void {
    if (!this.#enter('stream', frame.id, frame.timeoutMs, now, effects)) return
    const { id, procedure, input, timeoutMs, meta, resume } = frame
    this.#live.get(id)?.stream?.start(this.#window)
    effects.push({ type: 'open', id, procedure, input, timeoutMs, meta, resume })
  }

  onListen(frame: ListenFrame, now: number, effects: Effect[]): void {
    if (!this.#enter('topic', frame.id, undefined, now, effects)) return
    effects.push({ type: 'listen', id: frame.id, event: frame.event, params: frame.params })
  }

  onCancel(frame: CancelFrame, effects: Effect[]): void {
    const entry = this.#find(frame.id)
    if (entry === undefined) return
    this.#settle(entry)
    effects.push({ type: 'abort', id: entry.id, why: 'cancelled' })
  }

  timedOut(id: number, effects: Effect[]): void {
    const entry = this.#live.get(id)
    if (entry === undefined) return
    effects.push({ type: 'abort', id, why: 'timeout' })
    this.fail(id, { code: 'TIMEOUT', message: DEADLINE_PASSED, data: undefined }, effects)
  }

  /** `undefined` where nobody waits for it any more. */
  succeed(id: number, output: Payload | undefined): OkFrame | undefined {
    const entry = this.#live.get(id)
    if (entry === undefined) return undefined
    if (entry.kind === 'stream' || entry.progress === 'accepted') {
      throw new Error(`Expected \`succeed\` once for a call or a topic, got it for ${entry.kind} ${id}`)
    }
    if (entry.kind === 'topic') entry.progress = 'accepted'
    else this.#settle(entry)
    return { type: FrameType.Ok, id, output }
  }

  fail(id: number, error: OutgoingError, effects: Effect[]): void {
    const entry = this.#live.get(id)
    if (entry === undefined) return
    this.#settle(entry)
    send({ type: FrameType.Error, id, code: error.code, message: error.message, data: error.data }, effects)
  }

  /** Settles a stream. */
  end(id: number, effects: Effect[]): void {
    const entry = this.#live.get(id)
    if (entry?.stream === undefined) return
    this.#settle(entry)
    send({ type: FrameType.End, id }, effects)
  }

  /** `undefined`: settled, so that late frames of it mean nothing any more. */
  #find(id: number): Incoming | undefined {
    this.#ids.expectUsed(id)
    return this.#live.get(id)
  }

  findStream(id: number): Stream | undefined {
    const entry = this.#find(id)
    if (entry !== undefined && entry.stream === undefined) {
      throw protocolError(`Expected the id of a stream, got ${id}`)
    }
    return entry?.stream
  }

  clear(): void {
    this.#live.clear()
    for (const kind of ['call', 'stream', 'topic'] as const) this.#inFlight[kind] = 0
  }

  stats(): Readonly<Record<RequestKind, number>> {
    return { ...this.#inFlight }
  }

  /** Takes the request, or answers with an error where the peer has no place or no time left for it. */
  #enter(kind: RequestKind, id: number, timeoutMs: number | undefined, now: number, effects: Effect[]): boolean {
    if (this.#live.has(id)) throw this.#ids.unexpected(kind, id)
    this.#ids.use(kind, id)
    if (this.#inFlight[kind] >= this.#places[kind]) {
      effects.push({ type: 'limited', limit: `${kind}s` })
      const message = `Expected at most ${this.#places[kind]} of kind ${kind} in flight`
      send({ type: FrameType.Error, id, code: 'LIMIT_EXCEEDED', message, data: undefined }, effects)
      return false
    }
    if (timeoutMs === 0) {
      send({ type: FrameType.Error, id, code: 'TIMEOUT', message: DEADLINE_PASSED, data: undefined }, effects)
      return false
    }
    this.#inFlight[kind] += 1
    this.#live.add(id, {
      kind,
      id,
      deadline: timeoutMs === undefined ? undefined : this.#deadlines.add(now + timeoutMs, id),
      // Whether the peer sends items as well is not on the wire: its credit bounds what may come.
      stream: kind === 'stream' ? new Stream(id, true) : undefined,
      progress: 'asked',
    })
    return true
  }

  #settle(entry: Incoming): void {
    this.#live.delete(entry.id)
    this.#deadlines.cancel(entry.deadline)
    this.#inFlight[entry.kind] -= 1
  }
}

const DEADLINE_PASSED = 'The deadline of the call has passed'

function send(frame: Frame, effects: Effect[]): void {
  effects.push({ type: 'send', frame })
}
