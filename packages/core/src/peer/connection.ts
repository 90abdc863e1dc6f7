import { Inbound, type InboundStats, type InboundTarget } from '../io/inbound.ts'
import { BATCH_BYTES, Outbox, type OutboxExit } from '../io/outbox.ts'
import type { Connector, Transport, TransportListener } from '../io/ports.ts'
import type { SharedFrame } from '../io/shared-frame.ts'
import { CloseCode, mayRetryAfter } from '../protocol/close-codes.ts'
import {
  type CountedFrame,
  type Frame,
  FrameType,
  type ItemBatch,
  isCounted,
  type MessageHeader,
  type Payload,
  type Welcome,
  type WelcomeFrame,
} from '../protocol/frame.ts'
import type { WireLimitName } from '../protocol/limit-name.ts'
import { MAX_INFLATE_RATIO } from '../protocol/limits.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { Effect } from '../session/effect.ts'
import type { Session } from '../session/session.ts'
import { ArmedTimer, type TimerOwner } from './armed-timer.ts'
import { assertNever } from './assert-never.ts'
import { Carrier, type CarrierOwner } from './carrier.ts'
import type { ConnectionObserver } from './connection-observer.ts'
import type { ConnectionOptions, ConnectionStats } from './connection-options.ts'
import { type ConnectionSides, deliverEffect } from './deliver-effect.ts'
import type { Ending } from './ending.ts'
import { FaultGuard } from './fault-guard.ts'
import type { ItemRoom } from './link.ts'
import { insteadOf } from './oversize.ts'
import { PlainIds } from './plain-ids.ts'
import { type PacedPeer, SendPace } from './send-pace.ts'
import { SessionDriver } from './session-driver.ts'
import type { Reception } from './volatile-events.ts'

/*
 * The driver: a session, the transport that carries it for now, and everything between the two, for client and server
 * alike. A session that can be resumed outlives its transport: it then waits here, detached, until it takes over that of
 * another connection. Owns: both pipes, the one armed timer, and the order in which effects are applied. Must not know:
 * procedures, values, what a handler is. Normative text: PROTOCOL.md, "Transport", "Resuming" and "Closing".
 *
 * The rule of this file: nothing may escape into the platform's listeners and timers. What fails inside ends this connection
 * with 4500 and no other.
 */

/** What the peer is told when something failed here: no more than that. */
const INTERNAL_REASON = 'internal error'

/** A transport with what comes in over it. */
interface Link {
  readonly carrier: Carrier
  readonly inbound: Inbound
}

type ConnectionState =
  | { readonly type: 'idle' }
  /** The transport is on its way (`connecting`), or there. */
  | (Link & { readonly type: 'connecting' | 'open'; readonly sides: ConnectionSides })
  /** The session lives, and has no transport. */
  | { readonly type: 'detached'; readonly sides: ConnectionSides }
  /** The session is over; the transport is being closed. */
  | { readonly type: 'ending'; readonly carrier: Carrier; readonly ending: Ending }
  | { readonly type: 'closed' }

/** What happens to the session when it moves to another transport, and the WELCOME that a server has to say first. */
export type TakeOver<S> = (session: S, now: number) => readonly Effect[] | WelcomeFrame

const NO_TRAFFIC: InboundStats = { messages: 0, wireBytes: 0, bodyBytes: 0 }

/** Whether an id was made by this end: odd ones are the client's. */
const IS_OWN = {
  client: (id: number): boolean => id % 2 === 1,
  server: (id: number): boolean => id % 2 === 0,
} as const

/**
 * Its parts are given the connection itself and not functions of it, and what not every connection needs is made when it is
 * needed: ten thousand idle ones are 40 MB smaller than with a function for each thing that a part asks.
 */
export class Connection<S extends Session>
  extends SessionDriver<S>
  implements CarrierOwner, InboundTarget, OutboxExit, PacedPeer, TimerOwner
{
  readonly #options: ConnectionOptions
  readonly #observer: ConnectionObserver
  readonly #outbox: Outbox
  readonly #pace: SendPace
  readonly #faults: FaultGuard
  readonly #timer: ArmedTimer
  readonly #isOwn: (id: number) => boolean
  /** Most connections have none. */
  #plainIds: PlainIds | undefined
  #state: ConnectionState = { type: 'idle' }
  #turn: 'idle' | 'due' = 'idle'
  #wakes: 'idle' | 'due' = 'idle'
  /** What is to be called before the turn is over. */
  #collected: Set<() => void> | undefined
  /** Whether something must still come over the transport that was taken over last. */
  #proof: 'settled' | 'due' = 'settled'
  /** Of transports before this one. */
  #pastReceived = NO_TRAFFIC
  /** Where the session ended in good order: the requests of ours that have reached nobody, of those that had their turn. */
  #leftBehind: ReadonlySet<number> | undefined

  constructor(session: S, observer: ConnectionObserver, options: ConnectionOptions) {
    super(session, options.clock)
    this.#options = options
    this.#observer = observer
    this.#isOwn = IS_OWN[session.role]
    this.#timer = new ArmedTimer(options.clock, this)
    this.#faults = new FaultGuard(this, observer)
    this.#outbox = new Outbox(this, options)
    this.#pace = new SendPace(this, this.#outbox, options)
  }

  /**
   * Client: opens a transport.
   *
   * @throws whatever the connector throws, such as for an address that is none
   */
  start({ connector, ...sides }: ConnectionSides & { readonly connector: Connector }): void {
    const carrier = new Carrier(this.clock, this)
    carrier.connect(connector)
    this.#state = { type: 'connecting', carrier, inbound: this.#createInbound(), sides }
    this.onMove()
  }

  /** Server: takes a transport that is open already, and returns who is to listen to it. */
  accept(transport: Transport, sides: ConnectionSides): TransportListener {
    const carrier = new Carrier(this.clock, this)
    carrier.accept(transport)
    this.#state = { type: 'connecting', carrier, inbound: this.#createInbound(), sides }
    this.onOpen()
    return carrier
  }

  /**
   * From now on the transport of `arrival` carries this session, and `arrival` is over without a word. What the peer does not
   * have is sent again, behind what `begin` says.
   *
   * @param farewell is told to the transport that is left, if there is one
   */
  takeOver(arrival: Connection<S>, begin: TakeOver<S>, farewell?: Frame): void {
    const before = this.#state
    if (before.type !== 'open' && before.type !== 'detached') return
    const carrier = arrival.#release()
    if (carrier === undefined) return
    if (before.type === 'open') this.#leaveLink(before, { code: CloseCode.Superseded, reason: 'Moved', farewell })
    // What was collected for the old transport gets its numbers before anything that follows.
    this.#outbox.flush()
    carrier.owner = this
    this.#state = { type: 'open', carrier, inbound: this.#createInbound(), sides: before.sides }
    this.#proof = 'due'
    this.#faults.run(() => {
      const begun = this.#begin(begin)
      if ('welcome' in begun) this.#welcome(begun)
      else this.apply(begun)
      if (this.#state.type === 'open') this.#outbox.resend(this.session.acknowledged)
    })
    this.onMove()
  }

  /** Whether the session lives: after that, every move is without effect. */
  get isLive(): boolean {
    const { type } = this.#state
    return type === 'connecting' || type === 'open' || type === 'detached'
  }

  get isDetached(): boolean {
    return this.#state.type === 'detached'
  }

  get isThere(): boolean {
    return this.#state.type === 'open'
  }

  get backlogBytes(): number | undefined {
    return this.#state.type === 'open' ? this.#state.carrier.backlogBytes : undefined
  }

  /** The transport, until it is gone. */
  get transport(): Transport | undefined {
    return 'carrier' in this.#state ? this.#state.carrier.transport : undefined
  }

  /** Bytes that are kept in memory to be sent, or sent again. */
  get keptBytes(): number {
    return this.#outbox.keptBytes
  }

  get stats(): ConnectionStats {
    return {
      sent: this.#outbox.stats,
      received: addReceived(this.#pastReceived, this.#link?.inbound.stats),
      backlogBytes: this.transport?.backlogBytes ?? 0,
      plain: this.#plainIds?.size ?? 0,
      volatile: this.#pace.volatile,
      session: this.session.stats(),
    }
  }

  /** Sends an event to this peer, which must be past its handshake. */
  publish(frame: SharedFrame): Reception {
    const isHeard = this.isThere && this.session.state === 'open'
    if (!isHeard && !(this.isDetached && frame.counted)) return 'missed'
    const reception = frame.counted ? this.#publishCounted(frame) : this.#pace.publishVolatile(frame)
    this.onMove()
    return reception
  }

  #publishCounted(frame: SharedFrame): Reception {
    if (!this.#outbox.fits(frame)) return 'too-large'
    // A handler that publishes may have answered before: to the peer, too, that comes first.
    this.inTurn(() => {
      this.#outbox.appendShared(frame)
      this.#endIf(this.#pace.overheld())
    })
    return 'taken'
  }

  override isUnsent(id: number): boolean {
    if (super.isUnsent(id)) return true
    // What is numbered leaves with the next connection at the latest, whatever becomes of its caller.
    if (this.isLive) return false
    return this.#leftBehind === undefined ? id > this.#outbox.sentId : this.#leftBehind.has(id)
  }

  itemRoom(id: number): ItemRoom | undefined {
    const credit = this.isLive ? this.session.itemCredit(id) : undefined
    if (credit === undefined) return undefined
    if (!this.#pace.allowsItem(id)) {
      // It has its turn once this one is over, also where those that may send say nothing.
      this.onMove()
      return undefined
    }
    const batchBytes = Math.min(BATCH_BYTES, this.#outbox.maxItemBytes)
    return { items: credit.items, bytes: credit.bytes, batchBytes }
  }

  override sendItems(id: number, batch: ItemBatch): void {
    this.#pace.itemsSent(batch.count, batch.values.byteLength + (batch.resumes?.byteLength ?? 0))
    super.sendItems(id, batch)
  }

  itemsCollected(items: number, byteLength: number): boolean {
    return this.#pace.itemsCollected(items, byteLength)
  }

  collect(flush: () => void): void {
    this.#collected ??= new Set()
    this.#collected.add(flush)
    this.onMove()
  }

  /** What was sent before arrives before the end. */
  override close(code: number, reason: string, retry: boolean): void {
    this.#flushCollected()
    super.close(code, reason, retry)
  }

  #flushCollected(): void {
    if (this.#collected === undefined || this.#collected.size === 0) return
    for (const flush of this.#collected) flush()
    this.#collected.clear()
  }

  override succeed(id: number, output: Payload | undefined): void {
    this.#pace.answerGiven(output?.byteLength ?? 0)
    super.succeed(id, output)
  }

  hasRoom(): boolean {
    return this.#pace.hasRoomForAnswer()
  }

  sendPlain(id: number): void {
    if (!this.isLive) return
    this.#plainIds ??= new PlainIds(this.#isOwn)
    this.#plainIds.add(id)
  }

  override cancel(id: number): void {
    // No CANCEL follows that it could be forgotten with.
    if (this.session.isUnsent(id)) this.#plainIds?.forget(id)
    super.cancel(id)
  }

  onOpen(): void {
    const state = this.#state
    if (state.type !== 'connecting') return
    this.#state = { ...state, type: 'open' }
    this.#faults.run(() => this.#observer.onOpen())
    this.onMove()
  }

  /** A transport that was left may still bring something: the session has moved on. */
  isCarriedBy(carrier: Carrier): boolean {
    return this.#link?.carrier === carrier
  }

  onMessage(carrier: Carrier, message: Uint8Array): void {
    if (this.isCarriedBy(carrier)) this.#faults.run(() => this.#link?.inbound.push(message))
  }

  onDrain(carrier: Carrier): void {
    if (this.isCarriedBy(carrier)) this.onMove()
  }

  onGone(carrier: Carrier, code: number, reason: string): void {
    const settle = (): void => {
      const state = this.#state
      if (state.type === 'ending' && state.carrier === carrier) this.#closed(state.ending)
      else this.#transportGone(carrier, code, reason)
    }
    const link = this.#link
    // What has arrived before counts, also where it is still being inflated.
    if (link?.carrier === carrier) link.inbound.whenReady(settle)
    else settle()
  }

  get #link(): (Link & { readonly sides: ConnectionSides }) | undefined {
    return this.#state.type === 'connecting' || this.#state.type === 'open' ? this.#state : undefined
  }

  #createInbound(): Inbound {
    return new Inbound(this, this.#options.limits, this.#options.mostReceived)
  }

  stamp(countedFrames: number, byteLength: number): MessageHeader {
    return this.session.stamp(countedFrames, byteLength, this.now())
  }

  restamp(seq: number, countedFrames: number, byteLength: number): MessageHeader {
    return this.session.restamp(seq, countedFrames, byteLength)
  }

  oversized(frame: CountedFrame): void {
    this.apply(insteadOf(frame, { session: this.session, now: this.now(), isOwn: this.#isOwn }))
  }

  transmit(message: Uint8Array): boolean {
    const carrier = 'carrier' in this.#state ? this.#state.carrier : undefined
    if (carrier === undefined || !carrier.send(message)) return false
    this.#endIf(this.#pace.overrun())
    return true
  }

  /** @param fault what is wrong with how the peer reads, if anything is */
  #endIf(fault: string | undefined): void {
    if (fault === undefined) return
    this.#limited('backlog')
    this.#endAtOnce(CloseCode.SlowConsumer, fault)
  }

  /** What comes over a transport that was left is of no interest, and neither is what was on its way from there. */
  #isCurrent(inbound: Inbound): boolean {
    return inbound === this.#link?.inbound
  }

  admit(inbound: Inbound, header: MessageHeader, byteLength: number, now: number): boolean {
    if (!this.#isCurrent(inbound)) return false
    const admission = this.session.admit(header, byteLength, now)
    if (admission.type === 'reject') this.apply(admission.effects)
    else {
      this.#outbox.acknowledged(this.session.acknowledged)
      this.onMove()
    }
    return admission.type === 'accept'
  }

  receive(inbound: Inbound, header: MessageHeader, frames: readonly Frame[], now: number): void {
    if (!this.#isCurrent(inbound)) return
    this.#prove(frames)
    this.#observer.onReceived?.(frames.length, inbound.inflatedBytes)
    this.apply(this.session.receive(header, frames, now))
  }

  violated(inbound: Inbound, { closeCode, message }: ProtocolViolation, limit: WireLimitName | undefined): void {
    if (!this.#isCurrent(inbound)) return
    this.#limited(limit)
    this.move((session, now) => session.violated(closeCode, message, now))
  }

  #limited(limit: WireLimitName | undefined): void {
    if (limit !== undefined) this.#observer.onLimited?.(limit)
  }

  /** Who closes may have given up before WELCOME came. All else is said by those who have it. */
  #prove([first]: readonly Frame[]): void {
    if (this.#proof === 'settled' || first?.type === FrameType.Close) return
    this.#proof = 'settled'
    this.#observer.onProven?.()
  }

  protected applyEffect(effect: Effect): void {
    const state = this.#state
    // Nobody is left to be told: the session has ended in the middle of this list.
    if (state.type !== 'open' && state.type !== 'connecting' && state.type !== 'detached') return
    const { sides } = state
    switch (effect.type) {
      case 'send':
        this.#send(effect.frame)
        break
      case 'ack':
        this.#outbox.requestMessage()
        break
      case 'welcome':
        if (!effect.welcome.resumed) this.#agree(effect.welcome)
        this.#observer.onHandshake(effect)
        break
      case 'hello':
      case 'auth':
      case 'auth-ok':
        this.#observer.onHandshake(effect)
        break
      case 'go-away':
      case 'round-trip':
        this.#observer.onLinkEffect(effect)
        break
      case 'limited':
        this.#limited(effect.limit)
        break
      case 'abort':
      case 'ok':
      case 'error':
      case 'timeout':
      case 'end':
        this.#plainIds?.settledBy(effect)
        deliverEffect(effect, sides, this.#isOwn)
        break
      case 'call':
      case 'open':
      case 'listen':
      case 'items':
      case 'writable':
      case 'event':
        deliverEffect(effect, sides, this.#isOwn)
        break
      case 'detach':
        this.#detach({ origin: 'local', code: effect.code, reason: effect.reason, retry: true })
        break
      case 'detached':
        this.#detach({ origin: 'peer', code: effect.code, reason: effect.reason, retry: true })
        break
      case 'close':
        this.#end({ origin: 'local', code: effect.code, reason: effect.reason, retry: effect.retry })
        break
      case 'closed':
        this.#end({ origin: 'peer', code: effect.code, reason: effect.reason, retry: effect.retry })
        break
      default:
        assertNever(effect)
    }
  }

  #send(frame: Frame): void {
    if (frame.type === FrameType.Ok) this.#pace.answerTaken(frame.output?.byteLength ?? 0)
    const plain = this.#plainIds?.take(frame) === true
    const fits = this.#outbox.append(frame, plain)
    if (frame.type === FrameType.Welcome) {
      // In a message of its own: what follows may be compressed, and only WELCOME tells the peer how.
      this.#outbox.endMessage()
      this.#agree(frame.welcome)
    } else if (!fits && isCounted(frame)) {
      this.oversized(frame)
    }
    this.#endIf(this.#pace.overheld())
  }

  /** WELCOME fixes limits and compression for both ends, from the next message on. */
  #agree({ limits, compression }: Welcome): void {
    const inbound = this.#link?.inbound
    this.#outbox.limit(limits)
    inbound?.limit(limits)
    if (compression === undefined) {
      // Another transport may have agreed on one.
      this.#outbox.compress(undefined)
      return
    }
    const { algorithm, thresholdBytes } = compression
    const { compressor } = this.#options
    if (compressor?.algorithm !== algorithm) {
      throw new Error(`Expected \`compressor\` to be one for \`${algorithm}\`, which was offered`)
    }
    this.#outbox.compress({ compressor, thresholdBytes, maxRatio: MAX_INFLATE_RATIO })
    inbound?.decompress(compressor)
  }

  /** Client: the terms of the connection that was taken over. */
  agree(welcome: Welcome): void {
    this.#agree(welcome)
  }

  /** Once per turn: everything collected leaves as one message, and the timer is set. */
  protected onMove(): void {
    if (this.#turn === 'due' || !this.isLive) return
    this.#turn = 'due'
    this.clock.defer(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    // Still in this turn, so that what they send leaves with it.
    this.#faults.run(() => this.#flushCollected())
    this.#turn = 'idle'
    this.#pace.messageLeft()
    try {
      this.#settleTurn()
    } catch (error) {
      this.onFault(error)
    }
  }

  #settleTurn(): void {
    if (this.isLive && this.#state.type !== 'connecting') this.#flush()
    // Behind the others, and ahead of streams that wait for room: with as much as this they would take it all.
    if (this.#pace.releaseVolatile()) this.#outbox.flush()
    if (this.#state.type === 'open') this.#watchBacklog()
    this.#offerRoom()
    if (this.isDetached) this.#observer.onKept?.()
    this.#timer.arm(this.#nextDeadline())
  }

  #flush(): void {
    const transport = this.#outbox.hasSeveral ? this.#link?.carrier.transport : undefined
    // WELCOME and the first answers: a tenth of a connect is the second system call, and the client waking up twice.
    if (transport?.together === undefined) this.#outbox.flush()
    else transport.together(() => this.#outbox.flush())
  }

  /** Lets those go on who had to wait for the turn, or for room. */
  #offerRoom(): void {
    const state = this.#state
    if (state.type !== 'open' && state.type !== 'detached') return
    if (this.#pace.shouldOfferRoom()) state.sides.callee.onRoom()
    for (const id of this.#pace.streamsToWake()) deliverEffect({ type: 'writable', id }, state.sides, this.#isOwn)
    if (this.#pace.hasStreamsToWake) this.#wakeNextTurn()
  }

  /** Once others have had their turn. */
  #wakeNextTurn(): void {
    if (this.#wakes === 'due') return
    this.#wakes = 'due'
    const wake = (): void => this.#wake()
    if (this.clock.nextTurn === undefined) this.clock.defer(wake)
    else this.clock.nextTurn(wake)
  }

  #wake(): void {
    this.#wakes = 'idle'
    this.#pace.renewItems()
    this.#faults.run(() => this.#offerRoom())
  }

  #watchBacklog(): void {
    this.#noteProgress()
    const fault = this.#pace.stalled()
    if (fault === undefined) return
    this.#limited('backlog')
    this.move((session, now) => session.leave(CloseCode.SlowConsumer, fault, now))
  }

  #noteProgress(): void {
    if (this.#pace.hasMoved()) this.session.alive(this.now())
  }

  #nextDeadline(): number | undefined {
    return this.isLive ? earlier(this.session.nextDeadline(), this.#pace.nextCheckAt) : undefined
  }

  onTime(): void {
    this.#faults.run(() => {
      const now = this.now()
      if (this.#state.type === 'open') this.#noteProgress()
      const deadline = this.session.nextDeadline()
      if (this.isLive && deadline !== undefined && deadline <= now) this.apply(this.session.handleTimeout(now))
      // Looks at the backlog, and arms the timer again.
      this.onMove()
    })
  }

  #transportGone(carrier: Carrier, code: number, reason: string): void {
    const link = this.#link
    if (link?.carrier !== carrier) return
    const { retryAfterMs } = carrier
    const ending: Ending = { origin: 'transport', code, reason, retry: mayRetryAfter(code), retryAfterMs }
    this.#faults.tell(() => this.session.transportClosed(code, this.now()))
    if (this.session.state === 'detached') {
      this.#detach(ending)
      return
    }
    this.#stop(link)
    this.#state = { type: 'closed' }
    this.#lost(link.sides, ending)
    this.#closed(ending)
  }

  /** Takes nothing more that comes in over it. */
  #stop({ inbound }: Link): void {
    inbound.stop()
    this.#pastReceived = addReceived(this.#pastReceived, inbound.stats)
  }

  /** The session has detached: leaves the transport, if it is not gone, and waits. */
  #detach(ending: Ending): void {
    const state = this.#state
    if (state.type !== 'open') return
    const { code, reason } = ending
    const farewell: Frame | undefined =
      ending.origin === 'local' ? { type: FrameType.Close, code, reason, retry: true } : undefined
    this.#leaveLink(state, { code, reason, farewell })
    this.#timer.disarm()
    this.onMove()
    this.#faults.tell(() => this.#observer.onDetached(ending))
    // While the peer was there more could be held back for it.
    this.#endIf(this.#pace.overheld())
  }

  #leaveLink(link: Extract<ConnectionState, Link>, { code, reason, farewell }: Leave): void {
    const { carrier, sides } = link
    this.#stop(link)
    this.#pace.restart()
    this.#faults.tell(() => {
      if (farewell !== undefined) this.#outbox.sendAlone(farewell)
    })
    // First: whatever the carrier says from now on is of no interest.
    this.#state = { type: 'detached', sides }
    this.#faults.tell(() => carrier.close(code, reason))
  }

  /** Gives the transport away. */
  #release(): Carrier | undefined {
    const state = this.#state
    if (state.type !== 'open' || !state.carrier.isOpen) return undefined
    this.#state = { type: 'closed' }
    this.#timer.disarm()
    this.#stop(state)
    this.#outbox.drop()
    this.#faults.tell(() => this.session.transportClosed(CloseCode.Normal, this.now()))
    return state.carrier
  }

  /** Ahead of everything; what the peer has to know of our numbers stands in it. */
  #welcome(frame: WelcomeFrame): void {
    this.#outbox.greet(frame)
    this.#agree(frame.welcome)
  }

  #begin(begin: TakeOver<S>): ReturnType<TakeOver<S>> {
    const now = this.now()
    try {
      return begin(this.session, now)
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      return this.session.violated(error.closeCode, error.message, now)
    }
  }

  /** The session is over by our decision or the peer's: says so, closes the transport, and waits only so long for it. */
  #end(ending: Ending): void {
    const state = this.#state
    if (state.type === 'detached') {
      this.#state = { type: 'closed' }
      this.#lost(state.sides, ending)
      this.#closed(ending)
      return
    }
    if (state.type !== 'connecting' && state.type !== 'open') return
    const { carrier } = state
    this.#state = { type: 'ending', carrier, ending }
    // A peer that has sent CLOSE has said what it has accepted. What was collected here leaves ahead of ours.
    if (ending.origin === 'peer') this.#leftBehind = this.#outbox.unacceptedRequests()
    else if (state.type === 'open') this.#leftBehind = this.#outbox.dropHeldRequests()
    // First, so that nobody hears of the transport's end before that of the session.
    this.#lost(state.sides, ending)
    this.#stop(state)
    this.#timer.disarm()
    carrier.closeSoon(ending.code, ending.reason)
    this.#faults.tell(() => {
      // A peer that has sent CLOSE reads no more, and an unopened transport carries nothing.
      if (state.type === 'connecting' || ending.origin === 'peer') {
        carrier.close(ending.code, ending.reason)
        return
      }
      const { code, reason, retry } = ending
      this.#outbox.append({ type: FrameType.Close, code, reason, retry }, false)
      this.#outbox.finish(() => carrier.close(code, reason))
    })
  }

  #lost({ caller, callee }: ConnectionSides, ending: Ending): void {
    this.#faults.tell(() => caller?.onLost())
    this.#faults.tell(() => callee.onLost())
    this.#plainIds = undefined
    this.#faults.tell(() => this.#observer.onLost(ending))
  }

  #closed(ending: Ending): void {
    this.#state = { type: 'closed' }
    this.#timer.disarm()
    this.#outbox.drop()
    this.#pace.restart()
    this.#faults.tell(() => this.#observer.onClosed(ending))
  }

  /** Ends the session ahead of the effects that still wait to be applied: they are dropped with it. */
  #endAtOnce(code: CloseCode, reason: string): void {
    const effects = this.session.close(code, reason, true)
    for (const effect of effects) this.applyEffect(effect)
  }

  /** Something failed that no peer can be blamed for. */
  onFault(error: unknown): void {
    this.#faults.report(error)
    if (!this.isLive) return
    this.#faults.tell(() => this.#endAtOnce(CloseCode.Internal, INTERNAL_REASON))
    if (!this.isLive) return
    // A session that fails even at that is left behind.
    this.#faults.tell(() => this.session.transportClosed(CloseCode.Normal, this.now()))
    this.#end({ origin: 'local', code: CloseCode.Internal, reason: INTERNAL_REASON, retry: true })
  }
}

/** How a transport is left. */
interface Leave {
  readonly code: number
  readonly reason: string
  readonly farewell: Frame | undefined
}

function addReceived(past: InboundStats, now: InboundStats = NO_TRAFFIC): InboundStats {
  return {
    messages: past.messages + now.messages,
    wireBytes: past.wireBytes + now.wireBytes,
    bodyBytes: past.bodyBytes + now.bodyBytes,
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
