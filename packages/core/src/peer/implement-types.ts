/** The types of `implement`, kept apart from what runs. One mapped type per level of the contract, read lazily. */
import type { ContractTree } from '../contract/contract.ts'
import type { AnyProcedure, EventProcedure } from '../contract/procedure-types.ts'
import type { MakeContext } from './context.ts'
import type { HandlerOf } from './handler-types.ts'
import type { Implementation } from './implementation.ts'
import type { Extended, Middleware } from './middleware-types.ts'

/** What one `implement` speaks of throughout: the context a connection gets, and what the other end serves. */
export interface ImplementerScope {
  readonly context: object
  readonly calls: ContractTree
}

/** Handlers of a part of a contract, with the middleware they were given: stands where the part stands. */
export interface PartImplementation<T, S extends ImplementerScope> {
  /** Never there at run time: the part, and the context its handlers count on. */
  readonly '~part'?: (context: S['context']) => T
  readonly '~handlers': ReadonlyMap<string, unknown>
}

type ChildName<T, K extends keyof T> = K extends `~${string}` ? never : K

/** Names of events, and of groups that hold nothing else: they may be left out. */
type OptionalName<T, K extends keyof T> = T[K] extends AnyProcedure
  ? T[K] extends EventProcedure
    ? K
    : never
  : string extends keyof T[K]
    ? never
    : [RequiredNames<T[K]>] extends [never]
      ? K
      : never

type RequiredNames<T> = {
  [K in keyof T]: K extends `~${string}` ? never : OptionalName<T, K> extends never ? K : never
}[keyof T]

/** A handler for every procedure of a part of a contract, or what implements a part of the part. */
export type Handlers<T, Ctx extends object, S extends ImplementerScope> = {
  readonly [K in keyof T as OptionalName<T, K> extends never ? ChildName<T, K> : never]: HandlerAt<T[K], Ctx, S>
} & {
  readonly [K in keyof T as OptionalName<T, K> extends never ? never : ChildName<T, K>]?:
    | HandlerAt<T[K], Ctx, S>
    | undefined
}

type HandlerAt<T, Ctx extends object, S extends ImplementerScope> =
  | PartImplementation<T, S>
  | (T extends AnyProcedure ? HandlerOf<T, Ctx, S['calls']> : Handlers<T, Ctx, S>)

/** Every level of the contract can be given middleware and handlers of its own. */
export type Implementer<T, Ctx extends object, S extends ImplementerScope> = (T extends AnyProcedure
  ? ProcedureImplementer<T, Ctx, S>
  : GroupImplementer<T, Ctx, S>) & {
  readonly [K in keyof T as T extends AnyProcedure ? never : ChildName<T, K>]: Implementer<T[K], Ctx, S>
}

export interface GroupImplementer<T, Ctx extends object, S extends ImplementerScope> {
  /**
   * Adds a middleware around everything below. It runs once per call, also where the handlers of a part were made
   * from another implementer that has it already.
   */
  use<Extra extends object>(middleware: Middleware<T, Ctx, S['calls'], Extra>): Implementer<T, Extended<Ctx, Extra>, S>
  /** Implements every procedure of this part. Throws a `TypeError` for a missing or surplus handler. */
  handlers(handlers: Handlers<T, Ctx, S>): PartImplementation<T, S>
}

export interface ProcedureImplementer<T extends AnyProcedure, Ctx extends object, S extends ImplementerScope> {
  /** Adds a middleware around this procedure. It may fail with the codes that the procedure declares. */
  use<Extra extends object>(middleware: Middleware<T, Ctx, S['calls'], Extra>): Implementer<T, Extended<Ctx, Extra>, S>
  /** Implements this procedure. */
  handler(handler: HandlerOf<T, Ctx, S['calls']>): PartImplementation<T, S>
}

/** What `implement` returns, and what `use` makes of it: the whole contract. */
export type RootImplementer<T extends ContractTree, Ctx extends object, S extends ImplementerScope> = {
  readonly [K in keyof T as ChildName<T, K>]: Implementer<T[K], Ctx, S>
} & {
  use<Extra extends object>(
    middleware: Middleware<T, Ctx, S['calls'], Extra>,
  ): RootImplementer<T, Extended<Ctx, Extra>, S>
  /** Implements the whole contract. Throws a `TypeError` for a missing or surplus handler. */
  handlers(handlers: Handlers<T, Ctx, S>): Implementation<T, S>
}

/** The start, before it is said what the context of a connection is. */
export type ContractImplementer<T extends ContractTree, Calls extends ContractTree> = RootImplementer<
  T,
  NoContext,
  { readonly context: NoContext; readonly calls: Calls }
> & {
  /**
   * Makes the context of a connection, when its client says hello and again when it sends fresh credentials.
   * What it throws refuses the connection.
   */
  context<Ctx extends object>(
    makeContext: MakeContext<Ctx, Calls>,
  ): RootImplementer<T, Ctx, { readonly context: Ctx; readonly calls: Calls }>
}

export type NoContext = Readonly<Record<never, never>>
