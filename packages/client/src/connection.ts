/**
 * One attempt to connect, and the session that comes of it: the client's half of the driver. Where the attempt was made for a
 * session that is there, that one takes its transport over.
 *
 * Owns: credentials, the HELLO, the time it may take to get there. Must not know: other attempts, when the next one is
 * due, calls. Normative text: PROTOCOL.md, "Handshake" and "Resuming".
 */
import { type Contract, isTautlineError, type ProcedureEntry } from '@tautline/core'
import { type Clock, type Compressor, type Connector, DEFAULT_WINDOW_LIMITS } from '@tautline/core/io'
import {
  type BacklogLimits,
  Caller,
  type CallObserver,
  Connection,
  type ConnectionObserver,
  type ConnectionOptions,
  type ConnectionStats,
  DEFAULT_BACKLOG_LIMITS,
  type Ending,
  type EventListener,
  encodeValue,
  type PackingCodec,
  type PeerHandle,
  type ServedProcedures,
} from '@tautline/core/peer'
import {
  CloseCode,
  type GoAway,
  type Hello,
  type Limits,
  type Payload,
  PROTOCOL_VERSION,
  type Welcome,
} from '@tautline/core/protocol'
import { type ClientMoves, createClientSession, type Resumption, type Session } from '@tautline/core/session'
import type { Carrier } from './line.ts'
import { contextOf, createCallee } from './served.ts'

/** What stays the same from one attempt to the next. */
export interface ConnectionSetup {
  readonly clock: Clock
  readonly codec: PackingCodec
  readonly limits: Limits
  /** Of one message, where the server announces more. */
  readonly mostReceived: ConnectionOptions['mostReceived']
  readonly compressor: Compressor | undefined
  readonly auth: (() => unknown) | undefined
  /** Asked for its hash when it is needed, since that looks at every schema: the client of a page may be lazy. */
  readonly contract: Pick<Contract, 'hash'>
  readonly served: ServedProcedures | undefined
  /** Told of the calls that this client answers. */
  readonly observer: CallObserver | undefined
  /** What handlers that this client serves may call. */
  readonly client: object
  readonly name: string
  /** Until the transport is open, credentials included. */
  readonly connectTimeoutMs: number
}

/** What one attempt is about. */
export interface Attempt {
  readonly connector: Connector
  /** As in HELLO. */
  readonly why: string
  /** The session to go on with, if there is one: asked when HELLO is made. */
  readonly resumption: () => Resumption | undefined
  /** Whether to be there without carrying anything: see `HELLO` in PROTOCOL.md. */
  readonly standby: boolean
}

/** `lost` and `closed` come in any case, in this order, once; of one that was taken over, `closed` alone. */
export interface ConnectionListener {
  open(carrier: Carrier): void
  welcome(welcome: Welcome): void
  /** The transport is lost or left, and the session waits for another connection. */
  detached(ending: Ending): void
  readonly event: EventListener
  goAway(goAway: GoAway): void
  roundTrip(ms: number): void
  /** The session is over, or never was. `settle` tells what was under way on it. */
  lost(ending: Ending, settle: () => void): void
  /** The transport is gone as well. */
  closed(): void
  fault(error: unknown): void
}

type ClientSession = Session & ClientMoves

/** What waits here is what this application gave to be sent: a server that takes it slowly is judged by progress alone. */
const BACKLOG: BacklogLimits = { ...DEFAULT_BACKLOG_LIMITS, maxBytes: Number.POSITIVE_INFINITY }

const NEW_SESSION = { sid: undefined, token: undefined, rx: 0, attempt: 1 }

type Phase =
  /** Asking the application for credentials. */
  | { readonly type: 'preparing'; readonly ended: AbortController }
  | { readonly type: 'linked'; readonly link: Connection<ClientSession>; readonly caller: Caller }
  | { readonly type: 'over' }

export class ClientConnection {
  /** The kind of transport that carries it. */
  transport: string
  readonly #setup: ConnectionSetup
  readonly #attempt: Attempt
  readonly #listener: ConnectionListener
  readonly #disarm: () => void
  #phase: Phase
  #sharesContract = false
  #asksFor: 'a new session' | 'a session there is' = 'a new session'

  /** Begins at once; nothing is told before this returns. */
  constructor(setup: ConnectionSetup, attempt: Attempt, listener: ConnectionListener) {
    const { clock, connectTimeoutMs } = setup
    this.#setup = setup
    this.#attempt = attempt
    this.transport = attempt.connector.kind
    this.#listener = listener
    this.#phase = { type: 'preparing', ended: new AbortController() }
    this.#disarm = clock.schedule(clock.now() + connectTimeoutMs, () => {
      this.close(CloseCode.HandshakeTimeout, `Not connected after ${connectTimeoutMs} ms`, true)
    })
    this.#begin(this.#phase.ended.signal).catch((error: unknown) => this.#failToBegin(error))
  }

  get stats(): ConnectionStats | undefined {
    return this.#phase.type === 'linked' ? this.#phase.link.stats : undefined
  }

  /** Whether its session can go on with another connection, or waits for one. */
  get isResumable(): boolean {
    return this.#phase.type === 'linked' && this.#phase.link.isLive && this.#phase.link.session.isResumable
  }

  /** Whether its session lives and has a transport. */
  get isAttached(): boolean {
    return this.#phase.type === 'linked' && this.#phase.link.session.state === 'open' && this.#phase.link.isLive
  }

  /** For the HELLO of the next connection of this session; `undefined` where it cannot go on. */
  nextResumption(): Resumption | undefined {
    return this.isResumable && this.#phase.type === 'linked' ? this.#phase.link.session.nextResumption() : undefined
  }

  /** How calls and streams use it, once its transport has opened. */
  get carrier(): Carrier | undefined {
    return this.#phase.type === 'linked' ? { caller: this.#phase.caller, refOf: this.#refOf } : undefined
  }

  /** From now on the transport of `arrival` carries this session, as the server's `welcome` says; `arrival` is over. */
  resume(arrival: ClientConnection, welcome: Welcome): void {
    const from = arrival.#phase
    if (this.#phase.type !== 'linked' || from.type !== 'linked') return
    const { link } = this.#phase
    this.transport = arrival.transport
    arrival.#phase = { type: 'over' }
    link.takeOver(from.link, (session, now) => {
      link.agree(welcome)
      return session.resume(welcome, now)
    })
    arrival.#listener.closed()
  }

  /** Leaves the transport; the session waits for another one where it can, and else is over. */
  leave(code: CloseCode, reason: string): void {
    if (this.#phase.type === 'linked' && this.isAttached) {
      this.#phase.link.move((session, now) => session.leave(code, reason, now))
    } else if (!this.isResumable) this.close(code, reason, true)
  }

  /** The link may be dead without our knowledge: asks. */
  wake(): void {
    if (this.#phase.type === 'linked') this.#phase.link.move((session, now) => session.wake(now))
  }

  refreshAuth(auth: Payload): void {
    if (this.#phase.type === 'linked') this.#phase.link.move((session, now) => session.refreshAuth(auth, now))
  }

  /** Ends it in good order, wherever it has got to. A second time is without effect. */
  close(code: CloseCode, reason: string, retry: boolean): void {
    if (this.#phase.type === 'linked') this.#phase.link.close(code, reason, retry)
    else this.#abandon({ origin: 'local', code, reason, retry })
  }

  /** Another attempt was faster, or will be made: that one may have the session that this one has asked for. */
  giveUp(reason: string): void {
    // The server may just have let it in: 1000 would end the session there.
    const code = this.#asksFor === 'a new session' ? CloseCode.Normal : CloseCode.Superseded
    this.close(code, reason, false)
  }

  async #begin(ended: AbortSignal): Promise<void> {
    const { auth, codec, served } = this.#setup
    const { connector } = this.#attempt
    const peer = this.#peerHandle()
    const [credentials, context] = await Promise.all([auth?.(), contextOf(served, peer, ended)])
    if (ended.aborted) return
    const hello = this.#hello(encodeValue(codec, credentials))
    const { clock, limits, mostReceived, compressor } = this.#setup
    const session = createClientSession({ hello, limits, createIncoming: served?.['~createIncoming'] })
    const link = new Connection(session, this.#observer(), {
      clock,
      limits,
      mostReceived,
      compressor,
      backlog: BACKLOG,
      window: DEFAULT_WINDOW_LIMITS,
    })
    const caller = new Caller(link, this.#listener.event)
    const callee = createCallee(served, {
      link,
      codec,
      connection: peer,
      context,
      now: () => clock.now(),
      onError: (error) => this.#listener.fault(error),
      observer: this.#setup.observer,
    })
    this.#phase = { type: 'linked', link, caller }
    // What was under way is told later, when everybody knows that there is no connection: see `lost`.
    const onCallerEffect: Caller['onCallerEffect'] = (effect) => caller.onCallerEffect(effect)
    link.start({ connector, caller: { onCallerEffect, onLost: () => {} }, callee })
  }

  #hello(auth: Payload | undefined): Hello {
    const { contract, served, compressor, name } = this.#setup
    const { why, standby } = this.#attempt
    const resumption = this.#attempt.resumption()
    if (resumption !== undefined) this.#asksFor = 'a session there is'
    return {
      version: PROTOCOL_VERSION,
      ...(resumption ?? NEW_SESSION),
      compression: compressor === undefined ? [] : [compressor.algorithm],
      contractHash: contract.hash,
      servesHash: served?.['~contract'].hash,
      auth,
      client: name,
      why,
      standby,
    }
  }

  #observer(): ConnectionObserver {
    const listener = this.#listener
    return {
      onOpen: () => this.#onOpen(),
      onHandshake: (effect) => {
        if (effect.type === 'welcome') this.#onWelcome(effect.welcome)
      },
      onLinkEffect: (effect) => {
        if (effect.type === 'go-away') listener.goAway(effect.goAway)
        else listener.roundTrip(effect.ms)
      },
      onDetached: (ending) => listener.detached(ending),
      onLost: (ending) => this.#onLost(ending),
      onClosed: () => listener.closed(),
      onFault: (error) => listener.fault(error),
    }
  }

  #onOpen(): void {
    if (this.#phase.type !== 'linked') return
    const { link, caller } = this.#phase
    this.#disarm()
    // In this order: what is there when HELLO is said goes with it, what comes later waits for WELCOME.
    if (!this.#attempt.standby) this.#listener.open({ caller, refOf: this.#refOf })
    link.move((session, now) => session.opened(now))
  }

  readonly #refOf = (entry: ProcedureEntry): number | string => (this.#sharesContract ? entry.index : entry.path)

  #onWelcome(welcome: Welcome): void {
    this.#sharesContract = welcome.contractHash === this.#setup.contract.hash
    this.#listener.welcome(welcome)
  }

  #onLost(ending: Ending): void {
    const phase = this.#phase
    this.#disarm()
    this.#listener.lost(ending, () => {
      if (phase.type === 'linked') phase.caller.onLost()
    })
  }

  /** The application gave no credentials, or the connector could not even begin. */
  #failToBegin(error: unknown): void {
    const refused = isTautlineError(error, 'FORBIDDEN') ? CloseCode.Forbidden : CloseCode.Unauthorized
    const isFinal = isTautlineError(error, 'UNAUTHORIZED') || isTautlineError(error, 'FORBIDDEN')
    // Not every value that is thrown has a text.
    const reason = error instanceof Error ? error.message : 'no credentials'
    if (!isFinal) this.#listener.fault(error)
    this.#abandon({ origin: 'local', code: isFinal ? refused : CloseCode.Internal, reason, retry: !isFinal })
  }

  #abandon(ending: Ending): void {
    const phase = this.#phase
    if (phase.type === 'over') return
    this.#phase = { type: 'over' }
    this.#disarm()
    if (phase.type === 'preparing') phase.ended.abort()
    this.#listener.lost(ending, () => {})
    this.#listener.closed()
  }

  #terminate(): void {
    const transport = this.#phase.type === 'linked' ? this.#phase.link.transport : undefined
    if (transport?.abort === undefined) this.close(CloseCode.Normal, '', true)
    else transport.abort()
  }

  #peerHandle(): PeerHandle {
    return {
      id: 'server',
      remoteAddress: undefined,
      // Holds the members that `implement(…, { calls: api })` promises for this contract.
      client: this.#setup.client,
      close: (reason = '') => this.close(CloseCode.Normal, reason, false),
      terminate: () => this.#terminate(),
    }
  }
}
