import { expectTypeOf, test } from 'vitest'
import { isTautlineError, TautlineError } from './error.ts'
import type { Result } from './result.ts'
import type { Issue } from './validate.ts'

test('a caught value is narrowed to the error, and by a built-in code to its data', () => {
  const caught: unknown = new TautlineError('TIMEOUT')
  if (isTautlineError(caught)) expectTypeOf(caught).toEqualTypeOf<TautlineError>()
  if (isTautlineError(caught, 'INVALID_INPUT')) {
    expectTypeOf(caught.data.issues).toEqualTypeOf<readonly Issue[]>()
  }
  if (isTautlineError(caught, 'NOT_FOUND')) expectTypeOf(caught.data).toEqualTypeOf<unknown>()
})

test('a result is narrowed by `ok`, its error by `code`', () => {
  type Failure = TautlineError<'NOT_FOUND', { id: string }> | TautlineError<'LOCKED', undefined>
  const check = (result: Result<number, Failure>): number | string | undefined => {
    if (result.ok) return result.value
    // @ts-expect-error not every error has that data
    void result.error.data.id
    return result.error.code === 'NOT_FOUND' ? result.error.data.id : result.error.data
  }
  expectTypeOf(check).toBeFunction()
})
