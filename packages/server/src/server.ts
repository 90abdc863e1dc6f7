/**
 * A server: all connections of one implementation.
 *
 * Owns: which sockets become connections, what the application is told of them, the stages from ready to closed. Must not know:
 * sockets of a runtime, frames.
 */
import { type AnyProcedure, type ContractTree, entryOf, TautlineError } from '@tautline/core'
import {
  createPackingCodec,
  createVolatileEvents,
  type Implementation,
  type ImplementerScope,
  type KeyedCallOptions,
  KeyedRuns,
  type ProcedureCaller,
  runQuietly,
} from '@tautline/core/peer'
import { SUBPROTOCOL, WriterPool } from '@tautline/core/protocol'
import { createAllowances } from './allowance.ts'
import { ChangeWatch } from './change-watch.ts'
import { ServerConnection } from './connection.ts'
import { ConnectionCounts } from './connection-counts.ts'
import type { ServerConnectionHandle } from './connection-handle.ts'
import { ConnectionRoster } from './connection-roster.ts'
import type { ConnectionSetup, ServerConnectionListener } from './connection-setup.ts'
import { drain } from './drain.ts'
import { createInProcessCaller } from './in-process-caller.ts'
import { LimitCounts, type LimitName } from './limit-counts.ts'
import { createClaimOwner, createErrorId } from './random-bytes.ts'
import { ServerLog } from './server-log.ts'
import { createObserverGroup, knownCode, type ObserverGroup } from './server-observer.ts'
import { type ErrorContext, resolveOptions, type ServerOptions, type ServerSettings } from './server-options.ts'
import type { InProcessOptions, Server, ServerHealth, ServerStats, ServerTraffic } from './server-types.ts'
import type { SessionChange } from './session-event.ts'
import { SessionRegistry } from './session-registry.ts'
import type { ServerSocket, SocketListener, UpgradeRequest } from './socket.ts'
import { createTopicEvent } from './topic-event.ts'
import { Topics } from './topics.ts'
import { createUpgradeGate } from './upgrade-gate.ts'

/** Beyond it, calls that still run are cut off. */
const DEFAULT_DRAIN_MS = 10_000

/**
 * Makes a server of a contract with all its handlers. It has no socket yet: hand it to `serve` or `attach` of an
 * adapter.
 *
 * Throws a `TypeError` for what is no such contract, and one that names the option for an option that cannot work.
 */
export function createServer<T extends ContractTree, S extends ImplementerScope>(
  implementation: Implementation<T, S>,
  options: ServerOptions<S['context'], S['calls']> = {},
): Server<T, S> {
  if (!('~createDispatcher' in implementation)) {
    throw new TypeError('Expected what `implement(api).handlers({ … })` returns: the handlers of the whole contract')
  }
  // What follows handles contexts and procedures as values: only the signatures know what they are.
  const server = new ConnectionServer(implementation, options)
  return server as Server<ContractTree, ImplementerScope> as Server<T, S>
}

type Stage =
  | { readonly type: 'ready' }
  | { readonly type: 'leaving' }
  | { readonly type: 'draining' | 'closed'; readonly closed: Promise<void> }

class ConnectionServer implements Server<ContractTree, ImplementerScope> {
  readonly subprotocol: string = SUBPROTOCOL
  readonly maxMessageBytes: number
  readonly decideUpgrade: Server<ContractTree, ImplementerScope>['decideUpgrade']
  readonly #implementation: Implementation
  readonly #options: ServerOptions<object, ContractTree>
  readonly #settings: ServerSettings
  readonly #codec = createPackingCodec()
  readonly #topics = new Topics()
  readonly #keyedRuns: KeyedRuns
  readonly #observers: ObserverGroup
  readonly #counts = new ConnectionCounts()
  readonly #limited = new LimitCounts()
  readonly #log: ServerLog
  readonly #setup: ConnectionSetup<ServerConnection>
  readonly #sessions: SessionRegistry<ServerConnection>
  readonly #changes: ChangeWatch
  readonly #roster = new ConnectionRoster()
  #stage: Stage = { type: 'ready' }
  #lastId = 0

  constructor(implementation: Implementation, options: ServerOptions<object, ContractTree>) {
    this.#implementation = implementation
    this.#options = options
    this.#settings = resolveOptions(options)
    this.#changes = new ChangeWatch(this.#settings.clock)
    this.#log = new ServerLog(this.#settings.log, this.#settings.clock)
    this.#sessions = new SessionRegistry(this.#settings.resume ?? NO_SESSIONS, (limit) => this.#onLimited(limit))
    this.maxMessageBytes = this.#settings.limits.messageBytes
    this.#keyedRuns = this.#createKeyedRuns()
    const report = (error: unknown): void => this.#report(error, NOWHERE)
    this.#observers = createObserverGroup(options.observers ?? [], { now: () => this.#settings.clock.now(), report })
    this.#setup = this.#createSetup()
    const decideUpgrade = createUpgradeGate({
      settings: this.#settings,
      counts: this.#counts,
      warnings: this.#log.lines,
      onLimited: (limit) => this.#onLimited(limit),
      authorizeUpgrade: options.authorizeUpgrade,
      isClosing: () => 'closed' in this.#stage,
      onRefused: (status, why) => this.#observers.happened({ type: 'upgrade-refused', status, why }),
      onError: report,
    })
    this.decideUpgrade = (request) => decideUpgrade(this.#settings.unproxy(request))
    this.#observers.attached(this)
  }

  #createSetup(): ConnectionSetup<ServerConnection> {
    const { limits, randomBytes, clock, compression, backlog, resume } = this.#settings
    const listener = this.#listener
    return {
      settings: this.#settings,
      implementation: this.#implementation,
      topics: this.#topics,
      sessions: this.#sessions,
      keyedRuns: this.#keyedRuns,
      allowances: createAllowances(this.#settings),
      linking: {
        clock,
        limits,
        compressor: compression?.compressor,
        backlog,
        window: resume,
        createVolatile: createVolatileEvents,
        writers: new WriterPool(),
      },
      dispatching: {
        codec: this.#codec,
        maxLingering: limits.calls + limits.streams,
        onError: ({ id, error, procedure, connection }) =>
          listener.error(error, { id, procedure, connection: connection.id }),
        onSettled: () => listener.settled(),
        createErrorId: () => createErrorId(randomBytes),
        now: () => clock.now(),
        observer: this.#observers.calls,
        nextTurn: clock.nextTurn?.bind(clock),
        afterMicrotasks: clock.afterMicrotasks?.bind(clock),
      },
      principalOf: (context) => this.#options.principalOf?.(context),
      listener,
    }
  }

  get connections(): Iterable<ServerConnectionHandle<object, ContractTree>> {
    return Array.from(this.#roster.accepted, ({ handle }) => handle)
  }

  accept(socket: ServerSocket, seen: UpgradeRequest): SocketListener {
    this.#lastId++
    const request = this.#settings.unproxy(seen)
    const address = this.#addressOf(request)
    const connection = new ServerConnection(this.#setup, { id: String(this.#lastId), socket, request, address })
    // Since the upgrade was allowed, others may have taken the last place.
    const { maxConnections, maxConnectionsPerAddress } = this.#settings
    const isFull = this.#counts.total >= maxConnections
    const isCrowded = this.#counts.of(address) >= maxConnectionsPerAddress
    this.#counts.add(address)
    this.#observers.happened({ type: 'connection-opened', transport: socket.kind ?? 'websocket' })
    const listener = connection.open()
    this.#roster.add(connection)
    if ('closed' in this.#stage) connection.turnAway('The server goes away')
    else if (isFull) this.#turnAway(connection, 'connections', 'Too many connections')
    else if (isCrowded) this.#turnAway(connection, 'connectionsPerAddress', 'Too many connections from this address')
    return listener
  }

  #turnAway(connection: ServerConnection, limit: LimitName, reason: string): void {
    this.#onLimited(limit)
    connection.turnAway(reason)
  }

  publish(event: AnyProcedure, ...args: readonly unknown[]): number {
    const entry = entryOf(event)
    if (this.#implementation['~contract'].procedures[entry.index] !== entry || entry.kind !== 'event') {
      throw new TypeError(`Expected an event of this server's contract, got ${entry.kind} \`${entry.path}\``)
    }
    const { path } = entry
    const { receivers, tooLarge } = this.#topics.publish(createTopicEvent(this.#codec, entry, args))
    if (tooLarge > 0) {
      throw new TautlineError('LIMIT_EXCEEDED', { message: `The event \`${path}\` is larger than one message may be` })
    }
    this.#observers.happened({ type: 'published', path, receivers })
    return receivers
  }

  caller(context: object, { auth }: InProcessOptions = {}): ProcedureCaller<ContractTree, KeyedCallOptions> {
    const { clock, randomBytes } = this.#settings
    return createInProcessCaller({
      api: this.#implementation['~api'],
      implementation: this.#implementation,
      context,
      auth,
      clock,
      codec: this.#codec,
      keyed: { runs: this.#keyedRuns, principal: this.#options.principalOf?.(context) },
      observer: this.#observers.calls,
      onError: ({ id, error, procedure }) => this.#report(error, { id, procedure, connection: 'in-process' }),
      createErrorId: () => createErrorId(randomBytes),
    })
  }

  stats(): ServerStats {
    const { accepted, running, outgoing } = this.#roster
    const { detached, detachedBytes } = this.#sessions
    return {
      connections: this.#counts.total,
      sessions: accepted.size,
      detached,
      detachedBytes,
      running: this.#keyedRuns.unattended + running,
      outgoing,
      topics: this.#topics.size,
      limited: this.#limited.all,
    }
  }

  traffic(): ServerTraffic {
    return this.#roster.traffic
  }

  health(): ServerHealth {
    const { type } = this.#stage
    return { state: type, ready: type === 'ready' }
  }

  leave(): void {
    if (this.#stage.type === 'ready') this.#stage = { type: 'leaving' }
  }

  close({ drainMs = DEFAULT_DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    if ('closed' in this.#stage) return this.#stage.closed
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    // First: hooks that hear of the sessions which end now may ask for the same.
    this.#stage = { type: 'draining', closed }
    const drained = this.#drain(drainMs).then(() => {
      this.#stage = { type: 'closed', closed }
    })
    resolve(drained)
    return closed
  }

  async #drain(drainMs: number): Promise<void> {
    const drained = {
      clock: this.#settings.clock,
      roster: this.#roster,
      sessions: this.#sessions,
      keyedRuns: this.#keyedRuns,
      counts: this.#counts,
      changes: this.#changes,
    }
    await drain(drained, drainMs)
    this.#log.close()
  }

  #createKeyedRuns(): KeyedRuns {
    const { results, clock, randomBytes, limits } = this.#settings
    return new KeyedRuns({
      store: results,
      codec: this.#codec,
      clock,
      createOwner: () => createClaimOwner(randomBytes),
      maxUnattended: limits.calls,
      onSettled: () => this.#changes.changed(),
    })
  }

  readonly #listener: ServerConnectionListener<ServerConnection> = {
    accepted: (connection) => {
      this.#roster.accept(connection)
      this.#callHook(connection, () => this.#options.onConnection?.(connection.handle))
    },
    changed: (connection, change) => this.#tellSession(connection, change),
    settled: () => this.#changes.changed(),
    limited: (connection, limit) => this.#onLimited(limit, connection),
    lost: (connection, ending) => {
      this.#log.ending(ending, connection)
      if (!this.#roster.lose(connection)) return
      const { code, reason } = ending
      const livedMs = this.#settings.clock.now() - connection.openedAt
      this.#tellSession(connection, { type: 'ended', code, reason, livedMs })
      this.#callHook(connection, () => this.#options.onDisconnection?.(connection.handle, { code, reason }))
    },
    closed: (connection) => {
      this.#roster.remove(connection)
      this.#changes.changed()
    },
    socketClosed: ({ kind, address, openedAt }, code, tell) => {
      this.#counts.remove(address)
      tell()
      const livedMs = this.#settings.clock.now() - openedAt
      this.#observers.happened({ type: 'connection-closed', transport: kind, code: knownCode(code), livedMs })
      // A session may have ended before the socket that it had left.
      this.#changes.changed()
    },
    error: (error, context) => this.#report(error, context),
  }

  #tellSession(connection: ServerConnection, change: SessionChange): void {
    this.#observers.happened({ type: 'session-changed', change: change.type })
    this.#log.session(change, connection)
    this.#callHook(connection, () => this.#options.onSession?.({ ...change, connection: connection.handle }))
  }

  #callHook(connection: ServerConnection, hook: () => unknown): void {
    runQuietly(hook, (error) => this.#report(error, { ...NOWHERE, connection: connection.id }))
  }

  #report(error: unknown, context: ErrorContext): void {
    const { onError } = this.#options
    if (onError === undefined) {
      this.#log.error(error, context)
      return
    }
    runQuietly(
      () => onError(error, context),
      (failed) => {
        this.#log.error(failed, context)
        this.#log.error(error, context)
      },
    )
  }

  #onLimited(limit: LimitName, connection?: ServerConnection): void {
    this.#limited.add(limit)
    this.#log.limited(limit, connection)
  }

  #addressOf(request: UpgradeRequest): string | undefined {
    try {
      return this.#settings.addressOf(request)
    } catch (error) {
      this.#report(error, NOWHERE)
      return undefined
    }
  }
}

const NO_SESSIONS = { maxDetached: 0, maxDetachedBytes: 0, maxDetachedPerOwner: 0, maxDetachedBytesPerOwner: 0 }

const NOWHERE: ErrorContext = Object.freeze({ id: undefined, procedure: undefined, connection: undefined })
