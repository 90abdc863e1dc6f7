import type { Result } from '@tautline/core'
import type { PendingCall } from './client-types.ts'

/**
 * Gives a promise its `result()`. An own method instead of a subclass, because `await` takes a promise of its own
 * realm's constructor without wrapping it.
 */
export function toPendingCall<T, E>(promise: Promise<T>): PendingCall<T, E> {
  return Object.assign(promise, { result })
}

/** Being a handler of both outcomes, it leaves no rejection unhandled. */
function result<T, E>(this: Promise<T>): Promise<Result<T, E>> {
  return this.then(
    (value): Result<T, E> => ({ ok: true, value }),
    // A call rejects with `TautlineError` alone; which codes it can have, the contract says.
    (error: unknown): Result<T, E> => ({ ok: false, error: error as E }),
  )
}
