/**
 * One client, with its session: the server's half of the driver. Each socket begins as one of these; where its HELLO asks for
 * a session that is there, that one takes the socket over.
 *
 * Owns: what of the application belongs to this client, how its session moves from one socket to the next. Must not know:
 * sockets of a runtime, who is let in. Normative text: PROTOCOL.md, "Handshake" and "Resuming".
 */
import type { ContractTree, ProcedureEntry } from '@tautline/core'
import type { SharedFrame } from '@tautline/core/io'
import {
  type CalleeSide,
  Caller,
  Connection,
  type ConnectionObserver,
  type ConnectionSides,
  createProcedureCaller,
  createRemoteInvoker,
  type Dispatcher,
  type Ending,
  type LimitListener,
  type ProcedureCaller,
  type Reception,
  type SharedContract,
  type TopicListeners,
} from '@tautline/core/peer'
import { CloseCode, FrameType, type GoAway, type Hello, type Payload, type Welcome } from '@tautline/core/protocol'
import {
  createServerSession,
  type HandshakeEffect,
  NO_EFFECTS,
  type ServerDecisions,
  type Session,
} from '@tautline/core/session'
import { type Admissible, decideOnHello, decideOnRenewal, type Guest } from './admission.ts'
import { Allowance, type AllowanceOwner } from './allowance.ts'
import { ClientStanding, type Identity } from './client-standing.ts'
import { type HandleOwner, OwnedHandle, type ServerConnectionHandle } from './connection-handle.ts'
import { ConnectionListener } from './connection-listener.ts'
import type { ConnectionSetup } from './connection-setup.ts'
import { KeptRequest } from './kept-request.ts'
import type { LimitName } from './limit-counts.ts'
import type { Refusal } from './refusal.ts'
import type { ServerTraffic } from './server-types.ts'
import type { ResumableSession } from './session-registry.ts'
import { SessionTicket } from './session-ticket.ts'
import type { ServerSocket, SocketListener, UpgradeRequest } from './socket.ts'
import { SocketTransport } from './socket-transport.ts'
import type { TopicReceiver } from './topics.ts'
import { type Agreement, agreementOf, createWelcome, NOTHING_SHARED, type WelcomedSession } from './welcome.ts'

export interface Arrival {
  readonly id: string
  readonly socket: ServerSocket
  readonly request: UpgradeRequest
  /** By which it is counted, where it is. */
  readonly address: string | undefined
}

type ServerSession = Session & ServerDecisions

/** Since when a session is with or without a connection, in the time of the clock. */
type Presence = { readonly type: 'attached' | 'detached'; readonly since: number }

export class ServerConnection
  implements
    TopicReceiver,
    ResumableSession,
    HandleOwner,
    ConnectionObserver,
    ConnectionSides,
    TopicListeners,
    LimitListener,
    SharedContract,
    AllowanceOwner,
    Admissible<ServerConnection>
{
  readonly id: string
  readonly ticket: SessionTicket
  readonly standing: ClientStanding = new ClientStanding()
  readonly allowance: Allowance
  readonly handle: ServerConnectionHandle<object, ContractTree>
  readonly #setup: ConnectionSetup<ServerConnection>
  readonly #link: Connection<ServerSession>
  /** Made for the first call to the client: most are never called. */
  #caller: Caller | undefined
  readonly #openedAt: number
  /** By which the socket that is or was the last is counted. */
  #address: string | undefined
  #socket: ServerSocket
  #request: UpgradeRequest
  #presence: Presence
  #agreement: Agreement = NOTHING_SHARED

  constructor(setup: ConnectionSetup<ServerConnection>, { id, socket, request, address }: Arrival) {
    const { clock, limits } = setup.settings
    this.id = id
    this.#setup = setup
    this.#socket = socket
    this.#request = new KeptRequest(request)
    this.#address = address
    this.allowance = new Allowance(setup.allowances, socket, this)
    this.#openedAt = clock.now()
    this.#presence = { type: 'attached', since: this.#openedAt }
    this.ticket = new SessionTicket(setup.settings.randomBytes)
    const session = createServerSession({ limits, now: this.#openedAt })
    this.#link = new Connection(session, this, setup.linking)
    this.handle = new OwnedHandle(this)
  }

  /** Begins. Call it once. */
  open(): SocketListener {
    return new ConnectionListener({
      kind: this.#transportKind,
      address: this.#address,
      openedAt: this.#openedAt,
      transport: this.#link.accept(new SocketTransport(this.#socket), this),
      link: this.#link,
      intake: this.allowance.intake,
      counter: this.#setup.listener,
    })
  }

  get caller(): Caller | undefined {
    return this.#caller
  }

  get callee(): CalleeSide {
    return this.standing
  }

  get identity(): Identity {
    return this.standing.identity
  }

  /** Of the socket that is or was the last. */
  get request(): UpgradeRequest {
    return this.#request
  }

  get owner(): string | undefined {
    const { principal } = this.standing.identity
    if (principal !== undefined) return `principal ${principal}`
    return this.#address === undefined ? undefined : `address ${this.#address}`
  }

  get keptBytes(): number {
    return this.#link.keptBytes
  }

  /** Since when it is there, in the time of the clock. */
  get openedAt(): number {
    return this.#openedAt
  }

  expire(reason: string): void {
    this.close(CloseCode.Unavailable, reason, true)
  }

  get sharesContract(): boolean {
    return this.#agreement.contract
  }

  /** Calls that a drain waits for. */
  get unfinished(): number {
    return this.standing.dispatcher?.unfinished ?? 0
  }

  /** Everything that runs for this client. */
  get running(): number {
    return this.standing.dispatcher?.size ?? 0
  }

  /** Calls to this client that are not answered. */
  get outgoing(): number {
    return this.#caller?.size ?? 0
  }

  /** Of all its transports, this one included. */
  get traffic(): ServerTraffic {
    const { sent, received } = this.#link.stats
    return {
      sent: { messages: sent.messages, bytes: sent.wireBytes },
      received: { messages: received.messages, bytes: received.wireBytes },
    }
  }

  publish(frame: SharedFrame): Reception {
    const reception = this.#link.publish(frame)
    if (this.#link.isDetached) this.#setup.sessions.note(this)
    return reception
  }

  /** Asks the client to go elsewhere; one that is not accepted yet is sent away. */
  goAway(goAway: GoAway): void {
    if (this.standing.isGreeting) this.close(CloseCode.Unavailable, 'The server goes away', true)
    // A hook asks for it that is told of the client just now: WELCOME comes first.
    else if (this.#link.session.state === 'handshaking') this.#setup.settings.clock.defer(() => this.goAway(goAway))
    else this.#link.move((session, now) => session.goAway(goAway, now))
  }

  /** No place for it: closes before its HELLO is looked at. Not at once, for its socket is not in its place yet. */
  turnAway(reason: string): void {
    this.standing.leave()
    this.#setup.settings.clock.defer(() => this.close(CloseCode.Unavailable, reason, true))
  }

  close(code: CloseCode, reason: string, retry: boolean): void {
    this.#link.close(code, reason, retry)
  }

  onOpen(): void {}

  onLinkEffect(): void {}

  onProven(): void {
    this.ticket.confirm()
  }

  onKept(): void {
    this.#setup.sessions.note(this)
  }

  onReceived(frames: number, inflatedBytes: number): void {
    this.allowance.intake.contents(frames, inflatedBytes)
  }

  onLimited(limit: LimitName): void {
    this.#setup.listener.limited(this, limit)
  }

  onUnheard(): void {
    this.#link.move((session, now) => {
      session.alive(now)
      return NO_EFFECTS
    })
  }

  onOverrun(reason: string): void {
    this.#link.move((session, now) => session.leave(CloseCode.Throttled, reason, now))
  }

  onClosed(): void {
    this.#setup.listener.closed(this)
  }

  onFault(error: unknown): void {
    this.report(error)
  }

  /** Of its dispatcher: the peer wants the events of a topic. */
  listen(_id: number, entry: ProcedureEntry, params: Payload | undefined): () => void {
    this.allowance.dear()
    return this.#setup.topics.listen(this, entry, params)
  }

  onHandshake(effect: HandshakeEffect): void {
    switch (effect.type) {
      case 'hello':
        decideOnHello(this.#setup, this, effect.hello)
        break
      case 'auth':
        decideOnRenewal(this.#setup, this, effect.auth)
        break
      case 'welcome':
      case 'auth-ok':
        throw new Error(`Expected no \`${effect.type}\` on a server`)
    }
  }

  refuse({ code, reason, retry }: Refusal): void {
    this.#link.move((session, now) => session.refuse(code, reason, retry, now))
  }

  canContinueFrom(rx: number): boolean {
    return this.#link.session.canContinueFrom(rx)
  }

  moveTo(session: ServerConnection, guest: Guest): void {
    session.#takeOver(this, guest)
    this.standing.leave()
    this.#setup.listener.closed(this)
  }

  /** From now on the socket of `arrival` carries this session. */
  #takeOver(arrival: ServerConnection, { hello, context, auth }: Guest): void {
    if (this.standing.dispatcher === undefined) return
    const { sessions, settings, implementation, listener } = this.#setup
    const before = this.#presence
    const now = settings.clock.now()
    this.standing.renew(context, auth)
    this.#socket = arrival.#socket
    this.#request = arrival.#request
    this.#address = arrival.#address
    this.allowance.takeOver(arrival.allowance)
    this.#presence = { type: 'attached', since: now }
    this.#agreement = agreementOf(hello, implementation)
    sessions.attach(this)
    const token = this.ticket.issue(hello)
    const { sid, gen, attempt } = this.ticket
    const welcome = this.#welcome(hello, { sid, token, gen, resumed: true, reason: undefined })
    const { replayed } = this.#link.stats.sent
    this.#link.takeOver(
      arrival.#link,
      (session, at) => ({ type: FrameType.Welcome, welcome: session.resume(welcome, hello.rx, at) }),
      { type: FrameType.Superseded, attempt, gen },
    )
    // What had to be sent again may have been the end of it.
    if (!this.#link.isLive) return
    listener.changed(this, {
      type: 'resumed',
      why: hello.why,
      transport: this.#transportKind,
      detachedMs: before.type === 'detached' ? now - before.since : 0,
      gen,
      replayed: this.#link.stats.sent.replayed - replayed,
    })
  }

  get #transportKind(): string {
    return this.#socket.kind ?? 'websocket'
  }

  #welcome(hello: Hello, session: WelcomedSession): Welcome {
    const { settings, implementation: served } = this.#setup
    return createWelcome(hello, session, { settings, served, socketCompresses: this.#socket.compresses })
  }

  accept({ hello, context, auth, notResumed }: Guest, principal: string | undefined): void {
    const { implementation, listener, settings, sessions } = this.#setup
    const token = this.ticket.issue({ token: undefined, attempt: hello.attempt })
    const { sid, gen } = this.ticket
    const welcome = this.#welcome(hello, { sid, token, gen, resumed: false, reason: notResumed })
    if (hello.standby) {
      this.standing.standBy({ context, principal })
      this.#link.move((session, now) => session.accept(welcome, now))
      return
    }
    this.#agreement = agreementOf(hello, implementation)
    const dispatcher = this.#createDispatcher(context, auth, principal)
    this.standing.accept({ context, principal }, dispatcher)
    if (settings.resume !== undefined) sessions.add(this)
    listener.accepted(this)
    listener.changed(this, { type: 'opened', why: hello.why, transport: this.#transportKind, notResumed })
    this.#link.move((session, now) => session.accept(welcome, now))
  }

  /** By itself, so that what it closes over is not all that made the WELCOME. */
  #createDispatcher(context: object, auth: unknown, principal: string | undefined): Dispatcher {
    const { implementation, keyedRuns, dispatching } = this.#setup
    return implementation['~createDispatcher'](implementation, {
      link: this.#link,
      connection: this.handle,
      context,
      auth,
      topics: this,
      contract: this,
      budget: this.allowance,
      limits: this,
      keyed: { runs: keyedRuns, principal },
      setting: dispatching,
    })
  }

  renew(context: object, auth: unknown): void {
    this.standing.renew(context, auth)
    this.#link.move((session, now) => session.authAccepted(undefined, now))
  }

  onDetached({ code, reason }: Ending): void {
    const { since } = this.#presence
    const now = this.#setup.settings.clock.now()
    this.#presence = { type: 'detached', since: now }
    this.allowance.detached()
    this.#setup.listener.changed(this, { type: 'detached', code, reason, attachedMs: now - since })
    this.#setup.sessions.detach(this)
  }

  onLost(ending: Ending): void {
    const wasAccepted = this.standing.dispatcher !== undefined
    this.standing.end()
    this.#setup.sessions.remove(this)
    this.allowance.ended()
    this.standing.abort()
    this.#setup.listener.lost(this, ending)
    if (wasAccepted) this.#setup.listener.settled()
  }

  report(error: unknown): void {
    this.#setup.listener.error(error, { id: undefined, procedure: undefined, connection: this.id })
  }

  createClient(): ProcedureCaller<ContractTree> {
    const { implementation, dispatching } = this.#setup
    const refOf = (entry: ProcedureEntry): number | string => (this.#agreement.calls ? entry.index : entry.path)
    const { codec, observer } = dispatching
    const caller = this.#createCaller()
    const invoker = createRemoteInvoker({ caller, codec, refOf, validates: true, observer })
    return createProcedureCaller(implementation['~calls'] ?? {}, invoker)
  }

  #createCaller(): Caller {
    const caller = new Caller(this.#link, () => {})
    if (!this.#link.isLive) caller.onLost()
    this.#caller = caller
    return caller
  }

  closeNormally(reason: string): void {
    this.close(CloseCode.Normal, reason, false)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}
