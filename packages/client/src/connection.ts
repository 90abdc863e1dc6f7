/**
 * One attempt to connect, and the connection that comes of it: the client's half of the driver.
 *
 * Owns: credentials, the HELLO, the time it may take to get there. Must not know: other attempts, when the next one is
 * due, calls. Normative text: PROTOCOL.md, "Handshake".
 */
import { isTautlineError, type ProcedureEntry } from '@tautline/core'
import type { Clock, Compressor, Connector } from '@tautline/core/io'
import {
  type BacklogLimits,
  Caller,
  Connection,
  type ConnectionObserver,
  type ConnectionOptions,
  type ConnectionStats,
  DEFAULT_BACKLOG_LIMITS,
  type Ending,
  type EventListener,
  encodeValue,
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
  type ValueCodec,
  type Welcome,
} from '@tautline/core/protocol'
import { type ClientMoves, createClientSession, type Session } from '@tautline/core/session'
import type { Carrier } from './line.ts'
import { contextOf, createCallee } from './served.ts'

/** What stays the same from one attempt to the next. */
export interface ConnectionSetup {
  readonly connector: Connector
  readonly clock: Clock
  readonly codec: ValueCodec
  readonly limits: Limits
  /** Of one message, where the server announces more. */
  readonly mostReceived: ConnectionOptions<Session>['mostReceived']
  readonly compressor: Compressor | undefined
  readonly auth: (() => unknown) | undefined
  readonly contractHash: string
  readonly served: ServedProcedures | undefined
  /** What handlers that this client serves may call. */
  readonly client: object
  readonly name: string
  /** Until the transport is open, credentials included. */
  readonly connectTimeoutMs: number
}

/** `lost` and `closed` come in any case, in this order, once. */
export interface ConnectionListener {
  open(carrier: Carrier): void
  welcome(welcome: Welcome): void
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

type Phase =
  /** Asking the application for credentials. */
  | { readonly type: 'preparing'; readonly ended: AbortController }
  | { readonly type: 'linked'; readonly link: Connection<ClientSession>; readonly caller: Caller }
  | { readonly type: 'over' }

export class ClientConnection {
  readonly #setup: ConnectionSetup
  readonly #why: string
  readonly #listener: ConnectionListener
  readonly #disarm: () => void
  #phase: Phase
  #sharesContract = false

  /** Begins at once; nothing is told before this returns. */
  constructor(setup: ConnectionSetup, why: string, listener: ConnectionListener) {
    const { clock, connectTimeoutMs } = setup
    this.#setup = setup
    this.#why = why
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

  async #begin(ended: AbortSignal): Promise<void> {
    const { auth, codec, served, connector } = this.#setup
    const peer = this.#peerHandle()
    const [credentials, context] = await Promise.all([auth?.(), contextOf(served, peer, ended)])
    if (ended.aborted) return
    const hello = this.#hello(encodeValue(codec, credentials))
    const { clock, limits, mostReceived, compressor } = this.#setup
    const session = createClientSession({ hello, limits })
    const observer = this.#observer()
    const link = new Connection({ session, clock, limits, mostReceived, compressor, observer, backlog: BACKLOG })
    const caller = new Caller(link, this.#listener.event)
    const callee = createCallee(served, {
      link,
      codec,
      connection: peer,
      context,
      now: () => clock.now(),
      onError: (error) => this.#listener.fault(error),
    })
    this.#phase = { type: 'linked', link, caller }
    // What was under way is told later, when everybody knows that there is no connection: see `lost`.
    const onCallerEffect: Caller['onCallerEffect'] = (effect) => caller.onCallerEffect(effect)
    link.start({ connector, caller: { onCallerEffect, onLost: () => {} }, callee })
  }

  #hello(auth: Payload | undefined): Hello {
    const { contractHash, served, compressor, name } = this.#setup
    return {
      version: PROTOCOL_VERSION,
      sid: undefined,
      token: undefined,
      rx: 0,
      attempt: 1,
      compression: compressor === undefined ? [] : [compressor.algorithm],
      contractHash,
      servesHash: served?.['~contract'].hash,
      auth,
      client: name,
      why: this.#why,
      standby: false,
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
      onLost: (ending) => this.#onLost(ending),
      onClosed: () => listener.closed(),
      onFault: (error) => listener.fault(error),
    }
  }

  #onOpen(): void {
    if (this.#phase.type !== 'linked') return
    const { link, caller } = this.#phase
    this.#disarm()
    const refOf = (entry: ProcedureEntry): number | string => (this.#sharesContract ? entry.index : entry.path)
    // In this order: what is there when HELLO is said goes with it, what comes later waits for WELCOME.
    this.#listener.open({ caller, refOf })
    link.move((session, now) => session.opened(now))
  }

  #onWelcome(welcome: Welcome): void {
    this.#sharesContract = welcome.contractHash === this.#setup.contractHash
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
