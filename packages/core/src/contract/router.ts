/**
 * Makes a contract out of a tree of procedures.
 *
 * Owns: the table (who stands where), the copies of procedures that know their place. Must not know: who serves or
 * calls them. Normative text on indexes and paths: PROTOCOL.md, "Procedures".
 */
import { type Contract, isProcedure, type RouterTree } from './contract.ts'
import { fingerprint } from './fingerprint.ts'
import { got } from './got.ts'
import { checkName } from './names.ts'
import type { AnyProcedure, ProcedureEntry } from './procedure-types.ts'

/**
 * Makes a contract. Import the result on both sides: it is the tree that was given, as frozen plain objects whose
 * procedures know their place. A router may stand inside another, and one procedure at several places: each place
 * is a procedure of its own.
 *
 * Throws a `TypeError` for a name that would clash (`then`, `$…`, `toString`, …) and for a value that is neither a
 * procedure nor a group.
 */
export function router<T extends RouterTree>(tree: T): T {
  const found: Found[] = []
  collect(tree, '', [], found)
  // By UTF-16 code units: the order must not depend on a locale.
  found.sort((a, b) => (a.path < b.path ? -1 : 1))

  const procedures = found.map(({ path, procedure }, index): ProcedureEntry => {
    return Object.freeze({ index, path, kind: procedure['~kind'], def: procedure['~def'] })
  })
  const byPath = new Map(procedures.map((entry) => [entry.path, entry]))
  const copy = copyGroup(tree, '', byPath)
  Object.defineProperty(copy, '~contract', { value: createContract(procedures, byPath) })
  // The copy has the shape of the tree: every procedure was replaced by one of the same kind and parts.
  return Object.freeze(copy) as T
}

interface Found {
  readonly path: string
  readonly procedure: AnyProcedure
}

type Group = Record<string, unknown>

function collect(value: unknown, path: string, above: readonly unknown[], found: Found[]): void {
  if (isProcedure(value) && path !== '') {
    found.push({ path, procedure: value })
    return
  }
  const at = path === '' ? '' : ` at \`${path}\``
  if (!isGroup(value)) throw new TypeError(`Expected a procedure or a group of procedures${at}, got ${got(value)}`)
  if (above.includes(value)) throw new TypeError(`Expected groups to be a tree, got one that contains itself${at}`)
  const within = [...above, value]
  for (const [name, child] of Object.entries(value)) {
    const childPath = join(path, name)
    checkName(name, childPath)
    collect(child, childPath, within, found)
  }
}

/** Plain objects of any realm, and modules (`import * as todo`), whose prototype is null. */
function isGroup(value: unknown): value is Group {
  if (typeof value !== 'object' || value === null || isProcedure(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
}

function copyGroup(group: Group, path: string, byPath: ReadonlyMap<string, ProcedureEntry>): Group {
  const copy: Group = {}
  for (const [name, child] of Object.entries(group)) {
    const childPath = join(path, name)
    copy[name] = isProcedure(child)
      ? Object.freeze({ '~kind': child['~kind'], '~def': child['~def'], '~entry': byPath.get(childPath) })
      : // `collect` has let nothing else through.
        Object.freeze(copyGroup(child as Group, childPath, byPath))
  }
  return copy
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function createContract(procedures: readonly ProcedureEntry[], byPath: ReadonlyMap<string, ProcedureEntry>): Contract {
  let hash: string | undefined
  return Object.freeze({
    procedures: Object.freeze(procedures),
    byPath,
    // Late, because a lazy schema may name what a circular import has not defined yet.
    get hash(): string {
      hash ??= fingerprint(procedures)
      return hash
    },
  })
}
