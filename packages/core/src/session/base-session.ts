import { CloseCode, mayRetryAfter } from '../protocol/close-codes.ts'
import type {
  AuthFrame,
  AuthOkFrame,
  CloseFrame,
  EventFrame,
  Frame,
  GoAwayFrame,
  HeartbeatTimes,
  HelloFrame,
  MessageHeader,
  Payload,
  SupersededFrame,
  VolatileEventFrame,
  WelcomeFrame,
} from '../protocol/frame.ts'
import { FrameType, isCounted } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import { Deadlines } from './deadlines.ts'
import { type Effect, NO_EFFECTS } from './effect.ts'
import { Heartbeat, type HeartbeatManner } from './heartbeat.ts'
import { IncomingRequests } from './incoming-requests.ts'
import { OutgoingRequests } from './outgoing-requests.ts'
import type { Request } from './request.ts'
import { Sequence } from './sequence.ts'
import type {
  Admission,
  OutgoingCall,
  OutgoingError,
  OutgoingListen,
  OutgoingOpen,
  Session,
  SessionState,
  SessionStats,
} from './session.ts'
import type { Stream } from './stream.ts'

/**
 * What both ends of a session do alike: everything but the handshake and the frames that only one side sends.
 *
 * Owns: the state and its transitions. Must not know: sockets, timers, clocks, schemas.
 * Normative text: PROTOCOL.md, "Sessions".
 */
type State =
  /** Client: the transport is not open. Server: HELLO has not come. */
  | { readonly name: 'opening'; readonly deadline: number | undefined }
  /** HELLO was sent or received; WELCOME was not. */
  | { readonly name: 'handshaking'; readonly deadline: number }
  | { readonly name: 'open'; readonly heartbeat: Heartbeat }
  | { readonly name: 'closed'; readonly unsent: ReadonlySet<number>; readonly endedAtId: number }

/** Which state may follow which. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  opening: ['handshaking', 'closed'],
  handshaking: ['open', 'closed'],
  open: ['closed'],
  closed: [],
}

const ACCEPT: Admission = Object.freeze({ type: 'accept' })
const DROP: Admission = Object.freeze({ type: 'drop' })

/** Ids on the wire: odd ones are made by the client, even ones by the server. */
const FIRST_ID = { client: 1, server: 2 } as const

/** Frames that only one of the two ends may send once the session is open. */
export type RoleFrame =
  | HelloFrame
  | WelcomeFrame
  | AuthFrame
  | AuthOkFrame
  | EventFrame
  | VolatileEventFrame
  | GoAwayFrame
  | SupersededFrame

export interface BaseSessionOptions {
  readonly role: 'client' | 'server'
  readonly limits: Limits
  /** When HELLO must be there at the latest; `undefined` where this end says it. */
  readonly openingDeadline: number | undefined
}

export abstract class BaseSession implements Session {
  readonly role: 'client' | 'server'
  protected readonly limits: Limits
  protected readonly sequence: Sequence = new Sequence()
  protected readonly outgoing: OutgoingRequests
  protected readonly incoming: IncomingRequests
  readonly #deadlines = new Deadlines()
  readonly #parity: number
  #state: State

  constructor({ role, limits, openingDeadline }: BaseSessionOptions) {
    this.role = role
    this.limits = limits
    this.#parity = FIRST_ID[role] % 2
    this.outgoing = new OutgoingRequests(FIRST_ID[role], this.#deadlines)
    this.incoming = new IncomingRequests(FIRST_ID[role === 'client' ? 'server' : 'client'], this.#deadlines)
    this.#state = { name: 'opening', deadline: openingDeadline }
  }

  abstract get peerContractHash(): string | undefined

  /** Takes a frame that came before the session is open. */
  protected abstract onEarlyFrame(frame: Frame, now: number, effects: Effect[]): void
  /** Takes a frame that only one of the two roles may receive. */
  protected abstract onRoleFrame(frame: RoleFrame, effects: Effect[]): void
  /** Judges the size of a message that came before the session is open. */
  protected abstract onEarlyMessage(byteLength: number): void

  get state(): SessionState {
    return this.#state.name
  }

  admit(header: MessageHeader, byteLength: number, now: number): Admission {
    if (this.#state.name === 'closed') return DROP
    try {
      if (this.#state.name === 'open') this.#state.heartbeat.heard(now)
      else this.onEarlyMessage(byteLength)
      return this.sequence.admit(header, byteLength, now) === 'duplicate' ? DROP : ACCEPT
    } catch (error) {
      return { type: 'reject', effects: this.#endFor(error, []) }
    }
  }

  receive(header: MessageHeader, frames: readonly Frame[], now: number): readonly Effect[] {
    if (this.#state.name === 'closed') return NO_EFFECTS
    const effects: Effect[] = []
    const counted = countedIn(frames)
    if (counted !== header.count) {
      const reason = `Expected ${header.count} counted frames, got ${counted}`
      return this.end(CloseCode.ProtocolError, reason, mayRetryAfter(CloseCode.ProtocolError), effects)
    }
    this.sequence.accept(counted, now)
    return this.deliverAll(frames, now, effects)
  }

  violated(closeCode: number, reason: string): readonly Effect[] {
    return this.end(closeCode, reason, mayRetryAfter(closeCode), [])
  }

  stamp(countedFrames: number, byteLength: number, now: number): MessageHeader {
    return this.sequence.stamp(countedFrames, byteLength, now)
  }

  transportClosed(): void {
    this.#finish('outcome-unknown')
  }

  nextId(): number {
    return this.outgoing.nextId()
  }

  call(call: OutgoingCall, now: number): readonly Effect[] {
    return this.#ask({ kind: 'call', call }, now)
  }

  open(open: OutgoingOpen, now: number): readonly Effect[] {
    return this.#ask({ kind: 'stream', open }, now)
  }

  listen(listen: OutgoingListen, now: number): readonly Effect[] {
    return this.#ask({ kind: 'topic', listen }, now)
  }

  cancel(id: number, now: number): readonly Effect[] {
    const effects: Effect[] = []
    this.outgoing.cancel(id, now, effects)
    return effects
  }

  isUnsent(id: number): boolean {
    if (this.#state.name !== 'closed') return this.outgoing.isWaiting(id)
    return this.#state.unsent.has(id) || id >= this.#state.endedAtId
  }

  succeed(id: number, output: Payload | undefined): readonly Effect[] {
    const effects: Effect[] = []
    this.incoming.succeed(id, output, effects)
    return effects
  }

  fail(id: number, error: OutgoingError): readonly Effect[] {
    const effects: Effect[] = []
    this.incoming.fail(id, error, effects)
    return effects
  }

  canSendItem(id: number): boolean {
    return this.#streamOf(id)?.canSend === true
  }

  sendItem(id: number, value: Payload, resume: Payload | undefined): readonly Effect[] {
    const stream = this.#streamOf(id)
    return stream === undefined ? NO_EFFECTS : [{ type: 'send', frame: stream.item(value, resume) }]
  }

  sendEnd(id: number): readonly Effect[] {
    const effects: Effect[] = []
    if (this.#isMine(id)) this.outgoing.end(id, effects)
    else this.incoming.end(id, effects)
    return effects
  }

  itemConsumed(id: number, byteLength: number): readonly Effect[] {
    const frame = this.#streamOf(id)?.consumed(byteLength)
    return frame === undefined ? NO_EFFECTS : [{ type: 'send', frame }]
  }

  close(code: number, reason: string, retry: boolean): readonly Effect[] {
    return this.end(code, reason, retry, [])
  }

  nextDeadline(): number | undefined {
    const state = this.#state
    if (state.name === 'closed') return undefined
    const phase = state.name === 'open' ? state.heartbeat.nextDeadline(this.sequence.unacked) : state.deadline
    return earliest(earliest(phase, this.sequence.ackDueAt), this.#deadlines.next())
  }

  handleTimeout(now: number): readonly Effect[] {
    const state = this.#state
    if (state.name === 'closed') return NO_EFFECTS
    const effects: Effect[] = []
    for (let id = this.#deadlines.takeDue(now); id !== undefined; id = this.#deadlines.takeDue(now)) {
      if (this.#isMine(id)) this.outgoing.timedOut(id, now, effects)
      else this.incoming.timedOut(id, effects)
    }
    if (this.sequence.takeDueAck(now)) effects.push({ type: 'ack' })
    if (state.name === 'open') this.#beat(state.heartbeat, now, effects)
    else if (state.deadline !== undefined && now >= state.deadline) {
      this.end(CloseCode.HandshakeTimeout, 'The handshake took too long', true, effects)
    }
    return effects
  }

  stats(): SessionStats {
    const mine = this.outgoing.stats()
    const peers = this.incoming.stats()
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

  /** HELLO is there. */
  protected startHandshake(deadline: number): void {
    this.#enter({ name: 'handshaking', deadline })
  }

  /** WELCOME is there: from now on both ends keep its heartbeat. */
  protected establish(manner: HeartbeatManner, times: HeartbeatTimes, now: number): Heartbeat {
    const heartbeat = new Heartbeat(manner, times, now)
    this.#enter({ name: 'open', heartbeat })
    return heartbeat
  }

  protected get heartbeat(): Heartbeat | undefined {
    return this.#state.name === 'open' ? this.#state.heartbeat : undefined
  }

  protected deliverAll(frames: readonly Frame[], now: number, effects: Effect[]): readonly Effect[] {
    try {
      for (const frame of frames) this.#deliver(frame, now, effects)
      return effects
    } catch (error) {
      return this.#endFor(error, effects)
    }
  }

  /** Appends the last effect of this session, unless it has ended before. */
  protected end(code: number, reason: string, retry: boolean, effects: Effect[]): readonly Effect[] {
    if (this.#state.name === 'closed') return effects
    this.#finish('outcome-unknown')
    effects.push({ type: 'close', code, reason, retry })
    return effects
  }

  #ask(request: Request, now: number): readonly Effect[] {
    if (this.#state.name === 'closed') return NO_EFFECTS
    const effects: Effect[] = []
    this.outgoing.add(request, now, effects)
    return effects
  }

  #deliver(frame: Frame, now: number, effects: Effect[]): void {
    const state = this.#state
    switch (state.name) {
      case 'closed':
        return
      case 'opening':
      case 'handshaking':
        return frame.type === FrameType.Close ? this.#onClose(frame, effects) : this.onEarlyFrame(frame, now, effects)
      case 'open':
        return this.#onFrame(frame, state.heartbeat, now, effects)
    }
  }

  #onFrame(frame: Frame, heartbeat: Heartbeat, now: number, effects: Effect[]): void {
    switch (frame.type) {
      case FrameType.Call:
        return this.incoming.onCall(frame, now, effects)
      case FrameType.Open:
        return this.incoming.onOpen(frame, now, effects)
      case FrameType.Listen:
        return this.incoming.onListen(frame, now, effects)
      case FrameType.Cancel:
        return this.incoming.onCancel(frame, effects)
      case FrameType.Ok:
        return this.outgoing.onOk(frame, now, effects)
      case FrameType.Error:
        return this.outgoing.onError(frame, now, effects)
      case FrameType.Item:
        return this.#streamOnWire(frame.id)?.onItem(frame, effects)
      case FrameType.Credit:
        return this.#streamOnWire(frame.id)?.onCredit(frame, effects)
      case FrameType.End:
        return this.#isMine(frame.id)
          ? this.outgoing.onEnd(frame, now, effects)
          : this.incoming.findStream(frame.id)?.onEnd(effects)
      case FrameType.Ping:
        effects.push({ type: 'send', frame: heartbeat.onPing(frame, now) })
        return
      case FrameType.Pong: {
        const ms = heartbeat.onPong(frame, now)
        if (ms !== undefined) effects.push({ type: 'round-trip', ms })
        return
      }
      case FrameType.Close:
        return this.#onClose(frame, effects)
      case FrameType.Hello:
      case FrameType.Welcome:
      case FrameType.Auth:
      case FrameType.AuthOk:
      case FrameType.Event:
      case FrameType.VolatileEvent:
      case FrameType.GoAway:
      case FrameType.Superseded:
        return this.onRoleFrame(frame, effects)
    }
  }

  /** A CLOSE instead of WELCOME is a refusal: nothing that went with the HELLO was run. */
  #onClose({ code, reason, retry }: CloseFrame, effects: Effect[]): void {
    this.#finish(this.#state.name === 'open' ? 'outcome-unknown' : 'refused')
    effects.push({ type: 'closed', code, reason, retry })
  }

  #beat(heartbeat: Heartbeat, now: number, effects: Effect[]): void {
    const due = heartbeat.handleTimeout(now, this.sequence.unacked)
    if (due === 'dead') this.end(CloseCode.HeartbeatTimeout, 'Nothing was heard for too long', true, effects)
    else if (due !== undefined) effects.push({ type: 'send', frame: due })
  }

  #endFor(error: unknown, effects: Effect[]): readonly Effect[] {
    if (!(error instanceof ProtocolViolation)) throw error
    return this.end(error.closeCode, error.message, mayRetryAfter(error.closeCode), effects)
  }

  #finish(why: 'refused' | 'outcome-unknown'): void {
    if (this.#state.name === 'closed') return
    const endedAtId = this.outgoing.nextId()
    const { unsent, sent } = this.outgoing.clear()
    this.incoming.clear()
    this.#deadlines.clear()
    this.#enter({ name: 'closed', unsent: why === 'refused' ? new Set([...unsent, ...sent]) : unsent, endedAtId })
  }

  #enter(state: State): void {
    if (!SESSION_TRANSITIONS[this.#state.name].includes(state.name)) {
      throw new Error(`Expected no transition from ${this.#state.name} to ${state.name}`)
    }
    this.#state = state
  }

  #isMine(id: number): boolean {
    return id % 2 === this.#parity
  }

  #streamOf(id: number): Stream | undefined {
    return (this.#isMine(id) ? this.outgoing.get(id) : this.incoming.get(id))?.stream
  }

  #streamOnWire(id: number): Stream | undefined {
    return this.#isMine(id) ? this.outgoing.findStream(id) : this.incoming.findStream(id)
  }
}

function countedIn(frames: readonly Frame[]): number {
  let count = 0
  for (const frame of frames) if (isCounted(frame)) count += 1
  return count
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
