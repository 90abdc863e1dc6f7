import { Inbound, type InboundStats, type InboundTarget } from '../io/inbound.ts'
import { Outbox, type OutboxExit, type OutboxStats } from '../io/outbox.ts'
import type { Clock, Compressor, Connector, Transport, TransportListener } from '../io/ports.ts'
import type { SharedFrame } from '../io/shared-frame.ts'
import { CloseCode, mayRetryAfter } from '../protocol/close-codes.ts'
import { type Frame, FrameType, type Payload, type Welcome } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Effect } from '../session/effect.ts'
import type {
  OutgoingCall,
  OutgoingError,
  OutgoingListen,
  OutgoingOpen,
  Session,
  SessionStats,
} from '../session/session.ts'
import { assertNever } from './assert-never.ts'
import { type BacklogLimits, BacklogWatch, DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
import type { ConnectionObserver } from './connection-observer.ts'
import type { Ending } from './ending.ts'
import type { CalleeSide, CallerSide, SessionLink } from './link.ts'
import { remedyOf } from './oversize.ts'

/*
 * The driver: one transport, the session above it, and everything between the two, for client and server alike.
 * Owns: the transport, both pipes, the one armed timer, and the order in which effects are applied. Must not know:
 * procedures, values, what a handler is. Normative text: PROTOCOL.md, "Connection".
 *
 * The rule of this file: nothing may escape into the platform's listeners and timers. What fails inside ends this connection
 * with 4500 and no other.
 */

/** How long the peer may take to answer our close, before the connection is given up without it. */
const CLOSE_TIMEOUT_MS = 3000

export interface ConnectionOptions<S extends Session> {
  readonly session: S
  readonly clock: Clock
  /** This end's limits, until both ends have agreed on others. */
  readonly limits: Limits
  /** Used once both ends have agreed on its algorithm. */
  readonly compressor: Compressor | undefined
  readonly observer: ConnectionObserver
  readonly backlog?: BacklogLimits | undefined
}

/** Who works over this connection. */
export interface ConnectionSides {
  readonly caller: CallerSide
  readonly callee: CalleeSide
}

export interface ConnectionStats {
  readonly sent: OutboxStats
  readonly received: InboundStats
  /** Bytes accepted by the transport and not yet handed to the network. */
  readonly backlogBytes: number
  readonly session: SessionStats
}

type ConnectionState =
  | { readonly type: 'idle' }
  /** The transport is on its way (`connecting`), or there. */
  | (ConnectionSides & { readonly type: 'connecting' | 'open'; readonly transport: Transport })
  /** The session is over; the transport is being closed. */
  | { readonly type: 'ending'; readonly transport: Transport; readonly ending: Ending; readonly deadline: number }
  | { readonly type: 'closed' }

interface ArmedTimer {
  readonly at: number
  readonly cancel: () => void
}

export class Connection<S extends Session> implements SessionLink {
  readonly session: S
  readonly #clock: Clock
  readonly #compressor: Compressor | undefined
  readonly #maxRatio: number
  readonly #observer: ConnectionObserver
  readonly #outbox: Outbox
  readonly #inbound: Inbound
  readonly #backlog: BacklogWatch
  /** Ids whose frames must not be compressed. */
  readonly #plainIds = new Set<number>()
  /** Effects that came up while others were being applied: they wait, so that frames keep their order. */
  readonly #queue: (readonly Effect[])[] = []
  #state: ConnectionState = { type: 'idle' }
  #applying = false
  #turnDue = false
  #timer: ArmedTimer | undefined

  constructor(options: ConnectionOptions<S>) {
    this.session = options.session
    this.#clock = options.clock
    this.#compressor = options.compressor
    this.#maxRatio = options.limits.inflateRatio
    this.#observer = options.observer
    this.#backlog = new BacklogWatch(options.backlog ?? DEFAULT_BACKLOG_LIMITS)
    this.#outbox = new Outbox(this.#exit(), options.limits)
    this.#inbound = new Inbound(this.#target(), options.limits)
  }

  /**
   * Client: opens a transport.
   *
   * @throws whatever the connector throws, such as for an address that is none
   */
  start({ connector, ...sides }: ConnectionSides & { readonly connector: Connector }): void {
    const transport = connector.connect(this.#listener())
    this.#state = { ...sides, type: 'connecting', transport }
    this.#touch()
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
      session: this.session.stats(),
    }
  }

  /** Makes a move of one role's own, such as `accept` or `refreshAuth`, and applies what follows. */
  move(input: (session: S, now: number) => readonly Effect[]): void {
    if (this.isLive) this.#apply(input(this.session, this.#clock.now()))
  }

  /** Ends the session in good order: what was sent before arrives first. */
  close(code: number, reason: string, retry: boolean): void {
    this.move((session, now) => session.close(code, reason, retry, now))
  }

  /**
   * Sends an event to this peer, which must be past its handshake.
   *
   * @returns false when it is larger than one message to this peer may be
   */
  publish(frame: SharedFrame): boolean {
    if (this.#state.type !== 'open' || this.session.state !== 'open') return true
    const fits = this.#outbox.appendShared(frame)
    this.#touch()
    return fits
  }

  nextId(): number {
    return this.session.nextId()
  }

  call(request: OutgoingCall): void {
    if (this.isLive) this.#apply(this.session.call(request, this.#clock.now()))
  }

  open(request: OutgoingOpen): void {
    if (this.isLive) this.#apply(this.session.open(request, this.#clock.now()))
  }

  listen(request: OutgoingListen): void {
    if (this.isLive) this.#apply(this.session.listen(request, this.#clock.now()))
  }

  cancel(id: number): void {
    if (this.isLive) this.#apply(this.session.cancel(id, this.#clock.now()))
  }

  isUnsent(id: number): boolean {
    return this.session.isUnsent(id) || id > this.#outbox.sentId
  }

  succeed(id: number, output: Payload | undefined): void {
    if (this.isLive) this.#apply(this.session.succeed(id, output, this.#clock.now()))
  }

  fail(id: number, error: OutgoingError): void {
    if (this.isLive) this.#apply(this.session.fail(id, error, this.#clock.now()))
  }

  canSendItem(id: number): boolean {
    return this.isLive && this.session.canSendItem(id)
  }

  sendItem(id: number, value: Payload, resume: Payload | undefined): void {
    if (this.isLive) this.#apply(this.session.sendItem(id, value, resume, this.#clock.now()))
  }

  sendEnd(id: number): void {
    if (this.isLive) this.#apply(this.session.sendEnd(id, this.#clock.now()))
  }

  itemConsumed(id: number, byteLength: number): void {
    if (this.isLive) this.#apply(this.session.itemConsumed(id, byteLength, this.#clock.now()))
  }

  sendPlain(id: number): void {
    if (this.isLive) this.#plainIds.add(id)
  }

  #listener(): TransportListener {
    return {
      onOpen: () => this.#opened(),
      onMessage: (message) => {
        if (this.#state.type === 'open') this.#inbound.push(message)
      },
      onClose: (code, reason) => this.#inbound.whenReady(() => this.#transportGone(code, reason)),
      onDrain: () => this.#touch(),
    }
  }

  #exit(): OutboxExit {
    return {
      stamp: (counted, byteLength) => this.session.stamp(counted, byteLength, this.#clock.now()),
      send: (message) => this.transport?.send(message),
      fault: (error) => this.#fault(error),
    }
  }

  #target(): InboundTarget {
    return {
      admit: (header, byteLength) => {
        const admission = this.session.admit(header, byteLength, this.#clock.now())
        if (admission.type === 'reject') this.#apply(admission.effects)
        else this.#touch()
        return admission.type === 'accept'
      },
      receive: (header, frames) => this.#apply(this.session.receive(header, frames, this.#clock.now())),
      violated: (code, reason) => this.move((session, now) => session.violated(code, reason, now)),
      fault: (error) => this.#fault(error),
    }
  }

  #opened(): void {
    const state = this.#state
    if (state.type !== 'connecting') return
    this.#state = { ...state, type: 'open' }
    this.#tell(() => this.#observer.onOpen())
    this.#touch()
  }

  /** Applies effects strictly in order: those that others cause wait until the list is through. */
  #apply(effects: readonly Effect[]): void {
    this.#touch()
    if (effects.length === 0) return
    this.#queue.push(effects)
    if (this.#applying) return
    this.#applying = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of next) this.#applyOne(effect)
      }
    } catch (error) {
      this.#queue.length = 0
      this.#applying = false
      this.#fault(error)
    }
    this.#applying = false
  }

  #applyOne(effect: Effect): void {
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
        this.#plainIds.delete(effect.id)
        state.callee.onCalleeEffect(effect)
        break
      case 'call':
      case 'open':
      case 'listen':
        state.callee.onCalleeEffect(effect)
        break
      case 'ok':
      case 'error':
      case 'timeout':
        this.#plainIds.delete(effect.id)
        state.caller.onCallerEffect(effect)
        break
      case 'event':
        state.caller.onCallerEffect(effect)
        break
      case 'item':
      case 'end':
      case 'writable':
        if (this.#isOwn(effect.id)) state.caller.onCallerEffect(effect)
        else state.callee.onCalleeEffect(effect)
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
    if (!this.#outbox.fits(frame)) {
      this.#sendInstead(frame)
      return
    }
    this.#outbox.append(frame, this.#isPlain(frame))
    if (frame.type === FrameType.Welcome) this.#agree(frame.welcome)
    else if (this.#plainIds.size > 0) this.#forgetPlain(frame)
  }

  #sendInstead(frame: Frame): void {
    const state = this.#state
    const remedy = remedyOf(frame)
    if (state.type !== 'open') return
    const { session } = this
    const now = this.#clock.now()
    switch (remedy.type) {
      case 'replace':
        this.#send(remedy.frame)
        break
      case 'fail-unsent': {
        // CANCEL stays here: the peer has never heard of the id.
        const isCancel = (effect: Effect): boolean => effect.type === 'send' && effect.frame.type === FrameType.Cancel
        this.#queue.push(session.cancel(remedy.id, now).filter((effect) => !isCancel(effect)))
        state.caller.onCallerEffect({ ...remedy.error, type: 'error' })
        break
      }
      case 'fail-stream':
        if (this.#isOwn(remedy.id)) {
          this.#queue.push(session.cancel(remedy.id, now))
          state.caller.onCallerEffect({ ...remedy.error, type: 'error' })
        } else {
          this.#queue.push(session.fail(remedy.id, remedy.error, now))
          state.callee.onCalleeEffect({ type: 'abort', id: remedy.id, why: 'cancelled' })
        }
        break
      default:
        assertNever(remedy)
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
      const reason = `Expected \`compression\` to be one that was offered, got \`${algorithm}\``
      this.#queue.push(this.session.violated(CloseCode.ProtocolError, reason, this.#clock.now()))
      return
    }
    this.#outbox.compress({ compressor, thresholdBytes, maxRatio: this.#maxRatio })
    this.#inbound.decompress(compressor)
  }

  /** Before WELCOME has arrived the peer could not read a compressed message; with it, neither. */
  #isPlain(frame: Frame): boolean {
    if (frame.type === FrameType.Welcome) return true
    return this.#plainIds.size > 0 && 'id' in frame && this.#plainIds.has(frame.id)
  }

  #forgetPlain(frame: Frame): void {
    if (frame.type === FrameType.Ok || frame.type === FrameType.Error || frame.type === FrameType.Cancel) {
      this.#plainIds.delete(frame.id)
    } else if (frame.type === FrameType.End && !this.#isOwn(frame.id)) {
      this.#plainIds.delete(frame.id)
    }
  }

  #isOwn(id: number): boolean {
    return (id % 2 === 1) === (this.session.role === 'client')
  }

  /** Once per turn: everything collected leaves as one message, and the timer is set. */
  #touch(): void {
    if (this.#turnDue || !this.isLive) return
    this.#turnDue = true
    this.#clock.defer(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#turnDue = false
    const state = this.#state
    try {
      if (state.type === 'open') {
        this.#outbox.flush()
        this.#watchBacklog(state.transport)
      }
      this.#arm()
    } catch (error) {
      this.#fault(error)
    }
  }

  #watchBacklog(transport: Transport): void {
    const { backlogBytes } = transport
    if (!this.#backlog.isTooSlow(this.#outbox.stats.wireBytes, backlogBytes, this.#clock.now())) return
    const reason = `${backlogBytes} bytes wait for this connection and it does not read them`
    this.close(CloseCode.SlowConsumer, reason, true)
  }

  /** The armed timer is left alone when it is early: most deadlines move away before they are reached. */
  #arm(): void {
    const at = this.#nextDeadline()
    if (at === undefined) {
      this.#disarm()
      return
    }
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#disarm()
    this.#timer = { at, cancel: this.#clock.schedule(at, this.#onTimer) }
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #nextDeadline(): number | undefined {
    if (this.#state.type === 'ending') return this.#state.deadline
    return this.isLive ? earlier(this.session.nextDeadline(), this.#backlog.nextCheckAt) : undefined
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    const state = this.#state
    try {
      if (state.type === 'ending') {
        if (now >= state.deadline) this.#giveUp(state.transport, state.ending)
        else this.#arm()
        return
      }
      const deadline = this.session.nextDeadline()
      if (this.isLive && deadline !== undefined && deadline <= now) this.#apply(this.session.handleTimeout(now))
      // Looks at the backlog, and arms the timer again.
      this.#touch()
    } catch (error) {
      this.#fault(error)
    }
  }

  #transportGone(code: number, reason: string): void {
    const state = this.#state
    switch (state.type) {
      case 'connecting':
      case 'open': {
        const ending: Ending = { origin: 'transport', code, reason, retry: mayRetryAfter(code) }
        this.#state = { type: 'closed' }
        this.session.transportClosed(this.#clock.now())
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
    this.#state = { type: 'ending', transport, ending, deadline: this.#clock.now() + CLOSE_TIMEOUT_MS }
    this.#inbound.stop()
    this.#disarm()
    this.#arm()
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
    this.#lost(state, ending)
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
    this.#disarm()
    this.#inbound.stop()
    this.#outbox.drop()
    this.#tell(() => this.#observer.onClosed(ending))
  }

  /** Something failed that no peer can be blamed for. */
  #fault(error: unknown): void {
    this.#tell(() => this.#observer.onFault(error))
    if (!this.isLive) return
    try {
      for (const effect of this.session.close(CloseCode.Internal, 'internal error', true, this.#clock.now())) {
        this.#applyOne(effect)
      }
    } catch (failedAgain) {
      this.#tell(() => this.#observer.onFault(failedAgain))
    }
    // A session that fails even at that is left behind.
    this.#end({ origin: 'local', code: CloseCode.Internal, reason: 'internal error', retry: true })
  }

  /** Calls out where a failure must not stop what comes after. */
  #tell(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#reportQuietly(error)
    }
  }

  #reportQuietly(error: unknown): void {
    try {
      this.#observer.onFault(error)
    } catch {
      // The reporter itself fails: there is nobody left to tell.
    }
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
