import { Inbound, type InboundStats, type InboundTarget, type SizeLimits } from '../io/inbound.ts'
import { Outbox, type OutboxExit, type OutboxStats } from '../io/outbox.ts'
import type { Clock, Compressor, Connector, Transport, TransportListener } from '../io/ports.ts'
import type { SharedFrame } from '../io/shared-frame.ts'
import { CloseCode, mayRetryAfter } from '../protocol/close-codes.ts'
import { type Frame, FrameType, isCounted, type Payload, type Welcome } from '../protocol/frame.ts'
import { type Limits, MAX_INFLATE_RATIO } from '../protocol/limits.ts'
import type { Effect } from '../session/effect.ts'
import type { Session, SessionStats } from '../session/session.ts'
import { ArmedTimer } from './armed-timer.ts'
import { assertNever } from './assert-never.ts'
import { type BacklogLimits, BacklogWatch, DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
import type { ConnectionObserver } from './connection-observer.ts'
import { type ConnectionSides, deliverEffect } from './deliver-effect.ts'
import type { Ending } from './ending.ts'
import { ItemAllowance } from './item-allowance.ts'
import { insteadOf } from './oversize.ts'
import { PlainIds } from './plain-ids.ts'
import { SessionDriver } from './session-driver.ts'

/*
 * The driver: one transport, the session above it, and everything between the two, for client and server alike.
 * Owns: the transport, both pipes, the one armed timer, and the order in which effects are applied. Must not know:
 * procedures, values, what a handler is. Normative text: PROTOCOL.md, "Transport" and "Closing".
 *
 * The rule of this file: nothing may escape into the platform's listeners and timers. What fails inside ends this connection
 * with 4500 and no other.
 */

/** How long the peer may take to answer our close, before the connection is given up without it. */
const CLOSE_TIMEOUT_MS = 3000

/** What the peer is told when something failed here: no more than that. */
const INTERNAL_REASON = 'internal error'

export interface ConnectionOptions<S extends Session> {
  readonly session: S
  readonly clock: Clock
  /** This end's limits, until both ends have agreed on others. */
  readonly limits: Limits
  /** Sizes of received messages beyond which the peer is not followed, whatever it announces. @default none */
  readonly mostReceived?: SizeLimits | undefined
  /** Used once both ends have agreed on its algorithm. */
  readonly compressor: Compressor | undefined
  readonly observer: ConnectionObserver
  readonly backlog?: BacklogLimits | undefined
}

export interface ConnectionStats {
  readonly sent: OutboxStats
  readonly received: InboundStats
  /** Bytes accepted by the transport and not yet handed to the network. */
  readonly backlogBytes: number
  /** Calls and streams that are kept out of compressed messages and not settled. */
  readonly plain: number
  readonly session: SessionStats
}

type ConnectionState =
  | { readonly type: 'idle' }
  /** The transport is on its way (`connecting`), or there. */
  | (ConnectionSides & { readonly type: 'connecting' | 'open'; readonly transport: Transport })
  /** The session is over; the transport is being closed. */
  | { readonly type: 'ending'; readonly transport: Transport; readonly ending: Ending; readonly deadline: number }
  | { readonly type: 'closed' }

export class Connection<S extends Session> extends SessionDriver<S> {
  readonly #compressor: Compressor | undefined
  readonly #observer: ConnectionObserver
  readonly #outbox: Outbox
  readonly #inbound: Inbound
  readonly #backlog: BacklogWatch
  readonly #allowance = new ItemAllowance()
  readonly #timer: ArmedTimer
  readonly #isOwn = (id: number): boolean => (id % 2 === 1) === (this.session.role === 'client')
  readonly #plainIds = new PlainIds(this.#isOwn)
  #state: ConnectionState = { type: 'idle' }
  #turnDue = false

  constructor(options: ConnectionOptions<S>) {
    super(options.session, options.clock)
    this.#compressor = options.compressor
    this.#observer = options.observer
    this.#backlog = new BacklogWatch(options.backlog ?? DEFAULT_BACKLOG_LIMITS)
    this.#timer = new ArmedTimer(options.clock, () => this.#onTime())
    this.#outbox = new Outbox(this.#exit(), options.limits)
    this.#inbound = new Inbound(this.#target(), options.limits, options.mostReceived)
  }

  /**
   * Client: opens a transport.
   *
   * @throws whatever the connector throws, such as for an address that is none
   */
  start({ connector, ...sides }: ConnectionSides & { readonly connector: Connector }): void {
    const transport = connector.connect(this.#listener())
    this.#state = { ...sides, type: 'connecting', transport }
    this.onMove()
  }

  /** Server: takes a transport that is open already, and returns who is to listen to it. */
  accept(transport: Transport, sides: ConnectionSides): TransportListener {
    this.#state = { ...sides, type: 'connecting', transport }
    this.#opened()
    return this.#listener()
  }

  /** Whether the session lives: after that, every move is without effect. */
  get isLive(): boolean {
    return this.#state.type === 'connecting' || this.#state.type === 'open'
  }

  /** The transport, until it is gone. */
  get transport(): Transport | undefined {
    return 'transport' in this.#state ? this.#state.transport : undefined
  }

  get stats(): ConnectionStats {
    return {
      sent: this.#outbox.stats,
      received: this.#inbound.stats,
      backlogBytes: this.transport?.backlogBytes ?? 0,
      plain: this.#plainIds.size,
      session: this.session.stats(),
    }
  }

  /**
   * Sends an event to this peer, which must be past its handshake.
   *
   * @returns false when it is larger than one message to this peer may be
   */
  publish(frame: SharedFrame): boolean {
    if (this.#state.type !== 'open' || this.session.state !== 'open') return true
    const fits = this.#outbox.appendShared(frame)
    this.onMove()
    return fits
  }

  override isUnsent(id: number): boolean {
    return super.isUnsent(id) || id > this.#outbox.sentId
  }

  override canSendItem(id: number): boolean {
    return super.canSendItem(id) && this.#allowance.allows(id)
  }

  override sendItem(id: number, value: Payload, resume: Payload | undefined): void {
    this.#allowance.spend(value.byteLength)
    super.sendItem(id, value, resume)
  }

  sendPlain(id: number): void {
    if (this.isLive) this.#plainIds.add(id)
  }

  override cancel(id: number): void {
    // No CANCEL follows that it could be forgotten with.
    if (this.session.isUnsent(id)) this.#plainIds.forget(id)
    super.cancel(id)
  }

  #listener(): TransportListener {
    return {
      onOpen: () => this.#opened(),
      onMessage: (message) => {
        if (this.#state.type === 'open') this.#guard(() => this.#inbound.push(message))
      },
      // What has arrived before counts, also where it is still being inflated.
      onClose: (code, reason) => this.#inbound.whenReady(() => this.#transportGone(code, reason)),
      onDrain: () => this.onMove(),
    }
  }

  #exit(): OutboxExit {
    return {
      stamp: (counted, byteLength) => this.session.stamp(counted, byteLength, this.clock.now()),
      send: (message) => this.#transmit(message),
      fault: (error) => this.onFault(error),
    }
  }

  /** The end of the turn may be too late to look at the backlog: a few small calls can ask for any number of large answers. */
  #transmit(message: Uint8Array): void {
    const { transport } = this
    transport?.send(message)
    if (this.#state.type !== 'open' || transport === undefined) return
    const { backlogBytes } = transport
    if (backlogBytes > this.#backlog.maxBytes) this.#endAtOnce(CloseCode.SlowConsumer, tooMuchWaits(backlogBytes))
  }

  #target(): InboundTarget {
    return {
      admit: (header, byteLength) => {
        const admission = this.session.admit(header, byteLength, this.clock.now())
        if (admission.type === 'reject') this.apply(admission.effects)
        else this.onMove()
        return admission.type === 'accept'
      },
      receive: (header, frames) => this.apply(this.session.receive(header, frames, this.clock.now())),
      violated: (code, reason) => this.move((session, now) => session.violated(code, reason, now)),
      fault: (error) => this.onFault(error),
    }
  }

  #opened(): void {
    const state = this.#state
    if (state.type !== 'connecting') return
    this.#state = { ...state, type: 'open' }
    this.#guard(() => this.#observer.onOpen())
    this.onMove()
  }

  protected applyEffect(effect: Effect): void {
    const state = this.#state
    // Nobody is left to be told: the session has ended in the middle of this list.
    if (state.type !== 'open' && state.type !== 'connecting') return
    switch (effect.type) {
      case 'send':
        this.#send(effect.frame)
        break
      case 'ack':
        this.#outbox.requestMessage()
        break
      case 'welcome':
        this.#agree(effect.welcome)
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
      case 'abort':
      case 'ok':
      case 'error':
      case 'timeout':
      case 'end':
        this.#plainIds.settledBy(effect)
        deliverEffect(effect, state, this.#isOwn)
        break
      case 'call':
      case 'open':
      case 'listen':
      case 'item':
      case 'writable':
      case 'event':
        deliverEffect(effect, state, this.#isOwn)
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
    // A message with WELCOME is compressed no more than those before it: only WELCOME tells the peer how.
    const plain = this.#plainIds.take(frame) || frame.type === FrameType.Welcome
    const fits = this.#outbox.append(frame, plain)
    if (frame.type === FrameType.Welcome) {
      // In a message of its own where what follows may be compressed.
      if (frame.welcome.compression !== undefined) this.#outbox.flush()
      this.#agree(frame.welcome)
    } else if (!fits && isCounted(frame)) {
      this.apply(insteadOf(frame, { session: this.session, now: this.clock.now(), isOwn: this.#isOwn }))
    }
  }

  /** WELCOME fixes limits and compression for both ends, from the next message on. */
  #agree({ limits, compression }: Welcome): void {
    this.#outbox.limit(limits)
    this.#inbound.limit(limits)
    if (compression === undefined) return
    const { algorithm, thresholdBytes } = compression
    const compressor = this.#compressor
    if (compressor?.algorithm !== algorithm) {
      throw new Error(`Expected \`compressor\` to be one for \`${algorithm}\`, which was offered`)
    }
    this.#outbox.compress({ compressor, thresholdBytes, maxRatio: MAX_INFLATE_RATIO })
    this.#inbound.decompress(compressor)
  }

  /** Once per turn: everything collected leaves as one message, and the timer is set. */
  protected onMove(): void {
    if (this.#turnDue || !this.isLive) return
    this.#turnDue = true
    this.clock.defer(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#turnDue = false
    this.#guard(() => {
      const state = this.#state
      if (state.type === 'open') {
        this.#outbox.flush()
        this.#watchBacklog(state.transport)
        for (const id of this.#allowance.renew()) deliverEffect({ type: 'writable', id }, state, this.#isOwn)
      }
      this.#timer.arm(this.#nextDeadline())
    })
  }

  #watchBacklog(transport: Transport): void {
    this.#noteProgress(transport)
    const { backlogBytes } = transport
    if (!this.#backlog.isTooSlow(this.#outbox.wireBytes, backlogBytes, this.clock.now())) return
    this.close(CloseCode.SlowConsumer, tooMuchWaits(backlogBytes), true)
  }

  #noteProgress({ backlogBytes }: Transport): void {
    if (this.#backlog.hasMoved(this.#outbox.wireBytes, backlogBytes)) this.session.alive(this.clock.now())
  }

  #nextDeadline(): number | undefined {
    if (this.#state.type === 'ending') return this.#state.deadline
    return this.isLive ? earlier(this.session.nextDeadline(), this.#backlog.nextCheckAt) : undefined
  }

  #onTime(): void {
    this.#guard(() => {
      const now = this.clock.now()
      const state = this.#state
      if (state.type === 'ending') {
        this.#giveUp(state.transport, state.ending)
        return
      }
      if (state.type === 'open') this.#noteProgress(state.transport)
      const deadline = this.session.nextDeadline()
      if (this.isLive && deadline !== undefined && deadline <= now) this.apply(this.session.handleTimeout(now))
      // Looks at the backlog, and arms the timer again.
      this.onMove()
    })
  }

  #transportGone(code: number, reason: string): void {
    const state = this.#state
    switch (state.type) {
      case 'connecting':
      case 'open': {
        const ending: Ending = { origin: 'transport', code, reason, retry: mayRetryAfter(code) }
        this.#state = { type: 'closed' }
        this.#tell(() => this.session.transportClosed(this.clock.now()))
        this.#lost(state, ending)
        this.#closed(ending)
        break
      }
      case 'ending':
        this.#closed(state.ending)
        break
      case 'idle':
      case 'closed':
        break
    }
  }

  /** The session is over by our decision or the peer's: says so, closes the transport, and waits only so long for it. */
  #end(ending: Ending): void {
    const state = this.#state
    if (state.type !== 'connecting' && state.type !== 'open') return
    const { transport } = state
    this.#state = { type: 'ending', transport, ending, deadline: this.clock.now() + CLOSE_TIMEOUT_MS }
    // First, so that nobody hears of the transport's end before that of the session.
    this.#lost(state, ending)
    this.#inbound.stop()
    this.#timer.disarm()
    this.#timer.arm(this.#nextDeadline())
    this.#tell(() => {
      // A peer that has sent CLOSE reads no more, and an unopened transport carries nothing.
      if (state.type === 'connecting' || ending.origin === 'peer') {
        transport.close(ending.code, ending.reason)
        return
      }
      const { code, reason, retry } = ending
      this.#outbox.append({ type: FrameType.Close, code, reason, retry }, false)
      this.#outbox.finish(() => transport.close(code, reason))
    })
  }

  #lost(sides: ConnectionSides, ending: Ending): void {
    this.#tell(() => sides.caller.onLost())
    this.#tell(() => sides.callee.onLost())
    this.#plainIds.clear()
    this.#tell(() => this.#observer.onLost(ending))
  }

  /** The peer did not answer the close in time. */
  #giveUp(transport: Transport, ending: Ending): void {
    this.#tell(() => (transport.abort === undefined ? transport.close(ending.code, ending.reason) : transport.abort()))
    // Aborting may have called `onClose` already.
    if (this.#state.type === 'ending') this.#closed(ending)
  }

  #closed(ending: Ending): void {
    this.#state = { type: 'closed' }
    this.#timer.disarm()
    this.#inbound.stop()
    this.#outbox.drop()
    this.#tell(() => this.#observer.onClosed(ending))
  }

  /** Ends the session ahead of the effects that still wait to be applied: they are dropped with it. */
  #endAtOnce(code: CloseCode, reason: string): void {
    const effects = this.session.close(code, reason, true, this.clock.now())
    for (const effect of effects) this.applyEffect(effect)
  }

  /** Something failed that no peer can be blamed for. */
  protected onFault(error: unknown): void {
    this.#report(error)
    if (!this.isLive) return
    this.#tell(() => this.#endAtOnce(CloseCode.Internal, INTERNAL_REASON))
    if (!this.isLive) return
    // A session that fails even at that is left behind.
    this.#tell(() => this.session.transportClosed(this.clock.now()))
    this.#end({ origin: 'local', code: CloseCode.Internal, reason: INTERNAL_REASON, retry: true })
  }

  /** Whatever the platform calls: a failure ends this connection and goes no further. */
  #guard(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.onFault(error)
    }
  }

  /** Calls out where a failure must not keep others from being told. */
  #tell(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    try {
      this.#observer.onFault(error)
    } catch {
      // The reporter itself fails: there is nobody left to tell.
    }
  }
}

function tooMuchWaits(backlogBytes: number): string {
  return `${backlogBytes} bytes wait for this connection and it does not read them`
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
