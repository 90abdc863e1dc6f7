/** The types of handlers: what they are given and what they may return. Kept apart from what runs them. */

import type { ContractTree } from '../contract/contract.ts'
import type { FailableCode } from '../contract/error-codes.ts'
import type {
  FailData,
  HandlerInput,
  HandlerItem,
  HandlerOutput,
  HandlerResume,
  HandlerUp,
  InferEventParams,
} from '../contract/infer.ts'
import type { AnyProcedure, Duplex, EventProcedure, Subscription } from '../contract/procedure-types.ts'
import type { SchemaInput } from '../contract/schema.ts'
import type { Meta } from '../protocol/frame.ts'
import type { PeerHandle } from './context.ts'
import type { ItemSource } from './item-pump.ts'
import type { ProcedureCaller } from './procedure-caller-types.ts'
import type { Tracked } from './tracked.ts'

/**
 * Ends the call with an error: throws, so nothing after it runs. Takes the codes that the procedure declares and
 * the built-in ones that an application may raise (`UNAUTHORIZED`, `FORBIDDEN`, `OVERLOADED`, `GAP`, …).
 */
// Not `FailCode`: written out, the compiler's error lists the codes instead of naming that type.
export type Fail<P extends AnyProcedure> = <Code extends (keyof P['~def']['errors'] & string) | FailableCode>(
  code: Code,
  ...rest: FailArguments<FailData<P, Code>>
) => never

type FailArguments<Data> = undefined extends Data ? [data?: Data, message?: string] : [data: Data, message?: string]

/** What every handler is given. */
export interface HandlerCall<P extends AnyProcedure, Ctx extends object, Calls extends ContractTree> {
  readonly input: HandlerInput<P>
  /** What `context` made, and what middleware added to it. */
  readonly ctx: Ctx
  /**
   * Aborted when the caller cancels, the deadline passes or the connection is lost; the last not for a call with an
   * idempotency key, which goes on.
   */
  readonly signal: AbortSignal
  /** What is left of the caller's deadline at the moment of reading, in milliseconds; `undefined` where it set none. */
  readonly timeLeftMs: number | undefined
  /** Small string pairs that came with the call. */
  readonly meta: Meta
  readonly connection: PeerHandle<Calls>
  /** Calls what the other end serves: `connection.client`. */
  readonly client: ProcedureCaller<Calls>
  readonly fail: Fail<P>
}

export interface SubscriptionCall<P extends Subscription, Ctx extends object, Calls extends ContractTree>
  extends HandlerCall<P, Ctx, Calls> {
  /** Where to go on: the resume value of the last item the caller has seen; `undefined` for a fresh start. */
  readonly resume: HandlerResume<P> | undefined
}

export interface DuplexCall<P extends Duplex, Ctx extends object, Calls extends ContractTree>
  extends HandlerCall<P, Ctx, Calls> {
  /** The caller's items, validated. Reading paces the sender. */
  readonly up: AsyncIterableIterator<HandlerUp<P>, undefined, undefined>
}

export interface ListenCall<P extends EventProcedure, Ctx extends object, Calls extends ContractTree>
  extends Omit<HandlerCall<P, Ctx, Calls>, 'input'> {
  readonly params: InferEventParams<P>
}

type ItemOf<P extends Subscription> = P['~def']['resume'] extends undefined
  ? HandlerItem<P>
  : Tracked<SchemaInput<NonNullable<P['~def']['resume']>>, HandlerItem<P>>

type OrPromise<T> = T | Promise<T>

export type UnaryHandler<P extends AnyProcedure, Ctx extends object, Calls extends ContractTree> = (
  call: HandlerCall<P, Ctx, Calls>,
) => OrPromise<HandlerOutput<P>>

export type SubscriptionHandler<P extends Subscription, Ctx extends object, Calls extends ContractTree> = (
  call: SubscriptionCall<P, Ctx, Calls>,
) => OrPromise<ItemSource<ItemOf<P>>>

export type DuplexHandler<P extends Duplex, Ctx extends object, Calls extends ContractTree> = (
  call: DuplexCall<P, Ctx, Calls>,
) => OrPromise<ItemSource<HandlerItem<P>>>

/**
 * Asked before somebody listens to a topic: `fail` refuses. What it returns is called when the listening ends.
 * Left out, everybody may listen.
 */
export type EventGuard<P extends EventProcedure, Ctx extends object, Calls extends ContractTree> = (
  call: ListenCall<P, Ctx, Calls>,
) => OrPromise<void | (() => void)>

/** The handler of one procedure, by its kind. */
export type HandlerOf<P extends AnyProcedure, Ctx extends object, Calls extends ContractTree> = P extends EventProcedure
  ? EventGuard<P, Ctx, Calls>
  : P extends Subscription
    ? SubscriptionHandler<P, Ctx, Calls>
    : P extends Duplex
      ? DuplexHandler<P, Ctx, Calls>
      : UnaryHandler<P, Ctx, Calls>
