import type { EndFrame, ErrorFrame, Frame, OkFrame } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { protocolError } from '../protocol/violation.ts'
import type { CreditWindow } from './credit.ts'
import type { Deadline, Deadlines } from './deadlines.ts'
import type { Effect } from './effect.ts'
import { IdTable } from './id-table.ts'
import { frameBytesAtMost, type Places, type Request, type RequestKind, requestFrame } from './request.ts'
import { Stream } from './stream.ts'

/**
 * What this end asked of the other and is not settled: calls, streams, topics.
 *
 * Owns: ids, places under the peer's limits, what waits for one. Must not know: when anything is acknowledged, who asked.
 * Normative text: PROTOCOL.md, "Ids" and "Limits".
 *
 * A request that waits for a place can be overtaken by one of another kind, never by one of its own. That is why ids on the
 * wire grow within each kind, and not over all of them.
 */
export interface Outgoing {
  readonly kind: RequestKind
  readonly id: number
  readonly deadline: Deadline | undefined
  readonly stream: Stream | undefined
  progress: Progress
}

type Progress =
  | { readonly type: 'waiting'; readonly request: Request }
  | { readonly type: 'sent' }
  /** A topic that the peer accepted. */
  | { readonly type: 'accepted' }

const SENT: Progress = Object.freeze({ type: 'sent' })
const ACCEPTED: Progress = Object.freeze({ type: 'accepted' })

/** What may leave now. */
type Gate =
  | { readonly type: 'shut' }
  /** HELLO has left, WELCOME has not come: what follows a request waits for it. */
  | { readonly type: 'greeted'; readonly places: Places; bytesLeft: number; readonly later: Frame[] }
  | { readonly type: 'open'; readonly places: Places; readonly window: CreditWindow }

const NOBODY = Object.freeze({})
const SHUT: Gate = Object.freeze({ type: 'shut' })
const NO_PLACES: Places = { call: 0, stream: 0, topic: 0 }

const KINDS = ['call', 'stream', 'topic'] as const satisfies readonly RequestKind[]

export class OutgoingRequests {
  readonly #deadlines: Deadlines
  readonly #live = new IdTable<Outgoing>()
  /** Oldest first. Made when the first one waits: most never do. */
  #waiting: Readonly<Partial<Record<RequestKind, Map<number, Outgoing>>>> = NOBODY
  readonly #inFlight: Record<RequestKind, number> = { call: 0, stream: 0, topic: 0 }
  #gate: Gate = SHUT
  #nextId: number
  #highestSent = 0

  constructor(firstId: number, deadlines: Deadlines) {
    this.#nextId = firstId
    this.#deadlines = deadlines
  }

  nextId(): number {
    const id = this.#nextId
    this.#nextId += 2
    return id
  }

  get(id: number): Outgoing | undefined {
    return this.#live.get(id)
  }

  /** HELLO leaves, and takes along what is allowed. */
  greet(places: Places, bytes: number, now: number, effects: Effect[]): void {
    const later: Frame[] = []
    this.#gate = { type: 'greeted', places, bytesLeft: bytes, later }
    this.#release(now, effects)
    // Another message could arrive when the server has accepted already and keeps its own, lower limits.
    this.#gate = { type: 'greeted', places: NO_PLACES, bytesLeft: 0, later }
  }

  open(places: Places, window: CreditWindow, now: number, effects: Effect[]): void {
    const later = this.#gate.type === 'greeted' ? this.#gate.later : []
    this.#gate = { type: 'open', places, window }
    for (const frame of later) effects.push({ type: 'send', frame })
    for (const [, entry] of this.#live.entries()) {
      if (entry.progress.type === 'sent') this.#startStream(entry, window, effects)
    }
    this.#release(now, effects)
  }

  add(request: Request, now: number, effects: Effect[]): void {
    const entry = this.#entryOf(request, now)
    this.#live.add(entry.id, entry)
    // While others of its kind wait there is no place, so that it cannot overtake them.
    if (!this.#leave(entry, request, now, effects)) this.#wait(request.kind, entry)
  }

  /** Sends a frame that concerns an id already on the wire; before WELCOME it waits for that. */
  #follow(frame: Frame, effects: Effect[]): void {
    if (this.#gate.type === 'greeted') this.#gate.later.push(frame)
    else effects.push({ type: 'send', frame })
  }

  cancel(id: number, now: number, effects: Effect[]): void {
    const entry = this.#live.get(id)
    if (entry === undefined) return
    if (entry.progress.type !== 'waiting') {
      this.#follow({ type: FrameType.Cancel, id }, effects)
    }
    this.#settle(entry, now, effects)
  }

  timedOut(id: number, now: number, effects: Effect[]): void {
    if (!this.#live.has(id)) return
    effects.push({ type: 'timeout', id })
    this.cancel(id, now, effects)
  }

  /** The direction to the peer is over. */
  end(id: number, effects: Effect[]): void {
    const entry = this.#live.get(id)
    if (entry?.stream?.endSending() !== true || entry.progress.type === 'waiting') return
    this.#follow({ type: FrameType.End, id }, effects)
  }

  onOk(frame: OkFrame, now: number, effects: Effect[]): void {
    const entry = this.#find(frame.id)
    if (entry === undefined) return
    if (entry.kind === 'stream' || entry.progress.type === 'accepted') {
      throw protocolError(`Expected no OK for id ${frame.id}`)
    }
    effects.push({ type: 'ok', id: entry.id, output: frame.output })
    if (entry.kind === 'topic') entry.progress = ACCEPTED
    else this.#settle(entry, now, effects)
  }

  onError(frame: ErrorFrame, now: number, effects: Effect[]): void {
    const entry = this.#find(frame.id)
    if (entry === undefined) return
    const { code, message, data } = frame
    effects.push({ type: 'error', id: entry.id, code, message, data })
    this.#settle(entry, now, effects)
  }

  onEnd({ id }: EndFrame, now: number, effects: Effect[]): void {
    const stream = this.findStream(id)
    const entry = this.#live.get(id)
    if (stream === undefined || entry === undefined) return
    stream.onEnd(effects)
    this.#settle(entry, now, effects)
  }

  /** `undefined`: settled, so that late frames of it mean nothing any more. */
  findStream(id: number): Stream | undefined {
    const entry = this.#find(id)
    if (entry !== undefined && entry.stream === undefined) {
      throw protocolError(`Expected the id of a stream, got ${id}`)
    }
    return entry?.stream
  }

  isWaiting(id: number): boolean {
    return this.#live.get(id)?.progress.type === 'waiting'
  }

  /** Everything is lost. Returns the ids that were not settled, by whether they had left. */
  clear(): { readonly unsent: Set<number>; readonly sent: Set<number> } {
    const unsent = new Set<number>()
    const sent = new Set<number>()
    for (const [, entry] of this.#live.entries()) (entry.progress.type === 'waiting' ? unsent : sent).add(entry.id)
    this.#live.clear()
    for (const kind of KINDS) {
      this.#waiting[kind]?.clear()
      this.#inFlight[kind] = 0
    }
    this.#gate = SHUT
    return { unsent, sent }
  }

  stats(): Readonly<Record<RequestKind | 'waiting', number>> {
    return { ...this.#inFlight, waiting: this.#waitingCount }
  }

  get #waitingCount(): number {
    const { call, stream, topic } = this.#waiting
    return (call?.size ?? 0) + (stream?.size ?? 0) + (topic?.size ?? 0)
  }

  #wait(kind: RequestKind, entry: Outgoing): void {
    if (this.#waiting[kind] === undefined) this.#waiting = { ...this.#waiting, [kind]: new Map() }
    this.#waiting[kind]?.set(entry.id, entry)
  }

  #find(id: number): Outgoing | undefined {
    const entry = this.#live.get(id)
    if (id % 2 !== this.#nextId % 2 || id > this.#highestSent || entry?.progress.type === 'waiting') {
      throw protocolError(`Expected an id that was used, got ${id}`)
    }
    return entry
  }

  #entryOf(request: Request, now: number): Outgoing {
    const progress = { type: 'waiting', request } as const
    if (request.kind === 'topic') {
      return { kind: 'topic', id: request.listen.id, deadline: undefined, stream: undefined, progress }
    }
    const { id, timeoutMs } = request.kind === 'call' ? request.call : request.open
    const stream = request.kind === 'stream' ? new Stream(id, request.open.duplex) : undefined
    const deadline = timeoutMs === undefined ? undefined : this.#deadlines.add(now + timeoutMs, id)
    return { kind: request.kind, id, deadline, stream, progress }
  }

  /** Sends the request if there is a place for it now. */
  #leave(entry: Outgoing, request: Request, now: number, effects: Effect[]): boolean {
    const gate = this.#gate
    if (gate.type === 'shut' || this.#inFlight[request.kind] >= gate.places[request.kind]) return false
    const timeoutMs = entry.deadline && Math.max(0, Math.ceil(entry.deadline.at - now))
    const frame = requestFrame(request, entry.id, timeoutMs)
    if (gate.type === 'greeted') {
      const bytes = frameBytesAtMost(frame)
      if (bytes > gate.bytesLeft) return false
      gate.bytesLeft -= bytes
    }
    this.#highestSent = Math.max(this.#highestSent, entry.id)
    this.#inFlight[request.kind] += 1
    entry.progress = SENT
    effects.push({ type: 'send', frame })
    if (gate.type === 'open') this.#startStream(entry, gate.window, effects)
    const endedWhileWaiting = request.kind === 'stream' && request.open.duplex && entry.stream?.sends === false
    if (endedWhileWaiting) this.#follow({ type: FrameType.End, id: frame.id }, effects)
    return true
  }

  #startStream(entry: Outgoing, window: CreditWindow, effects: Effect[]): void {
    if (entry.stream?.start(window) === true) effects.push({ type: 'writable', id: entry.id })
  }

  #settle(entry: Outgoing, now: number, effects: Effect[]): void {
    this.#live.delete(entry.id)
    this.#deadlines.cancel(entry.deadline)
    if (entry.progress.type === 'waiting') {
      this.#waiting[entry.kind]?.delete(entry.id)
      return
    }
    this.#inFlight[entry.kind] -= 1
    this.#release(now, effects)
  }

  /** Lets out what waits, oldest first; a kind without a free place does not hold the others back. */
  #release(now: number, effects: Effect[]): void {
    if (this.#waitingCount === 0) return
    const blocked = new Set<RequestKind>()
    for (let head = this.#oldest(blocked); head !== undefined; head = this.#oldest(blocked)) {
      const { kind, id, progress } = head
      if (progress.type === 'waiting' && this.#leave(head, progress.request, now, effects)) {
        this.#waiting[kind]?.delete(id)
      } else {
        blocked.add(kind)
      }
    }
  }

  #oldest(blocked: ReadonlySet<RequestKind>): Outgoing | undefined {
    let oldest: Outgoing | undefined
    for (const kind of KINDS) {
      if (blocked.has(kind)) continue
      const [head] = this.#waiting[kind]?.values() ?? []
      if (head !== undefined && (oldest === undefined || head.id < oldest.id)) oldest = head
    }
    return oldest
  }
}
