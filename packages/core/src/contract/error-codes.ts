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
  /** Used where whoever raises the error gives no message. */
  readonly message: string
}

/** The codes Tautline itself raises. A contract cannot declare one of them again. */
export const ERROR_CODES = {
  INVALID_INPUT: {
    raisedBy: 'both',
    retry: 'never',
    failable: false,
    message: 'The input does not match its schema',
  },
  UNKNOWN_PROCEDURE: {
    raisedBy: 'remote',
    retry: 'never',
    failable: false,
    message: 'The other end has no such procedure',
  },
  UNAUTHORIZED: {
    raisedBy: 'both',
    retry: 'never',
    failable: true,
    message: 'Credentials are missing or not valid',
  },
  FORBIDDEN: {
    raisedBy: 'both',
    retry: 'never',
    failable: true,
    message: 'The credentials do not allow this',
  },
  TIMEOUT: {
    raisedBy: 'both',
    retry: 'safe',
    failable: false,
    message: 'The deadline has passed',
  },
  CANCELLED: {
    raisedBy: 'local',
    retry: 'never',
    failable: false,
    message: 'The call was cancelled',
  },
  CONNECTION_LOST: {
    raisedBy: 'local',
    retry: 'safe',
    failable: false,
    message: 'The connection was lost before the answer came',
  },
  CLIENT_CLOSED: {
    raisedBy: 'local',
    retry: 'never',
    failable: false,
    message: 'The client is closed',
  },
  QUEUE_FULL: {
    raisedBy: 'local',
    retry: 'later',
    failable: false,
    message: 'Too much waits for the connection already',
  },
  LIMIT_EXCEEDED: {
    raisedBy: 'both',
    retry: 'never',
    failable: true,
    message: 'A limit would be exceeded',
  },
  OVERLOADED: {
    raisedBy: 'remote',
    retry: 'later',
    failable: true,
    message: 'The other end has too much to do',
  },
  GAP: {
    raisedBy: 'both',
    retry: 'never',
    failable: true,
    message: 'The stream cannot go on from where it stopped without leaving something out',
  },
  UNSERIALISABLE: {
    raisedBy: 'both',
    retry: 'never',
    failable: false,
    message: 'A value cannot be serialised',
  },
  INVALID_OUTPUT: {
    raisedBy: 'local',
    retry: 'never',
    failable: false,
    message: 'What the other end sent does not match its schema',
  },
  INTERNAL: {
    raisedBy: 'remote',
    retry: 'safe',
    failable: false,
    message: 'The other end failed',
  },
} as const

/** The same, as rows: checks each of them, and can be asked for any code. */
const ROWS: Readonly<Record<string, ErrorCodeRow>> = ERROR_CODES

export type BuiltInCode = keyof typeof ERROR_CODES

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

/** Whether a code, also one from the wire, is Tautline's own. */
export function isBuiltInCode(code: string): code is BuiltInCode {
  return Object.hasOwn(ROWS, code)
}
