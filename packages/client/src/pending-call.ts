import { isTautlineError, type Result } from '@tautline/core'
import type { PendingCall } from './client-types.ts'

/**
 * Gives a promise its `result()`. An own method instead of a subclass, because `await` takes a promise of its own
 * realm's constructor without wrapping it.
 */
export function toPendingCall<T, E>(promise: Promise<T>): PendingCall<T, E> {
  const call = promise as PendingCall<T, E>
  // What `Object.assign` would do, without an object to take it from.
  ;(call as { result: PendingCall<T, E>['result'] }).result = result
  return call
}

/**
 * Being a handler of both outcomes, it leaves no rejection unhandled. What is wrong with the call itself, such as an
 * option that cannot work, is no outcome, and has no code to look at.
 */
function result<T, E>(this: Promise<T>): Promise<Result<T, E>> {
  return this.then(
    (value): Result<T, E> => ({ ok: true, value }),
    (error: unknown): Result<T, E> => {
      if (!isTautlineError(error)) throw error
      // Which codes it can have, the contract says.
      return { ok: false, error: error as E }
    },
  )
}
