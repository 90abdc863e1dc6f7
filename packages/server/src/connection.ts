/**
 * One connected client: the server's half of the driver.
 *
 * Owns: the decision on HELLO and on fresh credentials, what of the application belongs to this connection. Must not know:
 * other connections, sockets of a runtime. Normative text: PROTOCOL.md, "Handshake".
 */
import { type ContractTree, type ProcedureEntry, TautlineError } from '@tautline/core'
import type { SharedFrame } from '@tautline/core/io'
import {
  type CalleeSide,
  Caller,
  Connection,
  ConnectionRefusal,
  createProcedureCaller,
  createRemoteInvoker,
  type Dispatcher,
  type Ending,
  refuseConnection,
  type ServedProcedures,
} from '@tautline/core/peer'
import { CloseCode, type GoAway, type Hello, type Payload, type ValueCodec } from '@tautline/core/protocol'
import { createServerSession, type HandshakeEffect, type ServerDecisions, type Session } from '@tautline/core/session'
import type { ServerConnectionHandle } from './connection-handle.ts'
import { createErrorId } from './random-bytes.ts'
import { refusalOf } from './refusal.ts'
import type { ErrorContext, ServerSettings } from './server-options.ts'
import type { ServerSocket, SocketListener, UpgradeRequest } from './socket.ts'
import { createSocketTransport } from './socket-transport.ts'
import type { TopicReceiver, Topics } from './topics.ts'
import { type Agreement, agreementOf, createWelcome } from './welcome.ts'

/** What all connections of a server share. */
export interface ConnectionSetup {
  readonly settings: ServerSettings
  readonly implementation: ServedProcedures
  readonly codec: ValueCodec
  readonly topics: Topics
  readonly principalOf: (context: object) => string | undefined
  readonly listener: ServerConnectionListener
}

/** What the server is told of each connection. Must not throw. */
export interface ServerConnectionListener {
  /** The client is accepted; its first call has not run yet. */
  accepted(connection: ServerConnection): void
  /** A call has ended. */
  settled(): void
  /** The session is over. */
  lost(connection: ServerConnection, ending: Ending): void
  /** The transport is gone as well: the last word. */
  closed(connection: ServerConnection): void
  error(error: unknown, context: ErrorContext): void
}

export interface Arrival {
  readonly id: string
  readonly socket: ServerSocket
  readonly request: UpgradeRequest
}

type ServerSession = Session & ServerDecisions

/** Who the client is, as far as the application has said. */
interface Identity {
  readonly context: object
  readonly principal: string | undefined
}

type Phase =
  /** Before HELLO, or while it is decided on. */
  | { readonly type: 'greeting'; readonly identity: Identity }
  | { readonly type: 'accepted'; readonly identity: Identity; readonly dispatcher: Dispatcher }
  /** Hooks may still ask who it was. */
  | { readonly type: 'over'; readonly identity: Identity }

const NOBODY: Identity = Object.freeze({ context: Object.freeze({}), principal: undefined })

const NOTHING_SHARED: Agreement = { contract: false, calls: false }

export class ServerConnection implements TopicReceiver {
  readonly id: string
  readonly request: UpgradeRequest
  readonly handle: ServerConnectionHandle<object, ContractTree>
  readonly #setup: ConnectionSetup
  readonly #link: Connection<ServerSession>
  readonly #caller: Caller
  readonly #socket: ServerSocket
  /** Aborts what `context` still does when the connection is over. */
  readonly #ended = new AbortController()
  #phase: Phase = { type: 'greeting', identity: NOBODY }
  #agreement: Agreement = NOTHING_SHARED

  constructor(setup: ConnectionSetup, { id, socket, request }: Arrival) {
    const { clock, limits, compression, backlog } = setup.settings
    this.id = id
    this.request = request
    this.#setup = setup
    this.#socket = socket
    this.#link = new Connection({
      session: createServerSession({ limits, now: clock.now() }),
      clock,
      limits,
      compressor: compression?.compressor,
      backlog,
      observer: {
        onOpen: () => {},
        onHandshake: (effect) => this.#onHandshake(effect),
        onLinkEffect: () => {},
        onLost: (ending) => this.#onLost(ending),
        onClosed: () => setup.listener.closed(this),
        onFault: (error) => this.#report(error),
      },
    })
    this.#caller = new Caller(this.#link, () => {})
    this.handle = this.#createHandle()
  }

  /** Begins. Call it once. */
  open(): SocketListener {
    const transport = this.#link.accept(createSocketTransport(this.#socket), {
      caller: this.#caller,
      callee: this.#callee(),
    })
    return {
      message: (data) => transport.onMessage(data),
      textMessage: () =>
        this.#link.move((session, now) =>
          session.violated(CloseCode.Malformed, 'Expected binary messages, got a text message', now),
        ),
      drained: () => transport.onDrain(),
      closed: (code, reason) => transport.onClose(code, reason),
    }
  }

  get sharesContract(): boolean {
    return this.#agreement.contract
  }

  /** Calls that a drain waits for. */
  get unfinished(): number {
    return this.#phase.type === 'accepted' ? this.#phase.dispatcher.unfinished : 0
  }

  /** Everything that runs for this client. */
  get running(): number {
    return this.#phase.type === 'accepted' ? this.#phase.dispatcher.size : 0
  }

  /** Calls to this client that are not answered. */
  get outgoing(): number {
    return this.#caller.size
  }

  publish(frame: SharedFrame): boolean {
    return this.#link.publish(frame)
  }

  /** Asks the client to go elsewhere; one that is not accepted yet is sent away. */
  goAway(goAway: GoAway): void {
    if (this.#phase.type === 'greeting') this.close(CloseCode.Unavailable, 'The server goes away', true)
    else this.#link.move((session, now) => session.goAway(goAway, now))
  }

  /** No place for it: closes before its HELLO is looked at. Not at once, for its socket is not in its place yet. */
  turnAway(reason: string): void {
    this.#phase = { type: 'over', identity: NOBODY }
    this.#setup.settings.clock.defer(() => this.close(CloseCode.Unavailable, reason, true))
  }

  close(code: CloseCode, reason: string, retry: boolean): void {
    this.#link.close(code, reason, retry)
  }

  #callee(): CalleeSide {
    return {
      // The session delivers nothing before `accept`.
      onCalleeEffect: (effect) => {
        if (this.#phase.type === 'accepted') this.#phase.dispatcher.onCalleeEffect(effect)
      },
      onLost: () => {
        if (this.#phase.type === 'accepted') this.#phase.dispatcher.onLost()
      },
    }
  }

  #onHandshake(effect: HandshakeEffect): void {
    switch (effect.type) {
      case 'hello':
        this.#decide(effect.hello.auth, (context, auth) => this.#accept(effect.hello, context, auth))
        break
      case 'auth':
        this.#decide(effect.auth, (context, auth) => this.#renew(context, auth))
        break
      case 'welcome':
      case 'auth-ok':
        throw new Error(`Expected no \`${effect.type}\` on a server`)
    }
  }

  /** Makes the context, at once where the application does. */
  #decide(payload: Payload | undefined, use: (context: object, auth: unknown) => void): void {
    try {
      const auth = payload === undefined ? undefined : this.#decodeAuth(payload)
      const context = this.#makeContext(auth)
      if (context instanceof Promise) {
        context.then((made) => use(made, auth)).catch((error: unknown) => this.#refuse(error))
      } else {
        use(context, auth)
      }
    } catch (error) {
      this.#refuse(error)
    }
  }

  #makeContext(auth: unknown): object | Promise<object> {
    const { '~makeContext': makeContext } = this.#setup.implementation
    if (makeContext === undefined) return {}
    return makeContext({
      auth,
      request: this.request,
      connection: this.handle,
      signal: this.#ended.signal,
      fail: refuseConnection,
    })
  }

  #decodeAuth(payload: Payload): unknown {
    try {
      return this.#setup.codec.decode(payload)
    } catch (cause) {
      throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials cannot be read', cause })
    }
  }

  #accept(hello: Hello, context: object, auth: unknown): void {
    if (this.#phase.type !== 'greeting') return
    const { implementation, listener, principalOf, settings, topics, codec } = this.#setup
    this.#agreement = agreementOf(hello, implementation)
    const dispatcher = implementation['~createDispatcher'](implementation, {
      link: this.#link,
      codec,
      connection: this.handle,
      context,
      auth,
      topics: { listen: (_id, entry, params) => topics.listen(this, entry, params) },
      maxLingering: settings.limits.calls + settings.limits.streams,
      onError: ({ id, error, procedure }) => listener.error(error, { id, procedure, connection: this.id }),
      onSettled: () => listener.settled(),
      sharesContract: () => this.#agreement.contract,
      createErrorId: () => createErrorId(settings.randomBytes),
      now: () => settings.clock.now(),
    })
    this.#phase = { type: 'accepted', dispatcher, identity: { context, principal: principalOf(context) } }
    listener.accepted(this)
    const { compresses: socketCompresses } = this.#socket
    const welcome = createWelcome(hello, settings, { ...implementation, socketCompresses })
    this.#link.move((session, now) => session.accept(welcome, now))
  }

  #renew(context: object, auth: unknown): void {
    if (this.#phase.type !== 'accepted') return
    const { dispatcher, identity } = this.#phase
    if (this.#setup.principalOf(context) !== identity.principal) {
      throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials are those of somebody else' })
    }
    dispatcher.renew(context, auth)
    this.#phase = { ...this.#phase, identity: { ...identity, context } }
    this.#link.move((session, now) => session.authAccepted(undefined, now))
  }

  /** Before WELCOME nothing of what came along has run, and the client knows. */
  #refuse(error: unknown): void {
    // `context` was told that the connection is lost, and ended with that.
    if (this.#ended.signal.aborted && error === this.#ended.signal.reason) return
    const { code, reason, retry } = refusalOf(error)
    if (!(error instanceof ConnectionRefusal)) this.#report(error)
    if (this.#phase.type === 'greeting') {
      this.#link.move((session, now) => session.refuse(code, reason, retry, now))
    } else {
      this.close(code, reason, retry)
    }
  }

  #onLost(ending: Ending): void {
    const before = this.#phase
    this.#phase = { type: 'over', identity: before.identity }
    this.#ended.abort(new TautlineError('CONNECTION_LOST'))
    this.#setup.listener.lost(this, ending)
    if (before.type === 'accepted') this.#setup.listener.settled()
  }

  #report(error: unknown): void {
    this.#setup.listener.error(error, { id: undefined, procedure: undefined, connection: this.id })
  }

  #createHandle(): ServerConnectionHandle<object, ContractTree> {
    const { implementation, codec } = this.#setup
    const refOf = (entry: ProcedureEntry): number | string => (this.#agreement.calls ? entry.index : entry.path)
    const invoker = createRemoteInvoker({ caller: this.#caller, codec, refOf, validates: true })
    const identity = (): Identity => this.#phase.identity
    return {
      id: this.id,
      remoteAddress: this.request.remoteAddress,
      request: this.request,
      client: createProcedureCaller(implementation['~calls'] ?? {}, invoker),
      get context() {
        return identity().context
      },
      get principal() {
        return identity().principal
      },
      close: (reason = '') => this.close(CloseCode.Normal, reason, false),
      terminate: () => this.#socket.terminate(),
    }
  }
}
