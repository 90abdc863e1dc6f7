import { isBuiltInCode } from './error-messages.ts'
import { got } from './got.ts'

const PROMISE_NAMES = ['then', 'catch', 'finally'] as const

const IMPLEMENTER_NAMES = ['use', 'context', 'handlers'] as const

const OBJECT_NAMES = [
  'constructor',
  'prototype',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toJSON',
  'toLocaleString',
  'toString',
  'valueOf',
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
] as const

/** Names that the compiler refuses too. Those of objects it cannot: every type has them. */
export type RefusedName = (typeof PROMISE_NAMES | typeof IMPLEMENTER_NAMES)[number]

/** Names that a contract cannot use, and why. Beside them, every name that starts with `$` or `~`. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ...withReason(PROMISE_NAMES, 'an object with such a member is taken for a promise'),
  ...withReason(IMPLEMENTER_NAMES, 'the server side has a method of that name at every level of the contract'),
  ...withReason(OBJECT_NAMES, 'JavaScript itself looks for a member of that name'),
])

// Characters that part a path, cannot be seen, or cannot be sent as UTF-8. Named classes only: what is "unassigned"
// differs between the Unicode tables of two runtimes.
const UNFIT_CHARACTER = /[.\s\p{Cc}\p{Cf}\p{Cs}]/u

const ERROR_CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/

function withReason(names: readonly string[], reason: string): [name: string, reason: string][] {
  return names.map((name) => [name, reason])
}

/** Throws a `TypeError` where `name` cannot stand in a contract. `path` is the whole path that it ends. */
export function checkName(name: string, path: string): void {
  const why = reasonAgainst(name)
  if (why !== undefined) throw new TypeError(`\`${name}\` cannot be a name in a contract (at \`${path}\`): ${why}`)
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.startsWith('$')) return 'names that start with `$` belong to the client'
  if (name.startsWith('~')) return 'names that start with `~` are hidden members'
  if (UNFIT_CHARACTER.test(name)) return 'dots, white space, control characters and lone surrogates are not allowed'
  return RESERVED.get(name)
}

/** Throws a `TypeError` where a contract cannot declare `code`. */
export function checkErrorCode(code: string): void {
  if (!ERROR_CODE.test(code)) throw new TypeError(`Expected an error code in UPPER_SNAKE_CASE, got ${got(code)}`)
  if (isBuiltInCode(code)) throw new TypeError(`\`${code}\` cannot be declared: it is a built-in error code`)
}
