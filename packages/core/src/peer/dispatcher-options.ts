/** The seam between dispatchers and the connections they run on. */
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { Payload } from '../protocol/frame.ts'
import type { WireLimitName } from '../protocol/limit-name.ts'
import type { CallObserver } from './call-observer.ts'
import type { PeerHandle } from './context.ts'
import type { ServedProcedures } from './implementation.ts'
import type { KeyedCalls } from './keyed-call.ts'
import type { CalleeSide, SessionLink } from './link.ts'

/** An error that the caller was not told of: it got `INTERNAL` and the id. */
export interface HandlerErrorReport {
  /** Travelled to the caller as `data.id` of the error. */
  readonly id: string
  readonly error: unknown
  /** Path of the procedure. */
  readonly procedure: string
  readonly connection: PeerHandle
}

/** Who listens to what. Kept by a server for all its connections together. */
export interface TopicListeners {
  /**
   * The connection wants the events of a topic under its id `id`.
   * @param params encoded canonically, so that equal params are equal bytes
   * @returns ends the listening
   */
  listen(id: number, entry: ProcedureEntry, params: Payload | undefined): () => void
}

/** How much may run for whoever is behind a connection, beside its other connections. */
export interface RunBudget {
  /** @returns whether it may run; then `end` follows once it runs no more */
  begin(kind: 'call' | 'stream'): boolean
  end(kind: 'call' | 'stream'): void
  /** The peer has called off what it asked for. */
  cancelled(): void
}

/** What both ends of a connection hold. */
export interface SharedContract {
  /**
   * Whether it is the same contract, so that the peer may name procedures by index. An index of another contract would be
   * another procedure.
   */
  readonly sharesContract: boolean
}

/** Is told where the peer has hit a limit that the session does not know of. */
export interface LimitListener {
  onLimited(limit: WireLimitName): void
}

export interface DispatcherOptions {
  readonly link: SessionLink
  readonly connection: PeerHandle
  /** What the implementation's `context` made of the connection. */
  readonly context: object
  readonly auth: unknown
  /** Left out where no events are pushed: listening is then an unknown procedure. */
  readonly topics?: TopicListeners | undefined
  /** @default the same contract, always */
  readonly contract?: SharedContract | undefined
  /** What is past it is refused with `OVERLOADED`. @default no limit */
  readonly budget?: RunBudget | undefined
  readonly limits?: LimitListener | undefined
  /** Left out where no results are kept: a call with an idempotency key is then refused. */
  readonly keyed?: KeyedCalls | undefined
  readonly setting: DispatcherSetting
}

/** What dispatchers have in common: one object for any number of them. */
export interface DispatcherSetting {
  readonly codec: PackingCodec
  /**
   * Handlers that go on after they were told to stop; beyond it nothing more is run until some of them end. Otherwise a
   * peer that cancels whatever it asks for could have any number of them run. @default no limit
   */
  readonly maxLingering?: number | undefined
  /** Told of every call; left out where nobody listens. */
  readonly observer?: CallObserver | undefined
  /** Must not throw. */
  readonly onError: (report: HandlerErrorReport) => void
  /** Something that ran has ended. */
  readonly onSettled?: (() => void) | undefined
  /** Names one error to the caller without telling anything of it. */
  readonly createErrorId: () => string
  /** Monotonic milliseconds. */
  readonly now: () => number
  /**
   * Runs a task in a later turn of the event loop, once what has come in meanwhile over other connections was looked at.
   * Left out where nobody else is to be kept from their turn: then all that is asked for begins at once.
   */
  readonly nextTurn?: ((task: () => void) => void) | undefined
  /** Runs a task when the microtasks of what runs now are done. Left out where the platform cannot. */
  readonly afterMicrotasks?: ((task: () => void) => void) | undefined
}

export interface Dispatcher extends CalleeSide {
  /** Queries, mutations and duplexes that have not been answered yet: what a drain waits for. */
  readonly unfinished: number
  /** Everything that runs, subscriptions and listenings included. */
  readonly size: number
  /** Fresh credentials: calls from now on see this context. */
  renew(context: object, auth: unknown): void
}

export type CreateDispatcher = (implementation: ServedProcedures, options: DispatcherOptions) => Dispatcher
