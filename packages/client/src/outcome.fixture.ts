import type { TautlineError } from '@tautline/core'

/** The error that a promise rejects with; listening from now on, so that it is never an unhandled one. */
export function outcomeOf(promise: Promise<unknown>): Promise<TautlineError> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`)
    },
    // Everything that calls and streams reject with is one.
    (error: TautlineError) => error,
  )
}
