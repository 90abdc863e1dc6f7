import { got } from './got.ts'
import { checkErrorCode } from './names.ts'
import type {
  Duplex,
  ErrorSchemas,
  EventProcedure,
  MaybeSchema,
  Mutation,
  NoErrors,
  ProcedureDef,
  ProcedureKind,
  Query,
  Subscription,
} from './procedure-types.ts'
import { isSchema } from './schema.ts'

export interface QueryOptions<I extends MaybeSchema, O extends MaybeSchema, E extends ErrorSchemas> {
  /** Left out: called without input. Validated on the server. */
  readonly input?: I
  /** Left out: answers nothing. Validated on the server, before it is sent. */
  readonly output?: O
  /** Codes the handler may fail with, in UPPER_SNAKE_CASE: the schema of the data, or `null` for a code without. */
  readonly errors?: E
  /**
   * `false` keeps the procedure's values out of compressed messages, for answers that mix a secret with text an
   * attacker chooses: the compressed size would tell one about the other.
   * @default true
   */
  readonly compress?: boolean
}

export interface MutationOptions<I extends MaybeSchema, O extends MaybeSchema, E extends ErrorSchemas>
  extends QueryOptions<I, O, E> {
  /**
   * Running it twice has the effect of running it once, so it may be repeated when the outcome is unknown.
   * @default false
   */
  readonly idempotent?: boolean
}

export interface SubscriptionOptions<
  I extends MaybeSchema,
  O extends MaybeSchema,
  E extends ErrorSchemas,
  R extends MaybeSchema,
> extends QueryOptions<I, O, E> {
  /** Schema of the value at which the stream goes on after the session is lost. Left out: it starts afresh. */
  readonly resume?: R
}

export interface DuplexOptions<
  I extends MaybeSchema,
  U extends MaybeSchema,
  O extends MaybeSchema,
  E extends ErrorSchemas,
> extends QueryOptions<I, O, E> {
  /** Schema of each item that the caller sends. */
  readonly up?: U
}

export interface EventOptions<P extends MaybeSchema, L extends MaybeSchema, V extends boolean = boolean> {
  /**
   * What names a topic. It is checked, never transformed: listener and publisher meet where they pass equal values.
   * Left out: the event has one topic.
   */
  readonly params?: P
  readonly payload?: L
  /** As for the other kinds. @default true */
  readonly compress?: boolean
  /**
   * Of the moment, such as the place of a cursor: a listener that is away or behind misses it, instead of being sent it
   * late. Publishers may give a key; of what waits under the same one only the latest is sent.
   * @default false
   */
  readonly volatile?: V
}

/** One request, one answer, and safe to repeat: what was asked for again after a lost connection is asked again. */
export function query<
  I extends MaybeSchema = undefined,
  O extends MaybeSchema = undefined,
  E extends ErrorSchemas = NoErrors,
>(options: QueryOptions<I, O, E> = {}): Query<I, O, E> {
  return define('query', options) as Query<I, O, E>
}

/** One request, one answer, run at most once. With `idempotent: true` it is repeated as a query is. */
export function mutation<
  I extends MaybeSchema = undefined,
  O extends MaybeSchema = undefined,
  E extends ErrorSchemas = NoErrors,
>(options: MutationOptions<I, O, E> = {}): Mutation<I, O, E> {
  return define('mutation', options) as Mutation<I, O, E>
}

/** A stream of items from the server. `output` is the schema of one item. */
export function subscription<
  I extends MaybeSchema = undefined,
  O extends MaybeSchema = undefined,
  E extends ErrorSchemas = NoErrors,
  R extends MaybeSchema = undefined,
>(options: SubscriptionOptions<I, O, E, R> = {}): Subscription<I, O, E, R> {
  return define('subscription', options) as Subscription<I, O, E, R>
}

/** A stream each way under one call: `up` is the schema of an item from the caller, `output` of one to it. */
export function duplex<
  I extends MaybeSchema = undefined,
  U extends MaybeSchema = undefined,
  O extends MaybeSchema = undefined,
  E extends ErrorSchemas = NoErrors,
>(options: DuplexOptions<I, U, O, E> = {}): Duplex<I, U, O, E> {
  return define('duplex', options) as Duplex<I, U, O, E>
}

/** Pushed by the server to everyone who listens to a topic. */
export function event<P extends MaybeSchema = undefined, L extends MaybeSchema = undefined, V extends boolean = false>(
  options: EventOptions<P, L, V> = {},
): EventProcedure<P, L, V> {
  return define('event', options) as EventProcedure<P, L, V>
}

type AnyOptions = Partial<ProcedureDef>

interface Defined {
  readonly '~kind': ProcedureKind
  readonly '~def': ProcedureDef
  readonly '~entry': undefined
}

// The factories cast what this returns: a `ProcedureDef` forgets which schemas it was made of, and the options
// of each kind, checked by its signature, say exactly that.
function define(kind: ProcedureKind, options: AnyOptions): Defined {
  const part = (name: 'input' | 'output' | 'up' | 'resume' | 'params' | 'payload'): MaybeSchema => {
    const schema = options[name]
    if (schema !== undefined && !isSchema(schema)) {
      throw new TypeError(
        `Expected \`${name}\` of \`${kind}({…})\` to be a Standard Schema (of valibot, zod, …), got ${got(schema)}`,
      )
    }
    return schema
  }
  return Object.freeze({
    '~kind': kind,
    '~def': Object.freeze({
      input: part('input'),
      output: part('output'),
      up: part('up'),
      resume: part('resume'),
      params: part('params'),
      payload: part('payload'),
      errors: errorTable(options.errors ?? {}),
      idempotent: kind === 'query' || options.idempotent === true,
      compress: options.compress !== false,
      volatile: options.volatile === true,
    }),
    '~entry': undefined,
  })
}

function errorTable(errors: ErrorSchemas): ErrorSchemas {
  // Object.create is typed `any`; without a prototype it is an empty record.
  const table = Object.create(null) as Record<string, ErrorSchemas[string]>
  for (const [code, schema] of Object.entries(errors)) {
    checkErrorCode(code)
    if (schema !== null && !isSchema(schema)) {
      throw new TypeError(`Expected the data of error ${code} to be a Standard Schema or \`null\`, got ${got(schema)}`)
    }
    table[code] = schema
  }
  return Object.freeze(table)
}
