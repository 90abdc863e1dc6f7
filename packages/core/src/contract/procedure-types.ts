/**
 * The types of procedures, kept apart from what runs. Each kind is one interface over the schemas themselves,
 * so that the compiler compares type arguments and resolves a schema's types only where they are asked for.
 */
import type { Schema } from './schema.ts'

export type ProcedureKind = 'query' | 'mutation' | 'subscription' | 'duplex' | 'event'

/** A part of a procedure that may be left out. */
export type MaybeSchema = Schema | undefined

/** Error codes in UPPER_SNAKE_CASE, each with the schema of its data, or `null` where the code says it all. */
export type ErrorSchemas = Readonly<Record<string, Schema | null>>

export type NoErrors = Readonly<Record<never, never>>

/** All that a procedure can be made of. Every kind has every member; those it does not know are `undefined`. */
export interface ProcedureDef {
  readonly input: MaybeSchema
  /** Schema of the answer, or of each item that comes down. */
  readonly output: MaybeSchema
  /** Schema of each item that goes up. */
  readonly up: MaybeSchema
  /** Schema of the value at which a subscription resumes. */
  readonly resume: MaybeSchema
  /** Schema of what names an event's topic. */
  readonly params: MaybeSchema
  readonly payload: MaybeSchema
  /** Has no prototype: codes from the wire may be looked up in it. */
  readonly errors: ErrorSchemas
  readonly idempotent: boolean
  readonly compress: boolean
  /** Of an event: whoever is behind misses it. */
  readonly volatile: boolean
}

/** One row of a contract's table. */
export interface ProcedureEntry {
  /** Place in the table, and the procedure's name on the wire where both sides hold the same contract. */
  readonly index: number
  /** Names from the root, joined by dots: `todo.get`. */
  readonly path: string
  readonly kind: ProcedureKind
  readonly def: ProcedureDef
}

/** Any procedure, as code that works on all of them sees it. */
export interface AnyProcedure {
  readonly '~kind': ProcedureKind
  readonly '~def': ProcedureDef
  /** Set on the procedures inside a router; read it with `entryOf`. */
  readonly '~entry': ProcedureEntry | undefined
}

export interface Query<
  I extends MaybeSchema = MaybeSchema,
  O extends MaybeSchema = MaybeSchema,
  E extends ErrorSchemas = ErrorSchemas,
> extends AnyProcedure {
  readonly '~kind': 'query'
  readonly '~def': CallDef<I, O, E>
}

export interface Mutation<
  I extends MaybeSchema = MaybeSchema,
  O extends MaybeSchema = MaybeSchema,
  E extends ErrorSchemas = ErrorSchemas,
> extends AnyProcedure {
  readonly '~kind': 'mutation'
  readonly '~def': CallDef<I, O, E>
}

export interface Subscription<
  I extends MaybeSchema = MaybeSchema,
  O extends MaybeSchema = MaybeSchema,
  E extends ErrorSchemas = ErrorSchemas,
  R extends MaybeSchema = MaybeSchema,
> extends AnyProcedure {
  readonly '~kind': 'subscription'
  readonly '~def': SubscriptionDef<I, O, E, R>
}

export interface Duplex<
  I extends MaybeSchema = MaybeSchema,
  U extends MaybeSchema = MaybeSchema,
  O extends MaybeSchema = MaybeSchema,
  E extends ErrorSchemas = ErrorSchemas,
> extends AnyProcedure {
  readonly '~kind': 'duplex'
  readonly '~def': DuplexDef<I, U, O, E>
}

export interface EventProcedure<
  P extends MaybeSchema = MaybeSchema,
  L extends MaybeSchema = MaybeSchema,
  V extends boolean = boolean,
> extends AnyProcedure {
  readonly '~kind': 'event'
  readonly '~def': EventDef<P, L, V>
}

interface CallDef<I extends MaybeSchema, O extends MaybeSchema, E extends ErrorSchemas> extends ProcedureDef {
  readonly input: I
  readonly output: O
  readonly errors: E
}

interface SubscriptionDef<I extends MaybeSchema, O extends MaybeSchema, E extends ErrorSchemas, R extends MaybeSchema>
  extends ProcedureDef {
  readonly input: I
  readonly output: O
  readonly errors: E
  readonly resume: R
}

interface DuplexDef<I extends MaybeSchema, U extends MaybeSchema, O extends MaybeSchema, E extends ErrorSchemas>
  extends ProcedureDef {
  readonly input: I
  readonly up: U
  readonly output: O
  readonly errors: E
}

interface EventDef<P extends MaybeSchema, L extends MaybeSchema, V extends boolean> extends ProcedureDef {
  readonly params: P
  readonly payload: L
  readonly volatile: V
}
