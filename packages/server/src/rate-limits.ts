/**
 * How fast clients may send. The defaults are above what a client reaches that does nothing else: 140,000 calls a second, 64 in flight,
 * and 8,000 one after the other, with both ends on one machine.
 */

/** Of one connection; `Infinity`: no limit. */
export interface RateLimits {
  /** @default 50,000 */
  readonly messagesPerSecond: number
  /** Requests, items, cancels and all else: several travel in one message. @default 250,000 */
  readonly framesPerSecond: number
  /** As they come, and once more what is inflated. @default 256 MiB */
  readonly bytesPerSecond: number
  /** So much time's worth of each may come at once, in ms. @default 2000 */
  readonly burstMs: number
  /** Fresh credentials, of which each makes `context` run again. @default 60 */
  readonly renewalsPerMinute: number
  /** Connections that go on with one session, each of which makes `context` run, and may have much sent again. @default 60 */
  readonly resumesPerMinute: number
}

/** Of all connections of one principal, as `principalOf` names it; `Infinity`: no limit. */
export interface PrincipalLimits {
  /** Open at the same time, those on standby included. @default 2048 */
  readonly connections: number
  /** Queries and mutations that run, those included that were cancelled and have not ended. @default 4096 */
  readonly calls: number
  /** As `calls`: subscriptions and duplexes. @default 4096 */
  readonly streams: number
  /** @default 200,000 */
  readonly messagesPerSecond: number
  /** @default 1,000,000 */
  readonly framesPerSecond: number
  /** @default 1 GiB */
  readonly bytesPerSecond: number
}

/** Of upgrades, those that are refused for another reason included. */
export interface UpgradeRate {
  /** @default 50 */
  readonly perSecond: number
  /** As many may come at once, such as after a restart. @default 2048 */
  readonly burst: number
}

const MiB = 1024 * 1024

export const DEFAULT_RATES: RateLimits = {
  messagesPerSecond: 50_000,
  framesPerSecond: 250_000,
  bytesPerSecond: 256 * MiB,
  burstMs: 2000,
  renewalsPerMinute: 60,
  resumesPerMinute: 60,
}

const NONE = Number.POSITIVE_INFINITY

export const NO_RATES: RateLimits = {
  messagesPerSecond: NONE,
  framesPerSecond: NONE,
  bytesPerSecond: NONE,
  burstMs: NONE,
  renewalsPerMinute: NONE,
  resumesPerMinute: NONE,
}

export const DEFAULT_PRINCIPAL_LIMITS: PrincipalLimits = {
  connections: 2048,
  calls: 4096,
  streams: 4096,
  messagesPerSecond: 200_000,
  framesPerSecond: 1_000_000,
  bytesPerSecond: 1024 * MiB,
}

export const DEFAULT_UPGRADE_RATE: UpgradeRate = { perSecond: 50, burst: 2048 }

export const NO_UPGRADE_RATE: UpgradeRate = { perSecond: NONE, burst: NONE }
