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

/** Values with more parts than that are told the first thing that is wrong with them, where a validator can stop at it. */
export const FULLY_JUDGED_PARTS = 256

/**
 * Runs a validator and never throws: a validator that throws or rejects is a failure with a `cause`.
 * Synchronous where the validator is, so that the common case costs no promise.
 *
 * To find all that is wrong with a value costs up to a hundred times as much as to find out whether anything is: 100,000
 * misfits kept a process busy for seconds (valibot 1.5), for the sake of `MAX_ISSUES` of them.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<SchemaOutput<S>> | Promise<Validation<SchemaOutput<S>>> {
  try {
    const result = firstOnly(schema, value) ?? schema['~standard'].validate(value)
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

/** How valibot is told to stop at the first issue. Standard Schema has no word for it. */
interface Stoppable {
  readonly '~run'?: (dataset: { readonly value: unknown }, config: typeof FIRST_ONLY) => never
}

const FIRST_ONLY = { abortEarly: true }

/** `undefined` for what is small, or for a validator that goes on to the end. */
function firstOnly<S extends Schema>(
  schema: S & Stoppable,
  value: unknown,
): ReturnType<S['~standard']['validate']> | undefined {
  if (schema['~standard'].vendor !== 'valibot' || isSmall(value)) return undefined
  return schema['~run']?.({ value }, FIRST_ONLY)
}

function isSmall(value: unknown): boolean {
  try {
    return partsLeft(value, FULLY_JUDGED_PARTS) >= 0
  } catch {
    // A getter has failed, at which the validator may never look.
    return true
  }
}

/** What is left of `most` when each part of a value takes one; below 0 as soon as there are more. */
function partsLeft(value: unknown, most: number): number {
  let left = most - 1
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return left
  const isList = Array.isArray(value) || value instanceof Map || value instanceof Set
  for (const part of isList ? (value as Iterable<unknown>) : Object.values(value)) {
    if (left < 0) break
    left = partsLeft(part, left)
  }
  return left
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
