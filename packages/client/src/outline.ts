/**
 * A contract without its schemas, for clients that want none in their bundle: the API's type comes by `import type`,
 * and what the client must know at run time, the kind of each procedure, is written out and checked by the compiler.
 *
 * Owns: the tree and the table that such a client walks. Must not know: schemas, connections.
 */
import type {
  Contract,
  ContractTree,
  Duplex,
  EventProcedure,
  Mutation,
  ProcedureDef,
  ProcedureEntry,
  ProcedureKind,
  Query,
  Schema,
  Subscription,
} from '@tautline/core'

/** The kinds of an API's procedures, in the shape of the API. */
export type Outline<T> = { readonly [Name in keyof T]: OutlineMember<T[Name]> }

type OutlineMember<N> = N extends Query
  ? 'query'
  : N extends Mutation
    ? 'mutation' | 'idempotent mutation'
    : N extends Subscription
      ? N['~def']['resume'] extends undefined
        ? 'subscription'
        : 'resumable subscription'
      : N extends Duplex
        ? 'duplex'
        : N extends EventProcedure
          ? 'event'
          : Outline<N>

type OutlineKind = ProcedureKind | 'idempotent mutation' | 'resumable subscription'

type OutlineGroup = { readonly [name: string]: OutlineKind | OutlineGroup }

/** Where only the presence of a schema says something. */
const ANYTHING: Schema = { '~standard': { version: 1, vendor: 'tautline', validate: (value) => ({ value }) } }

/**
 * Stands in for a contract in `createClient`, where the contract itself is imported as a type alone:
 *
 * `createClient(outline<typeof api>({ todo: { get: 'query', watch: 'resumable subscription' } }), { url })`
 *
 * Such a client names procedures by path and cannot validate what it receives; all else is the same. Call a mutation
 * `'idempotent mutation'` where the contract does: otherwise it is not repeated when its outcome is unknown.
 */
export function outline<T extends ContractTree>(kinds: Outline<T>): T {
  const procedures: ProcedureEntry[] = []
  const tree = sketch(kinds, '', procedures)
  const contract: Contract = {
    procedures,
    byPath: new Map(procedures.map((entry) => [entry.path, entry])),
    // Equals no contract's, so that no index is ever sent.
    hash: '',
  }
  Object.defineProperty(tree, '~contract', { value: contract })
  // Has the members of `T` that clients look at; what else their types promise is read by servers alone.
  return tree as T
}

function sketch(group: OutlineGroup, prefix: string, procedures: ProcedureEntry[]): object {
  const tree: Record<string, object> = {}
  for (const [name, member] of Object.entries(group)) {
    const path = prefix + name
    if (typeof member === 'string') {
      const entry = toEntry(member, path, procedures.length)
      procedures.push(entry)
      tree[name] = { '~kind': entry.kind, '~def': entry.def, '~entry': entry }
    } else tree[name] = sketch(member, `${path}.`, procedures)
  }
  return tree
}

function toEntry(kind: OutlineKind, path: string, index: number): ProcedureEntry {
  const def: ProcedureDef = {
    input: undefined,
    output: undefined,
    up: undefined,
    resume: kind === 'resumable subscription' ? ANYTHING : undefined,
    params: undefined,
    payload: undefined,
    errors: {},
    idempotent: kind === 'query' || kind === 'idempotent mutation',
    compress: true,
    volatile: false,
  }
  return { index, path, kind: toKind(kind), def }
}

function toKind(kind: OutlineKind): ProcedureKind {
  if (kind === 'idempotent mutation') return 'mutation'
  return kind === 'resumable subscription' ? 'subscription' : kind
}
