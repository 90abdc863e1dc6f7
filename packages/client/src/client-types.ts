/**
 * What a client looks like to the compiler: the contract's own tree, each procedure turned into what calls it.
 * Types only, kept apart from what runs. One mapped type per group, so that the compiler resolves a procedure when
 * it is looked at and not before.
 */
import type {
  ContractTree,
  Duplex,
  EventProcedure,
  InferErrors,
  InferEventParams,
  InferEventPayload,
  InferInput,
  InferItem,
  InferOutput,
  InferResume,
  InferUp,
  Mutation,
  Query,
  Result,
  Schema,
  Subscription,
} from '@tautline/core'
import type { ItemSource } from '@tautline/core/peer'
import type { ClientControl } from './client-control.ts'

/** A client of an API: its procedures under their names, and everything else under `$`. */
export type Client<T extends ContractTree> = ClientGroup<T> & {
  /** The line itself: status, reconnect, close. The one name no contract can use. */
  readonly $: ClientControl
}

export type ClientGroup<T> = { readonly [Name in keyof T]: ClientMember<T[Name]> }

// The signatures stand here, not behind names of their own: editors show what a procedure takes and gives.
type ClientMember<N> = N extends Query | Mutation
  ? (
      ...args: Arguments<InferInput<N>, N extends Mutation ? MutateOptions : CallOptions>
    ) => PendingCall<InferOutput<N>, InferErrors<N>>
  : N extends Subscription
    ? (...args: Arguments<InferInput<N>, SubscribeOptions<InferResume<N>>>) => ItemStream<InferItem<N>, InferResume<N>>
    : N extends Duplex
      ? (input: InferInput<N>, up: ItemSource<InferUp<N>>, options?: StreamOptions) => ItemStream<InferItem<N>>
      : N extends EventProcedure
        ? EventMember<N>
        : ClientGroup<N>

/** An input that may be `undefined` may be left out. */
type Arguments<Input, Options> = undefined extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options]

export interface EventMember<P extends EventProcedure> {
  /** Calls `listener` with each event of a topic until the listening is ended. */
  readonly on: (...args: ListenArguments<P>) => Listening
}

type ListenArguments<P extends EventProcedure> = P['~def']['params'] extends Schema
  ? [params: InferEventParams<P>, listener: EventListener<P>, options?: ListenOptions]
  : [listener: EventListener<P>, options?: ListenOptions]

type EventListener<P extends EventProcedure> = (payload: InferEventPayload<P>) => void

/** A call under way: a promise that can also be asked for a result. */
export interface PendingCall<T, E> extends Promise<T> {
  /**
   * Never throws what a call can fail with: `{ ok: true, value }`, or `{ ok: false, error }` with an error discriminated
   * by `code`. Rejects with a `TypeError` for options that cannot work.
   */
  result(): Promise<Result<T, E>>
}

/**
 * Items as they come, for one reader. The server is asked for more only as items are taken, so a reader that pauses
 * pauses the handler. Ends with the handler, and early by `return()` (`break`), `await using` or the option `signal`.
 * Opening one never throws: what is wrong comes out of `next()`.
 */
export interface ItemStream<T, Resume = undefined> extends AsyncDisposable {
  /** The resume value of the last item taken: what the option `resume` goes on from, in another page too. */
  readonly lastResume: Resume | undefined
  next(): Promise<IteratorResult<T, undefined>>
  /** Ends the stream, also while a `next()` waits: that one then resolves as done. */
  return(): Promise<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): this
}

/** A listener at work. `using` ends it with its scope. */
export interface Listening extends Disposable {
  /**
   * Resolves when the server has first accepted. Rejects when it refuses, or when the listening is ended before;
   * what nobody waits for is not reported as an unhandled rejection.
   */
  readonly ready: Promise<void>
  /** Ends the listening. A second time is without effect. */
  off(): void
}

interface OptionsOfAnyKind {
  /** Aborting it cancels the call: the handler's own `signal` follows. */
  readonly signal?: AbortSignal | undefined
  /** Small pairs of strings that travel along, such as a trace id. */
  readonly meta?: Readonly<Record<string, string>> | undefined
}

export interface CallOptions extends OptionsOfAnyKind {
  /**
   * Time for everything, waiting for the connection included, in ms. Then the call fails with `TIMEOUT`, and the
   * handler's `signal` is aborted. 0 fails at once and sends nothing; `Infinity` is no limit.
   * @default the client's `timeoutMs`
   */
  readonly timeoutMs?: number | undefined
}

export interface MutateOptions extends CallOptions {
  /**
   * Names what the call is to bring about, such as an order: however often it is sent, by this client or another of the
   * same user, it runs at most once, and all are given the same result for as long as the server keeps it. A call
   * whose connection is lost asks for it on the next one. Another input under the same key fails with `KEY_REUSED`.
   * 1 to 1024 bytes.
   */
  readonly idempotencyKey?: string | undefined
}

export interface StreamOptions extends OptionsOfAnyKind {
  /** Time for the whole stream, in ms. @default Infinity */
  readonly timeoutMs?: number | undefined
}

export interface SubscribeOptions<Resume> extends StreamOptions {
  /** Where to begin: the `lastResume` of an earlier stream. */
  readonly resume?: Resume
  /**
   * What to do when the stream cannot go on from where it stopped. Without it the iterator throws `GAP`.
   * `"restart"` begins afresh; a function is told, and then it begins afresh. One that declares `resume` in the contract
   * and has given no item yet goes on from its option `resume`, or begins anew: that is no gap.
   */
  readonly onGap?: 'restart' | ((gap: Gap) => void) | undefined
}

export interface ListenOptions {
  /** Aborting it ends the listening. */
  readonly signal?: AbortSignal | undefined
  /** The server listens to this topic for us again after a lost connection; events between may be missing. */
  readonly onGap?: ((gap: Gap) => void) | undefined
}

/** Something may be missing between what came before and what comes next. */
export interface Gap {
  /** `connection-lost`: it could not be asked for. `refused`: the server no longer has it. */
  readonly reason: 'connection-lost' | 'refused'
}
