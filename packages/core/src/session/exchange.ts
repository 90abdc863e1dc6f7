import type { ItemBatch, OkFrame, Payload, PeerLimits } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import { type CreditWindow, windowOf } from './credit.ts'
import { Deadlines } from './deadlines.ts'
import type { Effect } from './effect.ts'
import type { RequestFrame } from './frame-kinds.ts'
import type { CreateIncomingTable, IncomingTable } from './incoming-requests.ts'
import { OutgoingRequests } from './outgoing-requests.ts'
import { atLeast, atMost, placesOf, type Request } from './request.ts'
import type { OutgoingError, SessionStats } from './session.ts'
import type { Stream } from './stream.ts'

/** Ids on the wire: odd ones are made by the client, even ones by the server. */
const FIRST_ID = { client: 1, server: 2 } as const

/**
 * All requests of a session, ours and the peer's, with their deadlines: the half of a session that knows ids.
 *
 * Owns: whose an id is. Must not know: headers, the handshake, whether anybody is alive.
 * Normative text: PROTOCOL.md, "Ids", "Calls", "Streams".
 */
export class Exchange {
  readonly #deadlines = new Deadlines()
  readonly #outgoing: OutgoingRequests
  readonly #incoming: IncomingTable
  readonly #parity: number
  readonly #topics: number
  readonly #maxStreamItems: number

  constructor(
    role: 'client' | 'server',
    { topics, maxStreamItems }: Pick<Limits, 'topics' | 'maxStreamItems'>,
    createIncoming: CreateIncomingTable,
  ) {
    this.#parity = FIRST_ID[role] % 2
    this.#topics = topics
    this.#maxStreamItems = maxStreamItems
    this.#outgoing = new OutgoingRequests(FIRST_ID[role], this.#deadlines)
    this.#incoming = createIncoming(FIRST_ID[role === 'client' ? 'server' : 'client'], this.#deadlines)
  }

  /** HELLO leaves, and takes along at most so many requests of each kind and so many bytes. */
  greet(limits: PeerLimits, requests: number, bytes: number, now: number, effects: Effect[]): void {
    this.#outgoing.greet(atMost(requests, placesOf(limits, this.#topics)), bytes, now, effects)
  }

  /** From WELCOME on: what the peer allows us. */
  openOutgoing(limits: PeerLimits, now: number, effects: Effect[]): void {
    this.#outgoing.open(placesOf(limits, this.#topics), windowOf(limits, this.#maxStreamItems), now, effects)
  }

  /** From WELCOME on: what we allow the peer, and no fewer requests of each kind than `least`. */
  openIncoming(limits: PeerLimits, least: number): void {
    this.#incoming.open(atLeast(least, placesOf(limits, this.#topics)), windowOf(limits, this.#maxStreamItems))
  }

  nextId(): number {
    return this.#outgoing.nextId()
  }

  ask(request: Request, now: number, effects: Effect[]): void {
    this.#outgoing.add(request, now, effects)
  }

  cancel(id: number, now: number, effects: Effect[]): void {
    this.#outgoing.cancel(id, now, effects)
  }

  isWaiting(id: number): boolean {
    return this.#outgoing.isWaiting(id)
  }

  succeed(id: number, output: Payload | undefined): OkFrame | undefined {
    return this.#incoming.succeed(id, output)
  }

  fail(id: number, error: OutgoingError, effects: Effect[]): void {
    this.#incoming.fail(id, error, effects)
  }

  itemCredit(id: number): CreditWindow | undefined {
    return this.#streamOf(id)?.credit
  }

  sendItems(id: number, batch: ItemBatch, effects: Effect[]): void {
    const stream = this.#streamOf(id)
    if (stream !== undefined) effects.push({ type: 'send', frame: stream.items(batch) })
  }

  sendEnd(id: number, effects: Effect[]): void {
    if (this.#isMine(id)) this.#outgoing.end(id, effects)
    else this.#incoming.end(id, effects)
  }

  itemsConsumed(id: number, taken: CreditWindow, effects: Effect[]): void {
    const frame = this.#streamOf(id)?.consumed(taken.items, taken.bytes)
    if (frame !== undefined) effects.push({ type: 'send', frame })
  }

  onFrame(frame: RequestFrame, now: number, effects: Effect[]): void {
    switch (frame.type) {
      case FrameType.Call:
        return this.#incoming.onCall(frame, now, effects)
      case FrameType.Open:
        return this.#incoming.onOpen(frame, now, effects)
      case FrameType.Listen:
        return this.#incoming.onListen(frame, now, effects)
      case FrameType.Cancel:
        return this.#incoming.onCancel(frame, effects)
      case FrameType.Ok:
        return this.#outgoing.onOk(frame, now, effects)
      case FrameType.Error:
        return this.#outgoing.onError(frame, now, effects)
      case FrameType.Items:
        return this.#findStream(frame.id)?.onItems(frame, effects)
      case FrameType.Credit:
        return this.#findStream(frame.id)?.onCredit(frame, effects)
      case FrameType.End:
        return this.#isMine(frame.id)
          ? this.#outgoing.onEnd(frame, now, effects)
          : this.#incoming.findStream(frame.id)?.onEnd(effects)
    }
  }

  nextDeadline(): number | undefined {
    return this.#deadlines.next()
  }

  handleTimeout(now: number, effects: Effect[]): void {
    for (let id = this.#deadlines.takeDue(now); id !== undefined; id = this.#deadlines.takeDue(now)) {
      if (this.#isMine(id)) this.#outgoing.timedOut(id, now, effects)
      else this.#incoming.timedOut(id, effects)
    }
  }

  /** Everything is lost. Returns the ids of ours that were not settled, by whether they had left. */
  clear(): { readonly unsent: ReadonlySet<number>; readonly sent: ReadonlySet<number> } {
    this.#incoming.clear()
    this.#deadlines.clear()
    return this.#outgoing.clear()
  }

  stats(): SessionStats {
    const mine = this.#outgoing.stats()
    const peers = this.#incoming.stats()
    return {
      calls: mine.call,
      streams: mine.stream,
      topics: mine.topic,
      waiting: mine.waiting,
      peerCalls: peers.call,
      peerStreams: peers.stream,
      peerTopics: peers.topic,
    }
  }

  #isMine(id: number): boolean {
    return id % 2 === this.#parity
  }

  #streamOf(id: number): Stream | undefined {
    return (this.#isMine(id) ? this.#outgoing.get(id) : this.#incoming.get(id))?.stream
  }

  #findStream(id: number): Stream | undefined {
    return this.#isMine(id) ? this.#outgoing.findStream(id) : this.#incoming.findStream(id)
  }
}
