import type { ContractTree } from '@tautline/core'
import {
  type Clock,
  type Compressor,
  createPlatformCompressor,
  createSystemClock,
  createZlibCompressor,
  DEFAULT_WINDOW_LIMITS,
} from '@tautline/core/io'
import {
  type BacklogLimits,
  checkNumber,
  createMemoryResultStore,
  DEFAULT_BACKLOG_LIMITS,
  numberOptions,
  type ResultStore,
} from '@tautline/core/peer'
import { DEFAULT_LIMITS, type HeartbeatTimes, type Limits } from '@tautline/core/protocol'
import { addressKey, isPrivateAddress } from './address-key.ts'
import type { ServerConnectionHandle } from './connection-handle.ts'
import { createUnproxy, type TrustedProxies, type Unproxy } from './forwarding/trusted-proxies.ts'
import { createSafeLog, type Log } from './log.ts'
import { type AllowedOrigins, createOriginCheck, type OriginCheck } from './origin-check.ts'
import { createRandomBytes, type RandomBytes } from './random-bytes.ts'
import {
  DEFAULT_PRINCIPAL_LIMITS,
  DEFAULT_RATES,
  DEFAULT_UPGRADE_RATE,
  NO_RATES,
  NO_UPGRADE_RATE,
  type PrincipalLimits,
  type RateLimits,
  type UpgradeRate,
} from './rate-limits.ts'
import type { ServerObserver } from './server-observer.ts'
import type { SessionEvent } from './session-event.ts'
import type { UpgradeRequest } from './socket.ts'

/** Refuses an upgrade with an HTTP answer. */
export interface UpgradeRefusal {
  /** 401, 403, 404, 429, 503, … */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface ErrorContext {
  /** The id that the caller was told, where a handler failed. */
  readonly id: string | undefined
  /** Path of the procedure, where a handler failed. */
  readonly procedure: string | undefined
  /** Id of the connection; `undefined` before there is one. */
  readonly connection: string | undefined
}

export interface CompressionOptions {
  /** Message bodies shorter than this travel as they are, in bytes. @default 1024 */
  readonly thresholdBytes?: number | undefined
  /** 1 (fast) to 9 (small). @default 1 */
  readonly level?: number | undefined
}

export interface ServerOptions<Ctx extends object, Calls extends ContractTree> {
  /** Pages that may connect. @default 'same-origin' */
  readonly origins?: AllowedOrigins | undefined
  /**
   * Looks at the HTTP request before the WebSocket opens: returns a refusal, or nothing to let it pass. What it throws
   * refuses with 500. Must decide within `limits.handshakeMs`.
   */
  readonly authorizeUpgrade?:
    | ((request: UpgradeRequest) => UpgradeRefusal | undefined | void | Promise<UpgradeRefusal | undefined | void>)
    | undefined
  /** See `Limits` for each default, but for `nodes`: 120,000 here. */
  readonly limits?: Partial<Limits> | undefined
  /**
   * When a client that does not read is given up with 4508. Streams and answers wait for their client by themselves, so that
   * it is events, above all, that add up to this.
   */
  readonly backlog?: Partial<BacklogLimits> | undefined
  /** @default idleMs: 20,000, timeoutMs: 10,000 */
  readonly heartbeat?: Partial<HeartbeatTimes> | undefined
  /** Compression of single messages, where the socket has none of its own. @default on */
  readonly compression?: false | CompressionOptions | undefined
  /**
   * How long, and with how much, a session waits for its client after its connection was lost: calls run on, and what the
   * client missed is sent again. `false` ends a session with its connection.
   */
  readonly resume?: false | Partial<ResumeLimits> | undefined
  /** Open at the same time; more are refused with 503. @default 65,536 */
  readonly maxConnections?: number | undefined
  /**
   * Open at the same time from one address, IPv6 counted by its /64; more are refused with 503. Behind a proxy all share
   * its address unless `trustedProxies` or `addressOf` tells them apart. @default 2048
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Upgrades from one address, in the same way; `false`: no limit. */
  readonly upgradesPerAddress?: false | Partial<UpgradeRate> | undefined
  /**
   * Proxies in front, whose headers tell of the client: its address, the host that it asked for and whether by TLS. Every
   * `UpgradeRequest` then says so, and so do the check of origins, the limit per address and the log. The proxies must
   * set these headers or take them away, never pass on what a client says. @default none: headers tell nothing
   */
  readonly trustedProxies?: TrustedProxies | undefined
  /**
   * Whom a connection counts for, where it is not its address; `undefined`: nobody who could be held to account.
   * @default its `remoteAddress`, by way of `trustedProxies`; without those, and unless a limit per address was set, nobody for a
   * private one, which is a proxy's as a rule
   */
  readonly addressOf?: ((request: UpgradeRequest) => string | undefined) | undefined
  /**
   * How fast one connection may send: past it, it is read more slowly, and closed with 4420 where that does not help.
   * `false`: as fast as it can.
   */
  readonly rates?: false | Partial<RateLimits> | undefined
  /** Of all connections of one principal, as `principalOf` names it. */
  readonly perPrincipal?: Partial<PrincipalLimits> | undefined
  /**
   * Who a context stands for. Fresh credentials of somebody else close the connection with 4401, and idempotency keys
   * are each principal's own: a call with one by nobody in particular is refused with `UNAUTHORIZED`.
   * @default nobody in particular: fresh credentials may be anybody's
   */
  readonly principalOf?: ((context: Ctx) => string | undefined) | undefined
  /** Where the results of calls with an idempotency key are kept. @default `createMemoryResultStore()` */
  readonly results?: ResultStore | undefined
  /** Every change of every session, with reason and timing; each is a line of `log`, too. */
  readonly onSession?: ((event: SessionEvent<Ctx, Calls>) => void) | undefined
  /** A client was accepted with a new session; its first call has not run yet. */
  readonly onConnection?: ((connection: ServerConnectionHandle<Ctx, Calls>) => void) | undefined
  /** The session is over. Told once for each that was told to `onConnection`. */
  readonly onDisconnection?:
    | ((connection: ServerConnectionHandle<Ctx, Calls>, ending: Disconnection) => void)
    | undefined
  /** Whatever a caller was not told of: errors of handlers, of `context`, of hooks. @default to the log */
  readonly onError?: ((error: unknown, context: ErrorContext) => void) | undefined
  /**
   * Every refusal and violation is one `warn`, every error one `error`. Takes any logger with these methods: `console`,
   * pino, winston, …
   * @default console, the messages alone
   */
  readonly log?: Log | false | undefined
  /** Told of everything that happens: the seam to metrics and traces, such as those of `@tautline/adapters`. @default nobody */
  readonly observers?: readonly ServerObserver[] | undefined
  /** Name and version, for the logs of clients. @default "tautline" */
  readonly name?: string | undefined
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined
  /** Unguessable bytes, for tests. @default the platform's */
  readonly randomBytes?: RandomBytes | undefined
}

/** Why a connection ended. */
export interface Disconnection {
  readonly code: number
  readonly reason: string
}

/** Bounds of sessions that outlive their connections. */
export interface ResumeLimits {
  /** How long a session waits without a connection, in ms. @default 120,000 */
  readonly windowMs: number
  /**
   * What may be under way to a client unacknowledged, in bytes; as much again may wait while it is gone. Clients acknowledge after 32 KiB
   * or 32 frames: with less, what follows waits until nothing has come for 200 ms. @default 256 KiB
   */
  readonly bytes: number
  /** As `bytes`, in frames. @default 1024 */
  readonly frames: number
  /** Sessions of this server that wait at the same time; beyond it the oldest end. @default 10,000 */
  readonly maxDetached: number
  /** Bytes that all of them keep; beyond it the oldest end. @default 64 MiB */
  readonly maxDetachedBytes: number
  /** As `maxDetached`, of one principal, or of one address where there is no principal. @default 1000 */
  readonly maxDetachedPerOwner: number
  /** As `maxDetachedBytes`, in the same way. @default 16 MiB */
  readonly maxDetachedBytesPerOwner: number
}

/** The options with every default in its place. */
export interface ServerSettings {
  readonly isOriginAllowed: OriginCheck
  readonly limits: Limits
  readonly backlog: BacklogLimits
  readonly heartbeat: HeartbeatTimes
  readonly compression: { readonly compressor: Compressor; readonly thresholdBytes: number } | undefined
  /** `undefined`: sessions end with their connections. */
  readonly resume: ResumeLimits | undefined
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly unproxy: Unproxy
  readonly upgradesPerAddress: UpgradeRate
  readonly addressOf: (request: UpgradeRequest) => string | undefined
  readonly rates: RateLimits
  readonly perPrincipal: PrincipalLimits
  readonly results: ResultStore
  readonly log: Log
  readonly name: string
  readonly clock: Clock
  readonly randomBytes: RandomBytes
}

/**
 * A client takes what its server answers, a server what anybody sends: what is decoded and validated costs about a microsecond for
 * each value. A message of 1 MiB with nothing but floats in it has fewer.
 */
const SERVER_LIMITS: Limits = { ...DEFAULT_LIMITS, nodes: 120_000 }
const DEFAULT_HEARTBEAT: HeartbeatTimes = { idleMs: 20_000, timeoutMs: 10_000 }
const DEFAULT_RESUME_LIMITS: ResumeLimits = {
  windowMs: 120_000,
  ...DEFAULT_WINDOW_LIMITS,
  maxDetached: 10_000,
  maxDetachedBytes: 64 * 1024 * 1024,
  maxDetachedPerOwner: 1000,
  maxDetachedBytesPerOwner: 16 * 1024 * 1024,
}
const DEFAULT_THRESHOLD_BYTES = 1024
const DEFAULT_LEVEL = 1
const LEVELS = { least: 1, most: 9 }
const DEFAULT_MAX_CONNECTIONS = 65_536
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 2048
/** Clients are told these numbers, and there is no infinity among integers. */
const ON_THE_WIRE = { least: 1, most: Number.MAX_SAFE_INTEGER }
const AT_HOME = { least: 1, most: Number.POSITIVE_INFINITY }

/** Throws a `TypeError` that names the option for a value that cannot work. */
export function resolveOptions<Ctx extends object, Calls extends ContractTree>(
  options: ServerOptions<Ctx, Calls>,
): ServerSettings {
  const { compression = {}, clock = createSystemClock() } = options
  const settings: ServerSettings = {
    isOriginAllowed: createOriginCheck(options.origins ?? 'same-origin'),
    limits: numberOptions(SERVER_LIMITS, options.limits, { name: 'limits', ...ON_THE_WIRE }),
    backlog: numberOptions(DEFAULT_BACKLOG_LIMITS, options.backlog, { name: 'backlog', ...AT_HOME }),
    heartbeat: numberOptions(DEFAULT_HEARTBEAT, options.heartbeat, { name: 'heartbeat', ...ON_THE_WIRE }),
    compression: compression === false ? undefined : resolveCompression(compression),
    resume:
      options.resume === false
        ? undefined
        : numberOptions(DEFAULT_RESUME_LIMITS, options.resume, { name: 'resume', ...ON_THE_WIRE }),
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
    upgradesPerAddress: resolveUpgradeRate(options.upgradesPerAddress),
    unproxy: createUnproxy(options.trustedProxies ?? []),
    addressOf: createAddressOf(options),
    rates:
      options.rates === false ? NO_RATES : numberOptions(DEFAULT_RATES, options.rates, { name: 'rates', ...AT_HOME }),
    perPrincipal: numberOptions(DEFAULT_PRINCIPAL_LIMITS, options.perPrincipal, { name: 'perPrincipal', ...AT_HOME }),
    results: options.results ?? createMemoryResultStore({ clock }),
    log: createSafeLog(options.log),
    name: options.name ?? 'tautline',
    clock,
    randomBytes: options.randomBytes ?? createRandomBytes(),
  }
  checkResultStore(settings.results)
  checkNumber('maxConnections', settings.maxConnections, AT_HOME)
  checkNumber('maxConnectionsPerAddress', settings.maxConnectionsPerAddress, AT_HOME)
  return settings
}

function resolveUpgradeRate(given: false | Partial<UpgradeRate> | undefined): UpgradeRate {
  if (given === false) return NO_UPGRADE_RATE
  return numberOptions(DEFAULT_UPGRADE_RATE, given, { name: 'upgradesPerAddress', ...AT_HOME })
}

/** Limits that nobody has set must not turn away whoever comes by a proxy that nobody has told of. */
function createAddressOf(options: AddressOptions): ServerSettings['addressOf'] {
  const { addressOf, trustedProxies, maxConnectionsPerAddress, upgradesPerAddress } = options
  const isSet = [trustedProxies, maxConnectionsPerAddress, upgradesPerAddress || undefined].some(
    (one) => one !== undefined,
  )
  return (request) => {
    const address = addressOf === undefined ? request.remoteAddress : addressOf(request)
    if (address === undefined) return undefined
    return addressOf === undefined && !isSet && isPrivateAddress(address) ? undefined : addressKey(address)
  }
}

type AddressOptions = Pick<
  ServerOptions<object, ContractTree>,
  'addressOf' | 'trustedProxies' | 'maxConnectionsPerAddress' | 'upgradesPerAddress'
>

function checkResultStore(store: ResultStore): void {
  for (const name of ['claim', 'complete', 'release'] as const) {
    if (typeof store[name] === 'function') continue
    throw new TypeError(`Expected \`results\` to have a method \`${name}\`, got \`${typeof store[name]}\``)
  }
}

function resolveCompression({
  level = DEFAULT_LEVEL,
  thresholdBytes,
}: CompressionOptions): ServerSettings['compression'] {
  checkNumber('compression.level', level, LEVELS)
  const compressor = createZlibCompressor({ level }) ?? createPlatformCompressor()
  if (compressor === undefined) return undefined
  const threshold = thresholdBytes ?? DEFAULT_THRESHOLD_BYTES
  checkNumber('compression.thresholdBytes', threshold, ON_THE_WIRE)
  return { compressor, thresholdBytes: threshold }
}
