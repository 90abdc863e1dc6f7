/**
 * One client, with its session: the server's half of the driver. Each socket begins as one of these; where its HELLO asks for
 * a session that is there, that one takes the socket over.
 *
 * Owns: the decision on HELLO and on fresh credentials, what of the application belongs to this client. Must not know:
 * sockets of a runtime. Normative text: PROTOCOL.md, "Handshake" and "Resuming".
 */
import type { ContractTree, ProcedureEntry } from '@tautline/core'
import type { SharedFrame } from '@tautline/core/io'
import {
  Caller,
  Connection,
  type ConnectionObserver,
  ConnectionRefusal,
  createProcedureCaller,
  createRemoteInvoker,
  createVolatileEvents,
  type Dispatcher,
  type DispatcherOptions,
  type Ending,
  type KeyedRuns,
  type ProcedureCaller,
  type Reception,
  refuseConnection,
  type ServedProcedures,
  type TopicListeners,
} from '@tautline/core/peer'
import {
  CloseCode,
  FrameType,
  type GoAway,
  type Hello,
  type Payload,
  type Welcome,
  type WriterPool,
} from '@tautline/core/protocol'
import {
  createServerSession,
  type HandshakeEffect,
  NO_EFFECTS,
  type ServerDecisions,
  type Session,
} from '@tautline/core/session'
import { Allowance, type AllowanceOwner, type AllowanceSetup } from './allowance.ts'
import { ClientStanding, type Identity } from './client-standing.ts'
import { type HandleOwner, OwnedHandle, type ServerConnectionHandle } from './connection-handle.ts'
import { ConnectionListener, type SocketClosed } from './connection-listener.ts'
import { KeptRequest } from './kept-request.ts'
import type { LimitName } from './limit-counts.ts'
import { refusalOf } from './refusal.ts'
import type { ErrorContext, ServerSettings } from './server-options.ts'
import type { ServerTraffic } from './server-types.ts'
import type { SessionChange } from './session-event.ts'
import type { ResumableSession, SessionRegistry } from './session-registry.ts'
import { SessionTicket } from './session-ticket.ts'
import type { ServerSocket, SocketListener, UpgradeRequest } from './socket.ts'
import { SocketTransport } from './socket-transport.ts'
import type { TopicReceiver, Topics } from './topics.ts'
import { type Agreement, agreementOf, createWelcome, type WelcomedSession } from './welcome.ts'

/** What all connections of a server share. */
export interface ConnectionSetup {
  readonly settings: ServerSettings
  readonly implementation: ServedProcedures
  readonly topics: Topics
  readonly sessions: SessionRegistry<ServerConnection>
  readonly keyedRuns: KeyedRuns
  readonly allowances: AllowanceSetup
  /** What the dispatchers of all connections have in common. */
  readonly dispatching: Pick<
    DispatcherOptions,
    'codec' | 'maxLingering' | 'onError' | 'onSettled' | 'createErrorId' | 'now' | 'nextTurn' | 'observer'
  >
  readonly writers: WriterPool
  readonly principalOf: (context: object) => string | undefined
  readonly listener: ServerConnectionListener
}

/** What the server is told of each connection. Must not throw. */
export interface ServerConnectionListener {
  /** The client is accepted; its first call has not run yet. */
  accepted(connection: ServerConnection): void
  /** The session has changed, and is not over. */
  changed(connection: ServerConnection, change: SessionChange): void
  /** A call has ended. */
  settled(): void
  /** It has hit a limit. */
  limited(connection: ServerConnection, limit: LimitName): void
  /** The session is over. */
  lost(connection: ServerConnection, ending: Ending): void
  /** The transport is gone as well, or carries another session from now on: the last word. */
  closed(connection: ServerConnection): void
  error(error: unknown, context: ErrorContext): void
}

export interface Arrival {
  readonly id: string
  readonly socket: ServerSocket
  readonly request: UpgradeRequest
  /** By which it is counted, where it is. */
  readonly address: string | undefined
}

type ServerSession = Session & ServerDecisions

/** A client that says HELLO, with what the application made of it. */
interface Guest {
  readonly hello: Hello
  readonly context: object
  readonly auth: unknown
}

/** Since when a session is with or without a connection, in the time of the clock. */
type Presence = { readonly type: 'attached' | 'detached'; readonly since: number }

const TOO_MANY_CONNECTIONS = 'Too many connections of this principal'

const NOTHING_SHARED: Agreement = { contract: false, calls: false }

export class ServerConnection
  implements TopicReceiver, ResumableSession, HandleOwner, ConnectionObserver, TopicListeners, AllowanceOwner
{
  readonly id: string
  readonly ticket: SessionTicket
  readonly handle: ServerConnectionHandle<object, ContractTree>
  readonly #setup: ConnectionSetup
  readonly #link: Connection<ServerSession>
  readonly #caller: Caller
  readonly #allowance: Allowance
  readonly #openedAt: number
  /** By which the socket that is or was the last is counted. */
  #address: string | undefined
  #socket: ServerSocket
  #request: UpgradeRequest
  #presence: Presence
  readonly #standing = new ClientStanding()
  #agreement: Agreement = NOTHING_SHARED

  constructor(setup: ConnectionSetup, { id, socket, request, address }: Arrival) {
    const { clock, limits, compression, backlog } = setup.settings
    this.id = id
    this.#setup = setup
    this.#socket = socket
    this.#request = new KeptRequest(request)
    this.#address = address
    this.#allowance = new Allowance(setup.allowances, socket, this)
    this.#openedAt = clock.now()
    this.#presence = { type: 'attached', since: this.#openedAt }
    this.ticket = new SessionTicket(setup.settings.randomBytes)
    this.#link = new Connection({
      session: createServerSession({ limits, now: clock.now() }),
      clock,
      limits,
      compressor: compression?.compressor,
      backlog,
      window: setup.settings.resume,
      createVolatile: createVolatileEvents,
      writers: setup.writers,
      observer: this,
    })
    this.#caller = new Caller(this.#link, () => {})
    this.handle = new OwnedHandle(this)
  }

  /**
   * Begins. Call it once.
   *
   * @param onSocketClosed is to call the function that it is given
   */
  open(onSocketClosed: SocketClosed): SocketListener {
    const transport = this.#link.accept(new SocketTransport(this.#socket), {
      caller: this.#caller,
      callee: this.#standing,
    })
    const { intake } = this.#allowance
    return new ConnectionListener(transport, { link: this.#link, intake, onClosed: onSocketClosed })
  }

  get identity(): Identity {
    return this.#standing.identity
  }

  /** Of the socket that is or was the last. */
  get request(): UpgradeRequest {
    return this.#request
  }

  get owner(): string | undefined {
    const { principal } = this.#standing.identity
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
    return this.#standing.dispatcher?.unfinished ?? 0
  }

  /** Everything that runs for this client. */
  get running(): number {
    return this.#standing.dispatcher?.size ?? 0
  }

  /** Calls to this client that are not answered. */
  get outgoing(): number {
    return this.#caller.size
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
    if (this.#standing.isGreeting) this.close(CloseCode.Unavailable, 'The server goes away', true)
    else this.#link.move((session, now) => session.goAway(goAway, now))
  }

  /** No place for it: closes before its HELLO is looked at. Not at once, for its socket is not in its place yet. */
  turnAway(reason: string): void {
    this.#standing.leave()
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
    this.#allowance.intake.contents(frames, inflatedBytes)
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
    this.#report(error)
  }

  /** Of its dispatcher: the peer wants the events of a topic. */
  listen(_id: number, entry: ProcedureEntry, params: Payload | undefined): () => void {
    this.#allowance.dear()
    return this.#setup.topics.listen(this, entry, params)
  }

  onHandshake(effect: HandshakeEffect): void {
    switch (effect.type) {
      case 'hello':
        this.#onHello(effect.hello)
        break
      case 'auth':
        if (this.#allowance.mayRenew()) {
          this.#decide(effect.auth, this, (context, auth) => this.#renew(context, auth))
        } else {
          this.onOverrun('Expected fresh credentials less often')
        }
        break
      case 'welcome':
      case 'auth-ok':
        throw new Error(`Expected no \`${effect.type}\` on a server`)
    }
  }

  /** The application decides about every HELLO; where it is about a session that is there, with that one's handle. */
  #onHello(hello: Hello): void {
    if (hello.standby || hello.sid === undefined) {
      this.#decide(hello.auth, this, (context, auth) => this.#accept({ hello, context, auth }, undefined))
      return
    }
    const found = this.#setup.sessions.find(hello)
    switch (found.type) {
      case 'late':
        this.#refuseLate()
        break
      case 'none':
        this.#decide(hello.auth, this, (context, auth) => this.#accept({ hello, context, auth }, found.reason))
        break
      case 'session':
        // Whoever has the right to it can still come too often.
        if (!found.session.#allowance.mayResume()) {
          this.#refuseForNow('This session moves too often')
          break
        }
        this.#decide(hello.auth, found.session, (context, auth) =>
          this.#resume(found.session, { hello, context, auth }),
        )
        break
    }
  }

  /** Moves the session to this socket, unless things have changed while the application decided. */
  #resume(session: ServerConnection, guest: Guest): void {
    if (!this.#standing.isGreeting) return
    const { sessions, principalOf } = this.#setup
    const found = sessions.find(guest.hello)
    // It had the right to it: by now a newer HELLO of the same client has, and has changed the token.
    const isLate = found.type === 'late' || (found.type === 'none' && found.reason === 'superseded')
    if (isLate) {
      this.#refuseLate()
      return
    }
    if (found.type === 'none' || found.session !== session) {
      // With a context of its own: the one there is belongs to a session that is over.
      this.#onHello(guest.hello)
      return
    }
    if (principalOf(guest.context) !== session.identity.principal) {
      // With a context of its own, too: what it is told of the connection would be somebody else's.
      this.#decide(guest.hello.auth, this, (context, auth) => this.#accept({ ...guest, context, auth }, 'auth'))
      return
    }
    if (!session.#link.session.canContinueFrom(guest.hello.rx)) {
      const reason = `Expected \`rx\` to be a number that this session can go on from, got ${guest.hello.rx}`
      this.#link.move((own, now) => own.refuse(CloseCode.ProtocolError, reason, true, now))
      return
    }
    if (!session.#allowance.return()) {
      this.#refuseForNow(TOO_MANY_CONNECTIONS)
      return
    }
    session.#takeOver(this, guest)
    this.#standing.leave()
    this.#setup.listener.closed(this)
  }

  /** It may try again later, and has to: nothing is wrong with it. */
  #refuseForNow(reason: string): void {
    this.#link.move((session, now) => session.refuse(CloseCode.Throttled, reason, true, now))
  }

  #refuseLate(): void {
    const reason = 'This client has said HELLO again since'
    this.#link.move((session, now) => session.refuse(CloseCode.Superseded, reason, true, now))
  }

  /** From now on the socket of `arrival` carries this session. */
  #takeOver(arrival: ServerConnection, { hello, context, auth }: Guest): void {
    if (this.#standing.dispatcher === undefined) return
    const { sessions, settings, implementation, listener } = this.#setup
    const before = this.#presence
    const now = settings.clock.now()
    this.#standing.renew(context, auth)
    this.#socket = arrival.#socket
    this.#request = arrival.#request
    this.#address = arrival.#address
    this.#allowance.takeOver(arrival.#allowance)
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

  /**
   * Makes the context, at once where the application does.
   *
   * @param session which it is for: this one, or the one that this client wants to go on with
   */
  #decide(
    payload: Payload | undefined,
    session: ServerConnection,
    use: (context: object, auth: unknown) => void,
  ): void {
    try {
      const auth = payload === undefined ? undefined : this.#decodeAuth(payload)
      const context = this.#makeContext(auth, session)
      if (context instanceof Promise) {
        context.then((made) => use(made, auth)).catch((error: unknown) => this.#refuse(error))
      } else {
        use(context, auth)
      }
    } catch (error) {
      this.#refuse(error)
    }
  }

  #makeContext(auth: unknown, session: ServerConnection): object | Promise<object> {
    const { '~makeContext': makeContext } = this.#setup.implementation
    if (makeContext === undefined) return {}
    const signal = (): AbortSignal =>
      session === this ? this.#standing.signal : AbortSignal.any([this.#standing.signal, session.#standing.signal])
    return makeContext({
      auth,
      request: this.request,
      connection: session.handle,
      get signal() {
        return signal()
      },
      fail: refuseConnection,
    })
  }

  #decodeAuth(payload: Payload): unknown {
    try {
      return this.#setup.dispatching.codec.decode(payload)
    } catch (cause) {
      throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials cannot be read', cause })
    }
  }

  /** @param notResumed why the session it asked for does not go on, where it asked for one */
  #accept({ hello, context, auth }: Guest, notResumed: WelcomedSession['reason']): void {
    if (!this.#standing.isGreeting) return
    const { implementation, listener, principalOf, settings, sessions } = this.#setup
    const principal = principalOf(context)
    if (!this.#allowance.enter(principal)) {
      this.#refuseForNow(TOO_MANY_CONNECTIONS)
      return
    }
    const token = this.ticket.issue({ token: undefined, attempt: hello.attempt })
    const { sid, gen } = this.ticket
    const welcome = this.#welcome(hello, { sid, token, gen, resumed: false, reason: notResumed })
    if (hello.standby) {
      this.#standing.standBy({ context, principal })
      this.#link.move((session, now) => session.accept(welcome, now))
      return
    }
    this.#agreement = agreementOf(hello, implementation)
    const dispatcher = this.#createDispatcher(context, auth, principal)
    this.#standing.accept({ context, principal }, dispatcher)
    if (settings.resume !== undefined) sessions.add(this)
    listener.accepted(this)
    listener.changed(this, { type: 'opened', why: hello.why, transport: this.#transportKind, notResumed })
    this.#link.move((session, now) => session.accept(welcome, now))
  }

  /** By itself, so that what it closes over is not all that made the WELCOME. */
  #createDispatcher(context: object, auth: unknown, principal: string | undefined): Dispatcher {
    const { implementation, keyedRuns, dispatching } = this.#setup
    return implementation['~createDispatcher'](implementation, {
      ...dispatching,
      link: this.#link,
      connection: this.handle,
      context,
      auth,
      topics: this,
      budget: this.#allowance,
      onLimited: (limit) => this.onLimited(limit),
      keyed: { runs: keyedRuns, principal },
      sharesContract: () => this.#agreement.contract,
    })
  }

  #renew(context: object, auth: unknown): void {
    if (this.#standing.dispatcher === undefined) return
    if (this.#setup.principalOf(context) !== this.identity.principal) {
      throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials are those of somebody else' })
    }
    this.#standing.renew(context, auth)
    this.#link.move((session, now) => session.authAccepted(undefined, now))
  }

  /** Before WELCOME nothing of what came along has run, and the client knows. */
  #refuse(error: unknown): void {
    // `context` was told that the connection is lost, and ended with that.
    if (this.#standing.hasEndedWith(error)) return
    const { code, reason, retry } = refusalOf(error)
    if (!(error instanceof ConnectionRefusal)) this.#report(error)
    if (this.#standing.isGreeting) {
      this.#link.move((session, now) => session.refuse(code, reason, retry, now))
    } else {
      this.close(code, reason, retry)
    }
  }

  onDetached({ code, reason }: Ending): void {
    const { since } = this.#presence
    const now = this.#setup.settings.clock.now()
    this.#presence = { type: 'detached', since: now }
    this.#allowance.detached()
    this.#setup.listener.changed(this, { type: 'detached', code, reason, attachedMs: now - since })
    this.#setup.sessions.detach(this)
  }

  onLost(ending: Ending): void {
    const wasAccepted = this.#standing.dispatcher !== undefined
    this.#standing.end()
    this.#setup.sessions.remove(this)
    this.#allowance.ended()
    this.#standing.abort()
    this.#setup.listener.lost(this, ending)
    if (wasAccepted) this.#setup.listener.settled()
  }

  #report(error: unknown): void {
    this.#setup.listener.error(error, { id: undefined, procedure: undefined, connection: this.id })
  }

  createClient(): ProcedureCaller<ContractTree> {
    const { implementation, dispatching } = this.#setup
    const refOf = (entry: ProcedureEntry): number | string => (this.#agreement.calls ? entry.index : entry.path)
    const { codec, observer } = dispatching
    const invoker = createRemoteInvoker({ caller: this.#caller, codec, refOf, validates: true, observer })
    return createProcedureCaller(implementation['~calls'] ?? {}, invoker)
  }

  closeNormally(reason: string): void {
    this.close(CloseCode.Normal, reason, false)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}
