/**
 * The seam to telemetry: what is told of each call, at the end that makes it and at the end that answers. What it tells is made
 * by nobody where nobody listens. Must not know: traces, metrics. Members must not throw.
 */
import { isTautlineError } from '../contract/error.ts'
import type { ProcedureKind } from '../contract/procedure-types.ts'
import type { Meta } from '../protocol/frame.ts'

/** A call, stream or listening that begins. */
export interface ObservedCall {
  /** Path of the procedure; `"(unknown)"` for one that this end does not have. */
  readonly path: string
  readonly kind: ProcedureKind
  /** What travels along: here the other end finds what `MadeCall.meta` has brought. */
  readonly meta: Meta
}

/** A call that this end makes. Listenings are none: they belong to no one piece of work. */
export interface MadeCall {
  /** Small pairs that travel with the call, such as a trace context, behind what the call's own `meta` says. */
  readonly meta?: Meta | undefined
  /** Of a stream: it goes on over another session, or begins anew and something may be missing. */
  readonly passed?: ((event: 'resumed' | 'gap') => void) | undefined
  /**
   * The last word.
   *
   * @param error what it has failed with; `undefined` where it has not, and for a stream whose reader has left
   */
  ended(error: unknown): void
}

/** A call of the other end that runs here. */
export interface ArrivedCall {
  /** Calls `task`, which is some of the work for it: the handler, or what asks for the next item of a stream. */
  readonly within?: (<T>(task: () => T) => T) | undefined
  /** The last word. @param code `"OK"`, or that of the error that the caller is told */
  ended(code: string): void
}

export interface CallObserver {
  /** Asked before anything of it is sent. */
  made?(call: ObservedCall): MadeCall | undefined
  /** Asked before anything of it runs, also for what is then refused. */
  arrived?(call: ObservedCall): ArrivedCall | undefined
}

/** What every call without any carries. */
export const NO_META: Meta = Object.freeze({})

/** Begins to tell of a call that this end makes; `undefined` where nobody wants to know. */
export function observeMade(
  observer: CallObserver | undefined,
  { path, kind }: Pick<ObservedCall, 'path' | 'kind'>,
  options: { readonly meta?: Meta | undefined } = {},
): MadeCall | undefined {
  return observer?.made?.({ path, kind, meta: options.meta ?? NO_META })
}

/** What a call ended with, as one word: `"OK"`, the code of its error, or `"INVALID_CALL"` for what is wrong with the call itself. */
export function outcomeOf(error: unknown): string {
  if (error === undefined) return 'OK'
  return isTautlineError(error) ? error.code : 'INVALID_CALL'
}

/** The options of a call with what its observer adds. */
export function withMeta<Options extends { readonly meta?: Meta | undefined }>(
  options: Options,
  made: MadeCall | undefined,
): Options {
  return made?.meta === undefined ? options : { ...options, meta: { ...made.meta, ...options.meta } }
}

/** Behind the answer itself, so that one which nobody catches stays a rejection that nobody has handled. */
export async function endingOf(made: MadeCall, answer: Promise<unknown>): Promise<unknown> {
  let failure: unknown
  try {
    return await answer
  } catch (error) {
    failure = error
    throw error
  } finally {
    made.ended(failure)
  }
}
