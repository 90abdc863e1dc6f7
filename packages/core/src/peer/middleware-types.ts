import type { ContractTree } from '../contract/contract.ts'
import type { FailableCode } from '../contract/error-codes.ts'
import type { AnyProcedure, ProcedureKind } from '../contract/procedure-types.ts'
import type { Meta } from '../protocol/frame.ts'
import type { PeerHandle } from './context.ts'
import type { Fail } from './handler-types.ts'

/** Proof that the rest has run: only `next` makes one, so that a middleware cannot forget to call it. */
export interface MiddlewareResult<Extra extends object> {
  /** What the handler answered, validated; `undefined` for streams and events. */
  readonly output: unknown
  /** Never there at run time: carries the type of what was given to `next`. */
  readonly '~extra'?: Extra
}

/** Runs what follows: the next middleware, at last the handler, and for a stream all of its items. */
export interface Next {
  (): Promise<MiddlewareResult<NoExtra>>
  /** @param extra is merged over the context of what follows */
  <Extra extends object>(extra: Extra): Promise<MiddlewareResult<Extra>>
}

type NoExtra = Readonly<Record<never, never>>

/** The codes that middleware of a group may fail with; at a single procedure, what it declares as well. */
type MiddlewareFail<T> = T extends AnyProcedure
  ? Fail<T>
  : (code: FailableCode, data?: undefined, message?: string) => never

export interface MiddlewareCall<T, Ctx extends object, Calls extends ContractTree> {
  readonly ctx: Ctx
  /** The validated input, or the params where somebody wants to listen to an event. */
  readonly input: unknown
  readonly procedure: { readonly path: string; readonly kind: ProcedureKind }
  readonly meta: Meta
  readonly signal: AbortSignal
  /** What is left of the caller's deadline at the moment of reading, in milliseconds; `undefined` where it set none. */
  readonly timeLeftMs: number | undefined
  /** The credentials of the connection as the client gave them last, decoded and not checked. */
  readonly auth: unknown
  readonly connection: PeerHandle<Calls>
  readonly next: Next
  readonly fail: MiddlewareFail<T>
}

/** Runs around handlers. Returns what `next` gave, or fails. */
export type Middleware<T, Ctx extends object, Calls extends ContractTree, Extra extends object> = (
  call: MiddlewareCall<T, Ctx, Calls>,
) => Promise<MiddlewareResult<Extra>> | MiddlewareResult<Extra>

/** A context with what a middleware gave to `next` merged over it. */
export type Extended<Ctx extends object, Extra extends object> = keyof Extra extends never
  ? Ctx
  : keyof Ctx & keyof Extra extends never
    ? Ctx & Extra
    : // One object, so that editors show what is in it.
      { [K in keyof (Omit<Ctx, keyof Extra> & Extra)]: (Omit<Ctx, keyof Extra> & Extra)[K] }
