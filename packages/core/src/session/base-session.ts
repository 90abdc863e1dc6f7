import { CloseCode, mayRetryAfter, sessionOutlives } from '../protocol/close-codes.ts'
import type { CloseFrame, Frame, ItemBatch, MessageHeader, Payload, Welcome } from '../protocol/frame.ts'
import { FrameType, isCounted } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { CreditWindow } from './credit.ts'
import { type Effect, NO_EFFECTS } from './effect.ts'
import { Exchange } from './exchange.ts'
import type { RoleFrame } from './frame-kinds.ts'
import { Heartbeat, type HeartbeatManner } from './heartbeat.ts'
import type { CreateIncomingTable } from './incoming-requests.ts'
import { follow, type Phase } from './phase.ts'
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

const ACCEPT: Admission = Object.freeze({ type: 'accept' })
const DROP: Admission = Object.freeze({ type: 'drop' })
/** Gone without a word: never on the wire, only told to this end. */
const GONE = 1006
/** Of RFC 6455. */
const GOING_AWAY = 1001

/** So that a link which is dead indeed is found within a few minutes. */
const MAX_PATIENCE = 16

/** What WELCOME fixes for the life of a connection. */
type Terms = Pick<Welcome, 'heartbeat' | 'resumeWindowMs'>

export interface BaseSessionOptions {
  readonly role: 'client' | 'server'
  readonly limits: Limits
  /** When HELLO must be there at the latest; `undefined` where this end says it. */
  readonly openingDeadline: number | undefined
  /** What becomes of the peer's requests. */
  readonly createIncoming: CreateIncomingTable
}

/**
 * What both ends of a session do alike: everything but the handshake and the frames that only one side sends.
 *
 * Owns: the state and its transitions. Must not know: sockets, timers, clocks, schemas.
 * Normative text: PROTOCOL.md, "Sessions".
 */
export abstract class BaseSession implements Session {
  readonly role: 'client' | 'server'
  protected readonly limits: Limits
  protected readonly sequence: Sequence = new Sequence()
  protected readonly exchange: Exchange
  #phase: Phase
  /**
   * Doubled by each connection that fell silent without having brought anything: on a slow line a large message keeps others
   * behind it for longer than the heartbeat waits, and would do so on every connection anew.
   */
  #patience = 1

  constructor({ role, limits, openingDeadline, createIncoming }: BaseSessionOptions) {
    this.role = role
    this.limits = limits
    this.exchange = new Exchange(role, limits, createIncoming)
    this.#phase = { name: 'opening', deadline: openingDeadline }
  }

  get acknowledged(): number {
    return this.sequence.acked
  }

  get isResumable(): boolean {
    return this.#phase.name === 'detached' || (this.#phase.name === 'open' && this.#phase.windowMs > 0)
  }

  canContinueFrom(rx: number): boolean {
    return this.isResumable && this.sequence.canContinueFrom(rx)
  }

  abstract get peerContractHash(): string | undefined

  /** Takes a frame that came before the session is open. */
  protected abstract onEarlyFrame(frame: Frame, now: number, effects: Effect[]): void
  /** Takes a frame that only one of the two roles may receive. */
  protected abstract onRoleFrame(frame: RoleFrame, now: number, effects: Effect[]): void
  /** Judges the size of a message that came before the session is open. */
  protected abstract onEarlyMessage(byteLength: number): void

  get state(): SessionState {
    return this.#phase.name
  }

  admit(header: MessageHeader, byteLength: number, now: number): Admission {
    if (this.#phase.name === 'closed' || this.#phase.name === 'detached') return DROP
    try {
      if (this.#phase.name === 'open') this.#phase.heartbeat.heard(now)
      else this.onEarlyMessage(byteLength)
      return this.sequence.admit(header, byteLength, now) === 'duplicate' ? DROP : ACCEPT
    } catch (error) {
      return { type: 'reject', effects: this.#endFor(error, now, []) }
    }
  }

  receive(header: MessageHeader, frames: readonly Frame[], now: number): readonly Effect[] {
    if (this.#phase.name === 'closed' || this.#phase.name === 'detached') return NO_EFFECTS
    const effects: Effect[] = []
    const counted = countedIn(frames)
    if (counted !== header.count) {
      const reason = `Expected ${header.count} counted frames, got ${counted}`
      return this.end(CloseCode.ProtocolError, reason, mayRetryAfter(CloseCode.ProtocolError), effects)
    }
    this.sequence.accept(counted, now)
    if (counted > 0) this.#patience = 1
    return this.deliverAll(frames, now, effects)
  }

  alive(now: number): void {
    this.heartbeat?.heard(now)
  }

  violated(closeCode: number, reason: string): readonly Effect[] {
    return this.end(closeCode, reason, mayRetryAfter(closeCode), [])
  }

  stamp(countedFrames: number, byteLength: number, now: number): MessageHeader {
    return this.sequence.stamp(countedFrames, byteLength, now)
  }

  restamp(seq: number, countedFrames: number, byteLength: number): MessageHeader {
    return this.sequence.repeat(seq, countedFrames, byteLength)
  }

  transportClosed(code: number, now: number): void {
    if (this.#phase.name === 'detached') return
    // Browsers say 1001 when a page is left: nobody will come back for its session.
    const isLeft = this.role === 'server' && code === GOING_AWAY
    if (this.isResumable && mayRetryAfter(code) && !isLeft) this.#detach(now)
    else this.#finish('outcome-unknown')
  }

  leave(code: number, reason: string, now: number): readonly Effect[] {
    return this.#leave(code, reason, now, [])
  }

  nextId(): number {
    return this.exchange.nextId()
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
    this.exchange.cancel(id, now, effects)
    return effects
  }

  isUnsent(id: number): boolean {
    if (this.#phase.name !== 'closed') return this.exchange.isWaiting(id)
    return this.#phase.unsent.has(id) || id >= this.#phase.endedAtId
  }

  succeed(id: number, output: Payload | undefined): readonly Effect[] {
    const frame = this.exchange.succeed(id, output)
    return frame === undefined ? NO_EFFECTS : [{ type: 'send', frame }]
  }

  fail(id: number, error: OutgoingError): readonly Effect[] {
    const effects: Effect[] = []
    this.exchange.fail(id, error, effects)
    return effects
  }

  itemCredit(id: number): CreditWindow | undefined {
    return this.exchange.itemCredit(id)
  }

  sendItems(id: number, batch: ItemBatch): readonly Effect[] {
    const effects: Effect[] = []
    this.exchange.sendItems(id, batch, effects)
    return effects
  }

  sendEnd(id: number): readonly Effect[] {
    const effects: Effect[] = []
    this.exchange.sendEnd(id, effects)
    return effects
  }

  itemsConsumed(id: number, taken: CreditWindow): readonly Effect[] {
    const effects: Effect[] = []
    this.exchange.itemsConsumed(id, taken, effects)
    return effects
  }

  close(code: number, reason: string, retry: boolean): readonly Effect[] {
    return this.end(code, reason, retry, [])
  }

  nextDeadline(): number | undefined {
    const phase = this.#phase
    if (phase.name === 'closed') return undefined
    if (phase.name === 'detached') return earliest(phase.deadline, this.exchange.nextDeadline())
    const ownDeadline = phase.name === 'open' ? phase.heartbeat.nextDeadline(this.sequence.unacked) : phase.deadline
    return earliest(earliest(ownDeadline, this.sequence.ackDueAt), this.exchange.nextDeadline())
  }

  handleTimeout(now: number): readonly Effect[] {
    const phase = this.#phase
    if (phase.name === 'closed') return NO_EFFECTS
    const effects: Effect[] = []
    this.exchange.handleTimeout(now, effects)
    if (phase.name === 'detached') return now < phase.deadline ? effects : this.#expire(phase.windowMs, effects)
    if (this.sequence.takeDueAck(now)) effects.push({ type: 'ack' })
    if (phase.name === 'open') this.#beat(phase.heartbeat, now, effects)
    else if (phase.deadline !== undefined && now >= phase.deadline) {
      effects.push({ type: 'limited', limit: 'handshakeMs' })
      this.end(CloseCode.HandshakeTimeout, 'The handshake took too long', true, effects)
    }
    return effects
  }

  stats(): SessionStats {
    return this.exchange.stats()
  }

  /** HELLO is there. */
  protected startHandshake(deadline: number): void {
    this.#phase = follow(this.#phase, { name: 'handshaking', deadline })
  }

  /** WELCOME is there: from now on both ends keep its heartbeat, and wait for each other for its window. */
  protected establish(manner: HeartbeatManner, { heartbeat: times, resumeWindowMs }: Terms, now: number): Heartbeat {
    const heartbeat = new Heartbeat(manner, times, now, this.#patience)
    this.#phase = follow(this.#phase, { name: 'open', heartbeat, windowMs: resumeWindowMs })
    return heartbeat
  }

  protected get heartbeat(): Heartbeat | undefined {
    return this.#phase.name === 'open' ? this.#phase.heartbeat : undefined
  }

  protected deliverAll(frames: readonly Frame[], now: number, effects: Effect[]): readonly Effect[] {
    try {
      for (const frame of frames) this.#deliver(frame, now, effects)
      return effects
    } catch (error) {
      return this.#endFor(error, now, effects)
    }
  }

  /** Appends the last effect of this session, unless it has ended before. */
  protected end(code: number, reason: string, retry: boolean, effects: Effect[]): readonly Effect[] {
    if (this.#phase.name === 'closed') return effects
    this.#finish('outcome-unknown')
    effects.push({ type: 'close', code, reason, retry })
    return effects
  }

  #ask(request: Request, now: number): readonly Effect[] {
    if (this.#phase.name === 'closed') return NO_EFFECTS
    const effects: Effect[] = []
    this.exchange.ask(request, now, effects)
    return effects
  }

  #deliver(frame: Frame, now: number, effects: Effect[]): void {
    const phase = this.#phase
    switch (phase.name) {
      case 'closed':
      case 'detached':
        return
      case 'opening':
      case 'handshaking':
        return frame.type === FrameType.Close
          ? this.#onClose(frame, now, effects)
          : this.onEarlyFrame(frame, now, effects)
      case 'open':
        return this.#onFrame(frame, phase.heartbeat, now, effects)
    }
  }

  #onFrame(frame: Frame, heartbeat: Heartbeat, now: number, effects: Effect[]): void {
    switch (frame.type) {
      case FrameType.Call:
      case FrameType.Open:
      case FrameType.Listen:
      case FrameType.Cancel:
      case FrameType.Ok:
      case FrameType.Error:
      case FrameType.Items:
      case FrameType.Credit:
      case FrameType.End:
        return this.exchange.onFrame(frame, now, effects)
      case FrameType.Ping:
        effects.push({ type: 'send', frame: heartbeat.onPing(frame, now) })
        return
      case FrameType.Pong: {
        const ms = heartbeat.onPong(frame, now)
        if (ms !== undefined) effects.push({ type: 'round-trip', ms })
        return
      }
      case FrameType.Close:
        return this.#onClose(frame, now, effects)
      case FrameType.Hello:
      case FrameType.Welcome:
      case FrameType.Auth:
      case FrameType.AuthOk:
      case FrameType.Event:
      case FrameType.VolatileEvent:
      case FrameType.GoAway:
      case FrameType.Superseded:
        return this.onRoleFrame(frame, now, effects)
    }
  }

  /** A CLOSE instead of WELCOME is a refusal: nothing that went with the HELLO was run. */
  #onClose({ code, reason, retry }: CloseFrame, now: number, effects: Effect[]): void {
    if (this.isResumable && sessionOutlives(code)) {
      this.#detach(now)
      effects.push({ type: 'detached', code, reason })
      return
    }
    this.#finish(this.#phase.name === 'open' ? 'outcome-unknown' : 'refused')
    effects.push({ type: 'closed', code, reason, retry })
  }

  #beat(heartbeat: Heartbeat, now: number, effects: Effect[]): void {
    const due = heartbeat.handleTimeout(now, this.sequence.unacked)
    if (due === 'dead') this.#giveUpOnCarrier(now, effects)
    else if (due !== undefined) effects.push({ type: 'send', frame: due })
  }

  #giveUpOnCarrier(now: number, effects: Effect[]): void {
    this.#patience = Math.min(2 * this.#patience, MAX_PATIENCE)
    this.#leave(CloseCode.HeartbeatTimeout, 'Nothing was heard for too long', now, effects)
  }

  #endFor(error: unknown, now: number, effects: Effect[]): readonly Effect[] {
    if (!(error instanceof ProtocolViolation)) throw error
    if (error.limit !== undefined) effects.push({ type: 'limited', limit: error.limit })
    if (error.closeCode === CloseCode.SequenceGap) return this.#leave(error.closeCode, error.message, now, effects)
    return this.end(error.closeCode, error.message, mayRetryAfter(error.closeCode), effects)
  }

  #leave(code: number, reason: string, now: number, effects: Effect[]): readonly Effect[] {
    if (this.#phase.name === 'detached') return effects
    if (!this.isResumable) return this.end(code, reason, mayRetryAfter(code), effects)
    this.#detach(now)
    effects.push({ type: 'detach', code, reason })
    return effects
  }

  #detach(now: number): void {
    const phase = this.#phase
    if (phase.name !== 'open') return
    const { windowMs } = phase
    this.#phase = follow(phase, { name: 'detached', deadline: now + windowMs, windowMs })
  }

  #expire(windowMs: number, effects: Effect[]): readonly Effect[] {
    return this.end(GONE, `No connection came back within ${windowMs} ms`, true, effects)
  }

  #finish(why: 'refused' | 'outcome-unknown'): void {
    if (this.#phase.name === 'closed') return
    const endedAtId = this.exchange.nextId()
    const { unsent, sent } = this.exchange.clear()
    this.#phase = follow(this.#phase, {
      name: 'closed',
      unsent: why === 'refused' ? new Set([...unsent, ...sent]) : unsent,
      endedAtId,
    })
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
