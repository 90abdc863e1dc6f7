import { got } from './got.ts'
import type { RefusedName } from './names.ts'
import type { AnyProcedure, ProcedureEntry } from './procedure-types.ts'

/** What `router` takes: procedures, groups of them, groups of groups. */
export type RouterTree = { readonly [name: string]: ContractLeaf | RouterTree } & {
  readonly [Name in RefusedName]?: never
}

/**
 * What `router` gives, as far as the compiler looks at it wherever a contract is used. `router` has looked at the rest: to
 * do so again for each `createClient` made an editor wait 3 s after each key in a contract of 3,000 procedures.
 */
export type ContractTree = { readonly [name: string]: object } & { readonly [Name in RefusedName]?: never }

/**
 * Any procedure, without its parts: the compiler would take the wide types of the parts for what was meant where a
 * procedure leaves one out.
 */
type ContractLeaf = Pick<AnyProcedure, '~kind'>

/** The table behind a router: what both sides of a line know of their API at run time. */
export interface Contract {
  /** Sorted by path, so that the order of properties in the source does not matter. */
  readonly procedures: readonly ProcedureEntry[]
  readonly byPath: ReadonlyMap<string, ProcedureEntry>
  /**
   * 16 hex digits over paths, kinds and schemas: equal on both sides, and they speak of the same API.
   * Computed when first read. Not a defence against forgery.
   */
  readonly hash: string
}

/** The contract of a router. Throws a `TypeError` for anything else, groups inside a router included. */
export function contractOf(router: object): Contract {
  // The cast only allows the look: `router` alone sets this member.
  const { '~contract': contract } = router as { readonly '~contract'?: Contract }
  if (contract === undefined) throw new TypeError(`Expected what \`router({…})\` returns, got ${got(router)}`)
  return contract
}

/** The table row of a procedure inside a router. Throws a `TypeError` for a procedure outside of one. */
export function entryOf(procedure: AnyProcedure): ProcedureEntry {
  const entry = procedure['~entry']
  if (entry === undefined) {
    throw new TypeError(`Expected a procedure inside a router, got one of kind ${procedure['~kind']} that is in none`)
  }
  return entry
}

export function isProcedure(value: unknown): value is AnyProcedure {
  return typeof value === 'object' && value !== null && '~kind' in value && '~def' in value
}
