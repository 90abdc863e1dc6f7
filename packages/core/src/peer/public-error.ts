import { TautlineError } from '../contract/error.ts'
import { type BuiltInCode, ERROR_MESSAGES } from '../contract/error-messages.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { UnserialisableError } from '../protocol/unserialisable-error.ts'
import { HandlerFailure, InputRejected } from './handler-failure.ts'
import { validateOutput } from './handler-run.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'

/** What a caller may know of an error. */
export interface PublicError {
  readonly code: string
  readonly message: string
  readonly data: unknown
}

/** An error of which it is settled what the caller is told: the answer to an earlier call, or a refusal to run one. */
export class PublicFailure extends TautlineError {
  readonly entry: ProcedureEntry

  constructor(entry: ProcedureEntry, { code, message, data }: PublicError) {
    super(code, { message, data })
    this.entry = entry
  }
}

/** Why a call is not run. */
export function refusal(entry: ProcedureEntry, code: BuiltInCode, message?: string): PublicFailure {
  return new PublicFailure(entry, { code, message: message ?? ERROR_MESSAGES[code], data: undefined })
}

/**
 * What the caller is told when a handler ended with `thrown`: a failure it declared, the issues of its input, or no
 * more than `INTERNAL` with the id that `report` gives for the rest. Never throws, never rejects.
 */
export function toPublicError(
  thrown: unknown,
  entry: ProcedureEntry,
  report: (error: unknown) => string,
): MaybePromise<PublicError> {
  if (thrown instanceof InputRejected) return inputError(thrown)
  if (thrown instanceof PublicFailure && thrown.entry === entry) {
    const { code, message, data } = thrown
    return { code, message, data }
  }
  if (thrown instanceof UnserialisableError) {
    report(thrown)
    return { code: 'UNSERIALISABLE', message: ERROR_MESSAGES.UNSERIALISABLE, data: undefined }
  }
  if (!(thrown instanceof HandlerFailure) || thrown.entry !== entry) return internalError(report(thrown))
  const { code, message } = thrown
  const redacted = (cause: unknown): PublicError => internalError(report(cause))
  try {
    const checked = andThen(validateOutput(entry, entry.def.errors[code] ?? undefined, thrown.data), (data) => ({
      code,
      message,
      data,
    }))
    return checked instanceof Promise ? checked.catch(redacted) : checked
  } catch (invalid) {
    return redacted(invalid)
  }
}

function internalError(id: string): PublicError {
  return { code: 'INTERNAL', message: ERROR_MESSAGES.INTERNAL, data: { id } }
}

export function inputError({ issues }: InputRejected): PublicError {
  return { code: 'INVALID_INPUT', message: ERROR_MESSAGES.INVALID_INPUT, data: { issues } }
}
