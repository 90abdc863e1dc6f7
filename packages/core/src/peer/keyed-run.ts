/**
 * A call that runs under an idempotency key, and all who wait for what comes of it.
 *
 * Owns: until when somebody wants it to go on. Must not know: results, stores, connections.
 */
import { TautlineError } from '../contract/error.ts'
import type { Clock } from '../io/ports.ts'
import type { StoredResult } from './result-store.ts'
import type { UnattendedRuns } from './unattended-runs.ts'

export interface KeyedRunOptions {
  readonly fingerprint: string
  readonly clock: Clock
  /** Tells the handler to stop. */
  readonly abort: (reason: TautlineError) => void
  readonly principal: string
  readonly unattended: UnattendedRuns
}

/** Why somebody waits no longer. */
export interface Leaving {
  readonly reason: TautlineError
  /** What is left until the deadline; `undefined` for none. */
  readonly timeLeftMs: number | undefined
}

type Attendance =
  | { readonly type: 'attended'; readonly callers: number }
  /** The connections are lost: whoever asked may come back and ask again, until the deadline. */
  | { readonly type: 'unattended'; readonly stopTimer: () => void }
  /** Told to stop, or at its end. */
  | { readonly type: 'over' }

export class KeyedRun {
  readonly fingerprint: string
  /** What came of it; `undefined` where nothing has run, so that the key is free again. Never rejects. */
  readonly ended: Promise<StoredResult | undefined>
  readonly #options: KeyedRunOptions
  readonly #resolve: (result: StoredResult | undefined) => void
  #attendance: Attendance = { type: 'attended', callers: 1 }

  constructor(options: KeyedRunOptions) {
    const { promise, resolve } = Promise.withResolvers<StoredResult | undefined>()
    this.fingerprint = options.fingerprint
    this.ended = promise
    this.#options = options
    this.#resolve = resolve
  }

  join(): void {
    if (this.#attendance.type === 'attended') {
      this.#attendance = { type: 'attended', callers: this.#attendance.callers + 1 }
    } else if (this.#attendance.type === 'unattended') {
      this.#attend({ type: 'attended', callers: 1 })
    }
  }

  /** The last one to leave stops it, unless it was cut off: then it goes on, for it will be asked for. */
  leave({ reason, timeLeftMs }: Leaving): void {
    if (this.#attendance.type !== 'attended') return
    const callers = this.#attendance.callers - 1
    if (callers > 0) this.#attendance = { type: 'attended', callers }
    else if (reason.code === 'CONNECTION_LOST') this.#goOnUnattended(timeLeftMs)
    else this.stop(reason)
  }

  stop(reason: TautlineError): void {
    if (this.#attendance.type === 'over') return
    this.#attend({ type: 'over' })
    this.#options.abort(reason)
  }

  end(result: StoredResult | undefined): void {
    this.#attend({ type: 'over' })
    this.#resolve(result)
  }

  #goOnUnattended(timeLeftMs: number | undefined): void {
    const { clock, unattended, principal } = this.#options
    const onDeadline = (): void => this.stop(new TautlineError('TIMEOUT'))
    const stopTimer = timeLeftMs === undefined ? () => {} : clock.schedule(clock.now() + timeLeftMs, onDeadline)
    this.#attendance = { type: 'unattended', stopTimer }
    unattended.add(principal, this)
  }

  #attend(attendance: Attendance): void {
    if (this.#attendance.type === 'unattended') {
      this.#attendance.stopTimer()
      this.#options.unattended.delete(this.#options.principal, this)
    }
    this.#attendance = attendance
  }
}
