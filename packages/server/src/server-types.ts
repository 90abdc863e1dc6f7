import type { ContractTree, EventProcedure, InferEventParams, PublishPayload } from '@tautline/core'
import type { ImplementerScope, KeyedCallOptions, NoCalls, ProcedureCaller } from '@tautline/core/peer'
import type { ServerConnectionHandle } from './connection-handle.ts'
import type { LimitName } from './limit-counts.ts'
import type { PublishOptions } from './publish-key.ts'
import type { SocketAcceptor } from './socket.ts'

/** What `publish` takes behind the event: its params, where it declares some, its payload, and options where it is volatile. */
export type PublishArguments<P extends EventProcedure> = P['~def']['params'] extends undefined
  ? PayloadArguments<P>
  : [params: InferEventParams<P>, ...PayloadArguments<P>]

type PayloadArguments<P extends EventProcedure> =
  undefined extends PublishPayload<P>
    ? [payload?: PublishPayload<P>, ...OptionsArguments<P>]
    : [payload: PublishPayload<P>, ...OptionsArguments<P>]

type OptionsArguments<P extends EventProcedure> = P['~def']['volatile'] extends true ? [options?: PublishOptions] : []

/** A server, whatever it serves. */
interface AnyScope extends ImplementerScope {
  readonly calls: NoCalls
}

/** How much there is at this moment, all zero once every connection is closed; and what has happened since the beginning. */
export interface ServerStats {
  /** Sockets, accepted or not. */
  readonly connections: number
  /** Clients that were accepted, with or without a connection at this moment. */
  readonly sessions: number
  /** Those of them that wait for their client to come back. */
  readonly detached: number
  /** Bytes that those keep for them. */
  readonly detachedBytes: number
  /** Calls, streams and listenings of clients that run here, those with a key included whose client is gone. */
  readonly running: number
  /** Calls and streams of ours that clients have not answered. */
  readonly outgoing: number
  /** Topics that somebody listens to. */
  readonly topics: number
  /** How often each limit was hit since the server was made: what was refused, cut or slowed down for it. */
  readonly limited: Readonly<Record<LimitName, number>>
}

/** Messages in one direction, with the bytes that they had on the wire, without what WebSocket or HTTP puts around them. */
export interface Traffic {
  readonly messages: number
  readonly bytes: number
}

/** Since the server was created: never less than before. */
export interface ServerTraffic {
  readonly received: Traffic
  readonly sent: Traffic
}

/**
 * - `ready`: takes connections.
 * - `leaving`: takes connections still, and wants no more of them: whoever sends clients here should stop.
 * - `draining`: takes no more, and waits for what is under way.
 * - `closed`: nothing is left.
 */
export type ServerState = 'ready' | 'leaving' | 'draining' | 'closed'

export interface ServerHealth {
  readonly state: ServerState
  /** Whether clients should be sent here. */
  readonly ready: boolean
}

export interface Server<T extends ContractTree = NoCalls, S extends ImplementerScope = AnyScope>
  extends SocketAcceptor {
  /** Clients that were accepted, each for as long as its session lives. */
  readonly connections: Iterable<ServerConnectionHandle<S['context'], S['calls']>>
  /**
   * Sends an event to everyone who listens to the topic that `params` name. Encoded once, and compressed once, for
   * all of them. One that is declared `volatile` misses those that are away or behind, unless it has a `key`: then those
   * behind get the latest of it when they have caught up.
   *
   * Throws `INVALID_OUTPUT` for params or a payload that their schema does not allow, `UNSERIALISABLE` for what cannot
   * travel, `LIMIT_EXCEEDED` for more than fits into a message. Their schemas must be synchronous.
   * @returns how many clients it was sent to, or is going to be
   */
  publish<P extends EventProcedure>(event: P, ...args: PublishArguments<P>): number
  /**
   * Calls the handlers in this process: the same validation, middleware, idempotency keys and errors as over the wire.
   * @param context stands for what `context` would have made
   */
  caller(context: S['context'], options?: InProcessOptions): ProcedureCaller<T, KeyedCallOptions>
  stats(): ServerStats
  traffic(): ServerTraffic
  health(): ServerHealth
  /**
   * Says by `health` alone, from now on, that it will go. Called some time ahead of `close`, it lets load balancers take this
   * server out while it still answers.
   */
  leave(): void
  /**
   * Takes no more connections and tells clients to go elsewhere, spread over half of `drainMs` but at most 5 s. Done when all have
   * gone; or when they had the time to, and their queries, mutations and duplexes are answered; or after `drainMs`. What
   * is left then is closed with 4503. Further calls return the same promise.
   * @default drainMs: 10,000
   */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

export interface InProcessOptions {
  /** What middleware sees as `auth`. */
  readonly auth?: unknown
}
