import { TautlineError } from '../contract/error.ts'
import { isBuiltInCode } from '../contract/error-messages.ts'
import { got } from '../contract/got.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { Issue } from '../contract/validate.ts'

/**
 * Made by `fail` alone. An error with the right code that comes from elsewhere, such as a call this handler makes to
 * another server, says nothing about this call: only what `fail` made for this very procedure reaches the caller.
 */
export class HandlerFailure extends TautlineError {
  readonly entry: ProcedureEntry

  constructor(entry: ProcedureEntry, code: string, data: unknown, message: string | undefined) {
    super(code, { data, message })
    this.entry = entry
  }
}

/** The input is not what its schema asks for. */
export class InputRejected extends Error {
  readonly issues: readonly Issue[]

  constructor(issues: readonly Issue[]) {
    super('The input does not match its schema')
    this.issues = issues
  }
}

export type AnyFail = (code: string, data?: unknown, message?: string) => never

export function createFail(entry: ProcedureEntry): AnyFail {
  return (code, data, message) => {
    if (!isBuiltInCode(code) && !(code in entry.def.errors)) {
      throw new TypeError(`Expected an error code that \`${entry.path}\` declares, got ${got(code)}`)
    }
    throw new HandlerFailure(entry, code, data, message)
  }
}
