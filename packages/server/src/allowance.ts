/**
 * What one client may use of the server: alone by what it sends, and together with the others of its principal.
 *
 * Owns: the socket's intake, the place under its principal, how often it may come again. Must not know: frames, handlers.
 */
import type { Clock } from '@tautline/core/io'
import type { RunBudget } from '@tautline/core/peer'
import { Intake, type IntakeOwner, type IntakeSetup } from './intake.ts'
import type { LimitName } from './limit-counts.ts'
import { Meter, type MeteredLimit, type MeterRates, meterRates } from './meter.ts'
import { PrincipalBudgets, type PrincipalSeat } from './principal-budgets.ts'
import { DEFAULT_RATES, type RateLimits } from './rate-limits.ts'
import type { ServerSettings } from './server-options.ts'
import type { ServerSocket } from './socket.ts'
import { TokenBucket } from './token-bucket.ts'

/** What the clients of a server share. */
export interface AllowanceSetup {
  readonly clock: Clock
  readonly rates: RateLimits
  readonly meterRates: MeterRates
  readonly intake: IntakeSetup
  readonly budgets: PrincipalBudgets
}

/** The connection, as far as this concerns it. */
export interface AllowanceOwner {
  onLimited(limit: LimitName): void
  /** Its client cannot be heard for now, which is our doing. */
  onUnheard(): void
  /** Its socket is to be closed. */
  onOverrun(reason: string): void
}

const SECONDS_PER_MINUTE = 60

/**
 * So many frames more count what begins a stream or a listening, and what calls off something that runs: each takes three to five
 * times as long as a call, and no client does them by the ten thousand in a second.
 */
const DEAR_FRAMES = 8

export class Allowance implements IntakeOwner, RunBudget {
  readonly #setup: AllowanceSetup
  readonly #owner: AllowanceOwner
  #intake: Intake
  #seat: PrincipalSeat | undefined
  /** Both made when they are needed: by most clients never. */
  #renewals: TokenBucket | undefined
  #resumes: TokenBucket | undefined

  constructor(setup: AllowanceSetup, socket: ServerSocket, owner: AllowanceOwner) {
    this.#setup = setup
    this.#owner = owner
    const meter = new Meter(setup.meterRates, setup.clock.now())
    this.#intake = new Intake(setup.intake, socket, { meter, owner: this })
  }

  /** Of the socket in use. */
  get intake(): Intake {
    return this.#intake
  }

  begin(kind: 'call' | 'stream'): boolean {
    if (kind === 'stream') this.dear()
    return this.#seat?.begin(kind) ?? true
  }

  end(kind: 'call' | 'stream'): void {
    this.#seat?.end(kind)
  }

  cancelled(): void {
    this.dear()
  }

  /** A frame was dealt with that costs more than others. */
  dear(): void {
    this.#intake.contents(DEAR_FRAMES, 0)
  }

  /** It is known who it is. Returns whether there is a place for one more connection of theirs. */
  enter(principal: string | undefined): boolean {
    if (principal === undefined) return true
    const seat = this.#setup.budgets.seat(principal, (limit) => this.#owner.onLimited(limit))
    if (!seat.connect()) {
      seat.leave()
      return false
    }
    this.#seat = seat
    this.#intake.share(seat.meter)
    return true
  }

  /** A connection is there for a session that may have none. Returns whether there is a place for it. */
  return(): boolean {
    return this.#seat?.connect() ?? true
  }

  /** From now on the session has the socket of `arrival`. */
  takeOver(arrival: Allowance): void {
    this.#intake.release()
    this.#intake = arrival.#intake
    this.#intake.owner = this
    this.#intake.share(this.#seat?.meter)
  }

  mayRenew(): boolean {
    const { renewalsPerMinute } = this.#setup.rates
    this.#renewals ??= this.#perMinute(renewalsPerMinute)
    return this.#take(this.#renewals, 'renewals')
  }

  mayResume(): boolean {
    const { resumesPerMinute } = this.#setup.rates
    this.#resumes ??= this.#perMinute(resumesPerMinute)
    return this.#take(this.#resumes, 'resumes')
  }

  #perMinute(times: number): TokenBucket {
    return new TokenBucket({ perSecond: times / SECONDS_PER_MINUTE, burst: times }, this.#setup.clock.now())
  }

  #take(bucket: TokenBucket, limit: LimitName): boolean {
    const isTaken = bucket.take(1, this.#setup.clock.now())
    if (!isTaken) this.#owner.onLimited(limit)
    return isTaken
  }

  detached(): void {
    this.#intake.release()
    this.#seat?.disconnect()
  }

  /** What runs for it may go on, and counts until it has ended. */
  ended(): void {
    this.#intake.release()
    this.#seat?.leave()
  }

  onSlowed(limit: MeteredLimit, by: 'connection' | 'principal'): void {
    this.#owner.onLimited(by === 'connection' ? limit : `${limit}PerPrincipal`)
  }

  onUnheard(): void {
    this.#owner.onUnheard()
  }

  onOverrun(limit: MeteredLimit): void {
    this.#owner.onOverrun(`Expected less in a time: \`${limit}\` is ${this.#setup.rates[limit]}`)
  }
}

/** What a message may bring on top of what fits into the buffers that a runtime reads at once (Bun: 512 KiB). */
const READ_AHEAD_BYTES = 1024 * 1024
/** As many as fit into what Node reads at once. */
const READ_AHEAD_MESSAGES = 8192
const READ_AHEAD_FRAMES = 32_768
/** At least so often a client that is not read is said to live. */
const MAX_UNHEARD_MS = 1000

export function createAllowances(settings: ServerSettings): AllowanceSetup {
  const { clock, rates, perPrincipal, limits, heartbeat } = settings
  const { burstMs } = rates
  const sharedBurstMs = Number.isFinite(burstMs) ? burstMs : DEFAULT_RATES.burstMs
  const heartbeatMs = Math.min(heartbeat.idleMs, heartbeat.timeoutMs)
  return {
    clock,
    rates,
    meterRates: meterRates(rates, burstMs),
    intake: {
      clock,
      credit: {
        messagesPerSecond: READ_AHEAD_MESSAGES,
        framesPerSecond: READ_AHEAD_FRAMES,
        bytesPerSecond: limits.messageBytes + limits.inflatedBytes + READ_AHEAD_BYTES,
      },
      unheardMs: Math.max(1, Math.min(MAX_UNHEARD_MS, Math.floor(heartbeatMs / 2))),
    },
    budgets: new PrincipalBudgets({ limits: perPrincipal, rates: meterRates(perPrincipal, sharedBurstMs), clock }),
  }
}
