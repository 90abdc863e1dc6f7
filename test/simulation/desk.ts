/*
 * What the handlers of all servers of a schedule have done, and what their clients were told of it. Owns: I2, and the sums of
 * what was sent up. Must not know: connections, who runs when.
 */
import { isTautlineError } from '@tautline/core'
import type { Referee } from './referee.ts'
import type { CallKind } from './simulated-api.ts'

/** How often something may run. */
type Kind = CallKind | 'confirm' | 'sum' | 'count' | 'live'

interface Asked {
  readonly kind: Kind
  readonly who: string
  runs: number
  verdict: 'open' | 'ok' | 'not-sent' | 'failed'
}

export class Desk {
  readonly #referee: Referee
  readonly #asked = new Map<number, Asked>()
  #runs = 0
  #lastRun = 0

  constructor(referee: Referee) {
    this.#referee = referee
  }

  /** Handlers that have begun. */
  get runs(): number {
    return this.#runs
  }

  /** What was asked for and is not settled. */
  get open(): number {
    let open = 0
    for (const { verdict } of this.#asked.values()) if (verdict === 'open') open++
    return open
  }

  ask(n: number, kind: Kind, who: string): void {
    this.#asked.set(n, { kind, who, runs: 0, verdict: 'open' })
  }

  /** A handler begins. @returns a number of its own */
  began(n: number): number {
    this.#runs++
    this.#lastRun++
    const asked = this.#asked.get(n)
    if (asked === undefined) {
      this.#referee.accuse('I2', `a handler runs for ${n}, which nobody asked for`)
      return this.#lastRun
    }
    asked.runs++
    const once = asked.kind === 'add' || asked.kind === 'confirm' || asked.kind === 'sum'
    if (once && asked.runs > 1) this.#accuse(n, asked, `ran ${asked.runs} times`)
    if (asked.verdict === 'not-sent') this.#accuse(n, asked, 'ran after its caller was told that it was not sent')
    if (asked.verdict === 'ok' && once) this.#accuse(n, asked, 'ran after it was answered')
    return this.#lastRun
  }

  succeeded(n: number): void {
    const asked = this.#settle(n, 'ok')
    if (asked?.runs === 0) this.#accuse(n, asked, 'was answered, and never ran')
  }

  /** @returns the code of the error, for those who know what it may be */
  failed(n: number, error: unknown): string {
    const notSent = isTautlineError(error) && (error.outcome === 'not-sent' || error.code === 'OVERLOADED')
    const asked = this.#settle(n, notSent ? 'not-sent' : 'failed')
    if (notSent && asked !== undefined && asked.runs > 0)
      this.#accuse(n, asked, 'ran, and its caller was told that it was not sent')
    return isTautlineError(error) ? error.code : String(error)
  }

  /** Whoever has asked died: nobody waits for it any more. */
  forget(who: string): void {
    for (const asked of this.#asked.values()) {
      if (asked.who === who && asked.verdict === 'open') asked.verdict = 'failed'
    }
  }

  /** Everything is over. */
  judge(): void {
    for (const [n, asked] of this.#asked) {
      if (asked.verdict === 'open') this.#referee.accuse('I3', `${asked.kind} ${n} of ${asked.who} was never settled`)
    }
  }

  #settle(n: number, verdict: Asked['verdict']): Asked | undefined {
    const asked = this.#asked.get(n)
    if (asked === undefined) return undefined
    if (asked.verdict !== 'open') this.#referee.accuse('I3', `${asked.kind} ${n} of ${asked.who} was settled twice`)
    asked.verdict = verdict
    return asked
  }

  #accuse(n: number, { kind, who }: Asked, what: string): void {
    this.#referee.accuse('I2', `${kind} ${n} of ${who} ${what}`)
  }
}
