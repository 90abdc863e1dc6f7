import type { BuiltInCode } from './error-messages.ts'
import type { Issue } from './validate.ts'

interface ErrorCodeRow {
  /**
   * Which end makes the error: `local` the end that holds the promise or iterator, `remote` the other one,
   * `both` either of them.
   */
  readonly raisedBy: 'local' | 'remote' | 'both'
  /**
   * `never`: the same call would fail again. `later`: nothing has run, and it may succeed after a pause.
   * `safe`: it may have run, so repeat it only where repeating is harmless (a query, an idempotent mutation).
   */
  readonly retry: 'never' | 'later' | 'safe'
  /** Whether a handler or middleware may `fail` with it. */
  readonly failable: boolean
}

/** What there is to know of each built-in code. What it says is in `ERROR_MESSAGES`. */
export const ERROR_CODES = {
  INVALID_INPUT: { raisedBy: 'both', retry: 'never', failable: false },
  UNKNOWN_PROCEDURE: { raisedBy: 'remote', retry: 'never', failable: false },
  UNAUTHORIZED: { raisedBy: 'both', retry: 'never', failable: true },
  FORBIDDEN: { raisedBy: 'both', retry: 'never', failable: true },
  TIMEOUT: { raisedBy: 'both', retry: 'safe', failable: false },
  CANCELLED: { raisedBy: 'local', retry: 'never', failable: false },
  CONNECTION_LOST: { raisedBy: 'local', retry: 'safe', failable: false },
  CLIENT_CLOSED: { raisedBy: 'local', retry: 'never', failable: false },
  QUEUE_FULL: { raisedBy: 'local', retry: 'later', failable: false },
  LIMIT_EXCEEDED: { raisedBy: 'both', retry: 'never', failable: true },
  OVERLOADED: { raisedBy: 'remote', retry: 'later', failable: true },
  KEY_REUSED: { raisedBy: 'remote', retry: 'never', failable: false },
  RESULT_LOST: { raisedBy: 'remote', retry: 'never', failable: false },
  GAP: { raisedBy: 'both', retry: 'never', failable: true },
  UNSERIALISABLE: { raisedBy: 'both', retry: 'never', failable: false },
  INVALID_OUTPUT: { raisedBy: 'local', retry: 'never', failable: false },
  INTERNAL: { raisedBy: 'remote', retry: 'safe', failable: false },
} as const

// Apart, since no declaration can be made of an export with `satisfies` without looking into other files.
ERROR_CODES satisfies Readonly<Record<BuiltInCode, ErrorCodeRow>>

/** The built-in codes that a handler or middleware may `fail` with. */
export type FailableCode = {
  [C in BuiltInCode]: (typeof ERROR_CODES)[C]['failable'] extends true ? C : never
}[BuiltInCode]

/** The `data` of built-in errors; those not named here have none. */
export interface BuiltInData {
  readonly INVALID_INPUT: { readonly issues: readonly Issue[] }
  readonly INVALID_OUTPUT: { readonly issues: readonly Issue[] }
  /** Finds the cause in the log of the end where it happened. */
  readonly INTERNAL: { readonly id: string }
}
