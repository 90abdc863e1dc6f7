/**
 * What all connections of one principal may use together.
 *
 * Owns: who has how many places, and how fast they send. Must not know: connections, how a principal is found out.
 */
import type { Clock } from '@tautline/core/io'
import type { LimitName } from './limit-counts.ts'
import { Meter, type MeterRates } from './meter.ts'
import type { PrincipalLimits } from './rate-limits.ts'

/** Principals without a connection who have sent so much lately that it still counts. */
export const MAX_RESTING = 10_000

export interface BudgetSetup {
  readonly limits: PrincipalLimits
  readonly rates: MeterRates
  readonly clock: Clock
}

export class PrincipalBudgets {
  readonly #setup: BudgetSetup
  readonly #active = new Map<string, PrincipalBudget>()
  /** Those who have left, the longest ago first. */
  readonly #resting = new Map<string, PrincipalBudget>()

  constructor(setup: BudgetSetup) {
    this.#setup = setup
  }

  /** Those with a session, or with something that still runs. */
  get size(): number {
    return this.#active.size
  }

  /** Those who have nothing any more, and whose rates still count. */
  get resting(): number {
    return this.#resting.size
  }

  /** For a new session, or a connection on standby. */
  seat(principal: string, onLimited: (limit: LimitName) => void): PrincipalSeat {
    let budget = this.#active.get(principal)
    if (budget === undefined) {
      budget = this.#resting.get(principal) ?? this.#create(principal)
      this.#resting.delete(principal)
      this.#active.set(principal, budget)
    }
    return new PrincipalSeat(budget, onLimited)
  }

  #create(principal: string): PrincipalBudget {
    const budget: PrincipalBudget = new PrincipalBudget(this.#setup, () => this.#rest(principal, budget))
    return budget
  }

  #rest(principal: string, budget: PrincipalBudget): void {
    this.#active.delete(principal)
    if (budget.meter.isFull(this.#setup.clock.now())) return
    this.#resting.set(principal, budget)
    const [oldest] = this.#resting.keys()
    if (this.#resting.size > MAX_RESTING && oldest !== undefined) this.#resting.delete(oldest)
  }
}

type Place = 'sessions' | 'connections' | 'calls' | 'streams'

class PrincipalBudget {
  readonly meter: Meter
  readonly #limits: Readonly<Record<Place, number>>
  readonly #taken: Record<Place, number> = { sessions: 0, connections: 0, calls: 0, streams: 0 }
  readonly #onIdle: () => void

  constructor({ limits, rates, clock }: BudgetSetup, onIdle: () => void) {
    this.#limits = { ...limits, sessions: Number.POSITIVE_INFINITY }
    this.#onIdle = onIdle
    this.meter = new Meter(rates, clock.now())
  }

  take(place: Place): boolean {
    if (this.#taken[place] >= this.#limits[place]) return false
    this.#taken[place] += 1
    return true
  }

  give(place: Place): void {
    this.#taken[place] -= 1
    const { sessions, calls, streams } = this.#taken
    if (sessions + calls + streams === 0) this.#onIdle()
  }
}

/** What one session, or one connection on standby, has of it. */
export class PrincipalSeat {
  readonly #budget: PrincipalBudget
  readonly #onLimited: (limit: LimitName) => void
  #state: 'unconnected' | 'connected' | 'left' = 'unconnected'

  constructor(budget: PrincipalBudget, onLimited: (limit: LimitName) => void) {
    this.#budget = budget
    this.#onLimited = onLimited
    budget.take('sessions')
  }

  get meter(): Meter {
    return this.#budget.meter
  }

  /** A connection is there. Returns whether it has a place, also where it had before. */
  connect(): boolean {
    if (this.#state === 'connected') return true
    if (!this.#budget.take('connections')) {
      this.#onLimited('connectionsPerPrincipal')
      return false
    }
    this.#state = 'connected'
    return true
  }

  disconnect(): void {
    if (this.#state !== 'connected') return
    this.#state = 'unconnected'
    this.#budget.give('connections')
  }

  /** The session is over; what runs for it may go on. */
  leave(): void {
    if (this.#state === 'left') return
    this.disconnect()
    this.#state = 'left'
    this.#budget.give('sessions')
  }

  begin(kind: 'call' | 'stream'): boolean {
    const isTaken = this.#budget.take(kind === 'call' ? 'calls' : 'streams')
    if (!isTaken) this.#onLimited(kind === 'call' ? 'callsPerPrincipal' : 'streamsPerPrincipal')
    return isTaken
  }

  end(kind: 'call' | 'stream'): void {
    this.#budget.give(kind === 'call' ? 'calls' : 'streams')
  }
}
