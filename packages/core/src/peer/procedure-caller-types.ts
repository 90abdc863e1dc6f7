/** The types of a caller without reconnects: in-process, or from server to client. Kept apart from what runs. */
import type { InferInput, InferItem, InferOutput, InferResume, InferUp } from '../contract/infer.ts'
import type {
  AnyProcedure,
  Duplex,
  EventProcedure,
  Mutation,
  Query,
  Subscription,
} from '../contract/procedure-types.ts'

import type { ItemSource } from './item-pump.ts'

export interface ProcedureCallOptions {
  /** Cancels the call: it fails with `CANCELLED`, and the handler's own signal is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Deadline of the call, from now, in milliseconds. @default Infinity */
  readonly timeoutMs?: number | undefined
  /** Small string pairs for the middleware of the other end. */
  readonly meta?: Readonly<Record<string, string>> | undefined
}

/** Of mutations, where results are kept. */
export interface KeyedCallOptions extends ProcedureCallOptions {
  /** Has the mutation run at most once, and its result given again: as the option of a client. */
  readonly idempotencyKey?: string | undefined
}

export interface SubscriptionCallOptions<Resume> extends ProcedureCallOptions {
  /** The resume value of the last item that was seen. */
  readonly resume?: Resume | undefined
}

/** A contract as nested objects of functions. Events have no place in it. */
export type ProcedureCaller<T, OfMutations extends ProcedureCallOptions = ProcedureCallOptions> = {
  readonly [K in keyof T as K extends `~${string}` ? never : T[K] extends EventProcedure ? never : K]: T[K] extends
    | Query
    | Mutation
    ? (
        ...args: InputThen<T[K], T[K] extends Mutation ? OfMutations : ProcedureCallOptions>
      ) => Promise<InferOutput<T[K]>>
    : T[K] extends Subscription
      ? (
          ...args: InputThen<T[K], SubscriptionCallOptions<InferResume<T[K]>>>
        ) => AsyncIterableIterator<InferItem<T[K]>, undefined, undefined>
      : T[K] extends Duplex
        ? (...args: DuplexArguments<T[K]>) => AsyncIterableIterator<InferItem<T[K]>, undefined, undefined>
        : ProcedureCaller<T[K], OfMutations>
}

type InputThen<P extends AnyProcedure, Options> =
  undefined extends InferInput<P>
    ? [input?: InferInput<P>, options?: Options]
    : [input: InferInput<P>, options?: Options]

type DuplexArguments<P extends Duplex> = [
  input: InferInput<P>,
  up: ItemSource<InferUp<P>>,
  options?: ProcedureCallOptions,
]
