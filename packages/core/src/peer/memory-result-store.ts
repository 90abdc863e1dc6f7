/**
 * A result store for one process.
 *
 * Owns: which results are kept, for how long, in how much memory. Has no timers: what has expired goes with the next claim.
 */
import type { Clock } from '../io/ports.ts'
import { createSystemClock } from '../io/system-clock.ts'
import { assertNever } from './assert-never.ts'
import { numberOptions } from './number-options.ts'
import type { Claim, ClaimAnswer, ResultStore, StoredResult } from './result-store.ts'

interface MemoryBounds {
  /** How long a result is given again, in ms, from when it was known. @default 24 hours */
  readonly lifetimeMs: number
  /** Keys, those included whose calls still run. @default 10,000 */
  readonly maxEntries: number
  /** Bytes of keys and results, two for each character of a string. @default 16 MiB */
  readonly maxBytes: number
}

export interface MemoryResultStoreOptions extends Partial<MemoryBounds> {
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined
}

export interface MemoryResultStore extends ResultStore {
  claim(key: string, claim: Claim): ClaimAnswer
  complete(key: string, owner: string, result: StoredResult): void
  release(key: string, owner: string): void
  stats(): MemoryResultStoreStats
}

export interface MemoryResultStoreStats {
  /** Keys whose calls still run. */
  readonly running: number
  /** Keys whose results are kept. */
  readonly finished: number
  readonly bytes: number
}

const DEFAULT_BOUNDS: MemoryBounds = {
  lifetimeMs: 24 * 60 * 60 * 1000,
  maxEntries: 10_000,
  maxBytes: 16 * 1024 * 1024,
}

/**
 * Where there is no room the results that are the oldest go before their time; keys whose calls still run stay, and
 * where there are only those another one is refused. Throws a `TypeError` that names an option that cannot work.
 */
export function createMemoryResultStore(options: MemoryResultStoreOptions = {}): MemoryResultStore {
  const { clock = createSystemClock(), ...given } = options
  const range = { least: 1, most: Number.POSITIVE_INFINITY }
  return new KeyTable(clock, numberOptions(DEFAULT_BOUNDS, given, { name: 'results', ...range }))
}

interface Finished {
  readonly fingerprint: string
  readonly result: StoredResult
  readonly bytes: number
  readonly expiresAt: number
}

const LOST: StoredResult = Object.freeze({ type: 'lost' })
const CLAIMED: ClaimAnswer = Object.freeze({ type: 'claimed' })
const FULL: ClaimAnswer = Object.freeze({ type: 'full' })

class KeyTable implements MemoryResultStore {
  readonly #clock: Clock
  readonly #bounds: MemoryBounds
  readonly #running = new Map<string, Claim>()
  /** Oldest first. All live equally long, so the first is also the next to expire. */
  readonly #finished = new Map<string, Finished>()
  #runningBytes = 0
  #finishedBytes = 0

  constructor(clock: Clock, bounds: MemoryBounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  claim(key: string, claim: Claim): ClaimAnswer {
    this.#expire()
    const running = this.#running.get(key)
    if (running !== undefined) return { type: 'running', fingerprint: running.fingerprint }
    const finished = this.#finished.get(key)
    if (finished !== undefined) {
      return { type: 'finished', fingerprint: finished.fingerprint, result: finished.result }
    }
    const bytes = bytesOfClaim(key, claim)
    if (!this.#makeRoom(bytes)) return FULL
    this.#running.set(key, claim)
    this.#runningBytes += bytes
    return CLAIMED
  }

  complete(key: string, owner: string, result: StoredResult): void {
    const claim = this.#takeClaim(key, owner)
    if (claim === undefined) return
    const claimBytes = bytesOfClaim(key, claim)
    const allBytes = claimBytes + bytesOfResult(result)
    const isKept = this.#makeRoom(allBytes)
    const bytes = isKept ? allBytes : claimBytes
    const expiresAt = this.#clock.now() + this.#bounds.lifetimeMs
    this.#finished.set(key, { fingerprint: claim.fingerprint, result: isKept ? result : LOST, bytes, expiresAt })
    this.#finishedBytes += bytes
  }

  release(key: string, owner: string): void {
    this.#takeClaim(key, owner)
  }

  stats(): MemoryResultStoreStats {
    this.#expire()
    return {
      running: this.#running.size,
      finished: this.#finished.size,
      bytes: this.#runningBytes + this.#finishedBytes,
    }
  }

  #takeClaim(key: string, owner: string): Claim | undefined {
    const claim = this.#running.get(key)
    if (claim?.owner !== owner) return undefined
    this.#running.delete(key)
    this.#runningBytes -= bytesOfClaim(key, claim)
    return claim
  }

  /** For one more key. Says whether there is room, and takes none away for what cannot have it. */
  #makeRoom(bytes: number): boolean {
    const { maxEntries, maxBytes } = this.#bounds
    const entriesLeft = maxEntries - this.#running.size - 1
    const bytesLeft = maxBytes - this.#runningBytes - bytes
    if (entriesLeft < 0 || bytesLeft < 0) return false
    for (const [key, finished] of this.#finished) {
      if (this.#finished.size <= entriesLeft && this.#finishedBytes <= bytesLeft) break
      this.#forget(key, finished)
    }
    return true
  }

  #expire(): void {
    const now = this.#clock.now()
    for (const [key, finished] of this.#finished) {
      if (finished.expiresAt > now) break
      this.#forget(key, finished)
    }
  }

  #forget(key: string, { bytes }: Finished): void {
    this.#finished.delete(key)
    this.#finishedBytes -= bytes
  }
}

/** What an engine takes for a character at most. */
const CHARACTER_BYTES = 2

function bytesOfClaim(key: string, { owner, fingerprint }: Claim): number {
  return CHARACTER_BYTES * (key.length + owner.length + fingerprint.length)
}

function bytesOfResult(result: StoredResult): number {
  switch (result.type) {
    case 'ok':
      return result.output?.byteLength ?? 0
    case 'error':
      return CHARACTER_BYTES * (result.code.length + result.message.length) + (result.data?.byteLength ?? 0)
    case 'lost':
      return 0
    default:
      return assertNever(result)
  }
}
