import type { Schema, SchemaIssue, SchemaOutput, SchemaResult } from './schema.ts'

/** One thing that is wrong with a value. Plain data: it travels in `INVALID_INPUT`. */
export interface Issue {
  readonly message: string
  /** Keys from the value's root to the place; empty for the value itself. */
  readonly path: readonly (string | number)[]
}

export type Validation<T> = { readonly ok: true; readonly value: T } | ValidationFailure

export interface ValidationFailure {
  readonly ok: false
  /** At most `MAX_ISSUES`. */
  readonly issues: readonly Issue[]
  /** What the validator threw: then it is the validator that failed, not the value. */
  readonly cause: Error | undefined
}

/** A peer chooses how much is wrong with its value; it does not choose the size of the answer. */
export const MAX_ISSUES = 32

/** Characters of a message, or of a key in a path; the rest is cut. Validators quote the value in messages. */
export const MAX_ISSUE_CHARACTERS = 256

/**
 * Runs a validator and never throws: a validator that throws or rejects is a failure with a `cause`.
 * Synchronous where the validator is, so that the common case costs no promise.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<SchemaOutput<S>> | Promise<Validation<SchemaOutput<S>>> {
  try {
    const result = schema['~standard'].validate(value)
    return isThenable(result) ? settle(result) : toValidation(result)
  } catch (thrown) {
    return validatorFailed(thrown)
  }
}

async function settle<T>(result: PromiseLike<SchemaResult<T>>): Promise<Validation<T>> {
  try {
    return toValidation(await result)
  } catch (thrown) {
    return validatorFailed(thrown)
  }
}

function isThenable<T>(result: T | PromiseLike<T>): result is PromiseLike<T> {
  return typeof (result as { readonly then?: unknown }).then === 'function'
}

function toValidation<T>(result: SchemaResult<T>): Validation<T> {
  if (result.issues === undefined) return { ok: true, value: result.value }
  // Array.from, here and below: arktype's lists are subclasses of Array, which `map` and `slice` would keep, and only
  // plain arrays can be sent.
  return { ok: false, issues: Array.from(result.issues).slice(0, MAX_ISSUES).map(toIssue), cause: undefined }
}

function toIssue(issue: SchemaIssue): Issue {
  const path = Array.from(issue.path ?? [], (segment) => toKey(typeof segment === 'object' ? segment.key : segment))
  return { message: cut(issue.message), path }
}

function toKey(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : cut(String(key))
}

function cut(text: string): string {
  return text.length > MAX_ISSUE_CHARACTERS ? `${text.slice(0, MAX_ISSUE_CHARACTERS - 1)}…` : text
}

function validatorFailed(thrown: unknown): ValidationFailure {
  const cause =
    thrown instanceof Error ? thrown : new Error('The validator threw what is not an error', { cause: thrown })
  return { ok: false, issues: [{ message: 'The value could not be validated', path: [] }], cause }
}
