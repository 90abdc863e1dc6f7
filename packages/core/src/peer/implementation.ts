/**
 * What handlers become: a table from procedure to handler and middleware.
 *
 * Owns: the table, which middleware runs around which handler. Must not know: connections, sessions, frames.
 */
import { type Contract, type ContractTree, entryOf, isProcedure } from '../contract/contract.ts'
import { got } from '../contract/got.ts'
import type { AnyProcedure, ProcedureEntry } from '../contract/procedure-types.ts'
import type { CreateIncomingTable } from '../session/incoming-requests.ts'
import type { MakeContext, NoCalls } from './context.ts'
import type { CreateDispatcher } from './dispatcher-options.ts'
import { type AnyFail, createFail } from './handler-failure.ts'
import type { ImplementerScope } from './implement-types.ts'
import type { Middleware } from './middleware-types.ts'

/** A middleware with its types forgotten. */
export type AnyMiddleware = Middleware<AnyProcedure, object, NoCalls, object>

/** A handler with its types forgotten: which one stands for which procedure was checked by `handlers`. */
type AnyHandler = (call: unknown) => unknown

/** One `use`. Its identity counts, not that of the function: the same function may be used twice. */
export interface MiddlewareStep {
  readonly run: AnyMiddleware
}

export interface BoundHandler {
  readonly entry: ProcedureEntry
  readonly steps: readonly MiddlewareStep[]
  /** `undefined` for an event that everybody may listen to. */
  readonly handler: AnyHandler | undefined
  readonly fail: AnyFail
}

/** Handlers by the path of their procedure. */
export type HandlerTable = ReadonlyMap<string, BoundHandler>

/** What serves the other end of a connection, its types forgotten: all that whoever runs it needs to know. */
export interface ServedProcedures {
  /** The router that is served. */
  readonly '~api': ContractTree
  readonly '~contract': Contract
  /** The router that the other end serves, where there is one. */
  readonly '~calls': ContractTree | undefined
  readonly '~handlers': HandlerTable
  readonly '~makeContext': MakeContext<object, NoCalls> | undefined
  /** Comes along so that whoever holds an implementation can run it without importing what runs it. */
  readonly '~createDispatcher': CreateDispatcher
  /** As that, for the session of a client. */
  readonly '~createIncoming': CreateIncomingTable
}

/** A contract with all its handlers: what `createServer` takes, or a client `serves`. */
export interface Implementation<T extends ContractTree = ContractTree, S extends ImplementerScope = ImplementerScope>
  extends ServedProcedures {
  /** Never there at run time: carries the types. */
  readonly '~types'?: { readonly api: T; readonly scope: S }
}

/**
 * Binds the handlers of one part of a contract. `steps` go around every handler, those of a nested implementation
 * that has them already excepted: each middleware runs once per call.
 */
export function bindHandlers(
  part: object,
  path: string,
  handlers: unknown,
  steps: readonly MiddlewareStep[],
): HandlerTable {
  const table = new Map<string, BoundHandler>()
  bindInto(table, { part, path, steps }, handlers)
  return table
}

interface Place {
  readonly part: object
  readonly path: string
  readonly steps: readonly MiddlewareStep[]
}

function bindInto(table: Map<string, BoundHandler>, place: Place, value: unknown): void {
  const { part, path, steps } = place
  const bound = boundHandlersOf(value)
  if (bound !== undefined) adopt(table, place, bound)
  else if (isProcedure(part)) table.set(path, bindOne(part, value, steps))
  else bindGroup(table, place, value)
}

function bindGroup(table: Map<string, BoundHandler>, { part, path, steps }: Place, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    // A group of events alone may be left out.
    if (value !== undefined || !holdsOnlyEvents(part)) {
      throw new TypeError(`Expected handlers for ${path === '' ? 'the contract' : `\`${path}\``}, got ${got(value)}`)
    }
  }
  const given = new Map(Object.entries(value ?? {}))
  for (const [name, child] of Object.entries(part) as [string, object][]) {
    bindInto(table, { part: child, path: join(path, name), steps }, given.get(name))
    given.delete(name)
  }
  for (const name of given.keys()) {
    throw new TypeError(`The contract has no \`${join(path, name)}\`, but there is a handler for it`)
  }
}

function bindOne(procedure: AnyProcedure, value: unknown, steps: readonly MiddlewareStep[]): BoundHandler {
  const entry = entryOf(procedure)
  if (typeof value !== 'function' && !(value === undefined && entry.kind === 'event')) {
    throw new TypeError(`Expected a handler for ${entry.kind} \`${entry.path}\`, got ${got(value)}`)
  }
  // Whether parameters and result fit is for the compiler to say; at run time every function is a handler.
  return { entry, steps, handler: value as AnyHandler | undefined, fail: createFail(entry) }
}

function adopt(table: Map<string, BoundHandler>, { part, path, steps }: Place, bound: HandlerTable): void {
  for (const [procedurePath, own] of bound) {
    const within = procedurePath === path || path === '' || procedurePath.startsWith(`${path}.`)
    if (!within) throw new TypeError(`Expected handlers for \`${path}\`, got those of \`${procedurePath}\``)
    const missing = steps.filter((step) => !own.steps.includes(step))
    table.set(procedurePath, { ...own, steps: [...missing, ...own.steps] })
  }
  for (const entry of entriesOf(part)) {
    if (bound.get(entry.path)?.entry !== entry) {
      throw new TypeError(`Expected handlers for \`${path}\` of this contract, got those of another one`)
    }
  }
}

function boundHandlersOf(value: unknown): HandlerTable | undefined {
  if (typeof value !== 'object' || value === null || !('~handlers' in value)) return undefined
  // Names that start with `~` cannot stand in a contract, so only the implementer sets this member.
  return value['~handlers'] as HandlerTable
}

function holdsOnlyEvents(part: object): boolean {
  return entriesOf(part).every((entry) => entry.kind === 'event')
}

function entriesOf(part: object): readonly ProcedureEntry[] {
  if (isProcedure(part)) return [entryOf(part)]
  return Object.values(part).flatMap((child: object) => entriesOf(child))
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
