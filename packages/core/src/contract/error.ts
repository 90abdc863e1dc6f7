import type { BuiltInData } from './error-codes.ts'
import { type BuiltInCode, ERROR_MESSAGES, isBuiltInCode } from './error-messages.ts'

const BRAND = Symbol.for('tautline.error')

/**
 * What is known of a call that failed on this side of the line: `not-sent`, it never left; `unknown`, it may
 * have run.
 */
export type Outcome = 'not-sent' | 'unknown'

export interface TautlineErrorOptions<Data = unknown> {
  /** @default the text of `ERROR_MESSAGES`, or the code itself where the contract declares it */
  readonly message?: string | undefined
  readonly data?: Data | undefined
  readonly outcome?: Outcome | undefined
  /** Stays on this side: never sent. */
  readonly cause?: unknown
}

/**
 * The one error that calls, streams and listeners fail with: declared by the contract, or one of
 * `ERROR_CODES`. A union of it is discriminated by `code`. Recognise it with `isTautlineError`; `instanceof`
 * fails where two copies of this package are loaded.
 */
export class TautlineError<Code extends string = string, Data = unknown> extends Error {
  static {
    // Not a member: the type would be tied to this copy of the package, as the brand is there not to be.
    Object.defineProperty(TautlineError.prototype, BRAND, { value: true })
  }

  readonly code: Code
  /** As the schema of the code gives it; `undefined` where the code has none. */
  readonly data: Data
  /** Set where the line failed, not the handler. */
  readonly outcome: Outcome | undefined

  constructor(code: Code, options: TautlineErrorOptions<Data> = {}) {
    const { message = isBuiltInCode(code) ? ERROR_MESSAGES[code] : code, cause } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    // Codes without data have the type `undefined` here, so leaving it out is what their type says.
    this.data = options.data as Data
    this.outcome = options.outcome
  }

  override get name(): 'TautlineError' {
    return 'TautlineError'
  }
}

/** The error of one built-in code. */
export type BuiltInErrorOf<Code extends BuiltInCode> = TautlineError<
  Code,
  Code extends keyof BuiltInData ? BuiltInData[Code] : undefined
>

/** Every error that Tautline itself may raise, discriminated by `code`. */
export type BuiltInError = { [Code in BuiltInCode]: BuiltInErrorOf<Code> }[BuiltInCode]

type ErrorWithCode<Code extends string> = Code extends BuiltInCode ? BuiltInErrorOf<Code> : TautlineError<Code>

/**
 * Whether a caught value is Tautline's, and, with a code, that one. Built-in codes bring the type of their
 * data; for a declared code narrow the union of `.result()` instead.
 */
export function isTautlineError(error: unknown): error is TautlineError
export function isTautlineError<Code extends string>(error: unknown, code: Code): error is ErrorWithCode<Code>
export function isTautlineError(error: unknown, code?: string): boolean {
  if (typeof error !== 'object' || error === null) return false
  // The casts only allow the look: at the brand, and at `code` on whatever carries it.
  if ((error as Readonly<Record<symbol, unknown>>)[BRAND] !== true) return false
  return code === undefined || (error as TautlineError).code === code
}
