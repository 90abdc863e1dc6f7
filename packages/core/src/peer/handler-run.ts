/**
 * Runs one handler: validates what comes in, goes through the middleware, calls the handler, validates what it
 * answers.
 *
 * Owns: that order. Must not know: frames, ids, sessions; a call over the wire and one in-process are the same here.
 */
import type { MaybeSchema, ProcedureEntry } from '../contract/procedure-types.ts'
import { type Issue, type Validation, validate } from '../contract/validate.ts'
import type { Meta } from '../protocol/frame.ts'
import { assertNever } from './assert-never.ts'
import type { PeerHandle } from './context.ts'
import { type Packed, Proven, withoutProof } from './forms.ts'
import { HandlerArguments, MiddlewareArguments } from './handler-arguments.ts'
import { InputRejected } from './handler-failure.ts'
import type { BoundHandler, MiddlewareStep } from './implementation.ts'
import { andThen, isPromiseLike, type MaybePromise } from './maybe-promise.ts'
import type { MiddlewareResult } from './middleware-types.ts'

/** One run of a handler, as whoever asks for it presents it. */
export interface Invocation {
  readonly entry: ProcedureEntry
  /** Not validated, unless it is `Proven`. The params, for an event. */
  readonly input: unknown
  readonly context: object
  readonly auth: unknown
  readonly meta: Meta
  readonly connection: PeerHandle
  /** Made when first read. */
  readonly signal: AbortSignal
  readonly timeLeftMs: number | undefined
  /** Not validated; `undefined` for a fresh start. */
  readonly resume: unknown
  /** The caller's items of a duplex, validated. */
  readonly up: AsyncIterableIterator<unknown> | undefined
  /** Packs an answer in place of validating it; `undefined` where validation must see it. */
  pack?(output: unknown): Packed | undefined
  /** Takes the items of a stream to the caller; done when the last one is on its way. */
  deliver(source: unknown): Promise<void>
  /**
   * Of a call with an idempotency key: asked when all middleware has let the call pass. Calls `handle`, or gives what an
   * earlier run has given, or fails as that did.
   */
  once?(handle: () => MaybePromise<unknown>): Promise<unknown>
}

/** An invocation with its handler, once what came with it is validated. */
export interface Run {
  readonly bound: BoundHandler
  readonly invocation: Invocation
  readonly input: unknown
  readonly resume: unknown
}

/**
 * The validated or packed answer of a query or mutation; `undefined` once a stream is done; what is to be called at the end of
 * the listening to an event. Throws, or rejects with, whatever went wrong.
 */
export function runHandler(bound: BoundHandler, invocation: Invocation): MaybePromise<unknown> {
  const { def, kind } = bound.entry
  const schema = kind === 'event' ? def.params : def.input
  return andThen(validateInput(schema, invocation.input), (input) => {
    if (invocation.resume === undefined) {
      return runFrom(0, { bound, invocation, input, resume: undefined }, invocation.context)
    }
    return andThen(validateInput(def.resume, invocation.resume), (resume) =>
      runFrom(0, { bound, invocation, input, resume }, invocation.context),
    )
  })
}

/** Runs the middleware from `index` on, and the handler. */
function runFrom(index: number, run: Run, context: object): MaybePromise<unknown> {
  const step = run.bound.steps[index]
  return step === undefined ? callHandler(run, context) : runMiddleware(step, index, { ...run, context })
}

async function runMiddleware(
  step: MiddlewareStep,
  index: number,
  run: Run & { readonly context: object },
): Promise<unknown> {
  const { path } = run.bound.entry
  let following: Promise<Followed> | undefined
  const next = (extra?: object): Promise<MiddlewareResult<object>> => {
    if (following !== undefined) throw new Error(`A middleware of \`${path}\` called \`next\` twice`)
    following = follow(index + 1, run, extra === undefined ? run.context : { ...run.context, ...extra })
    // A middleware may fail without waiting for what follows; nobody else looks at that promise then.
    following.catch(() => {})
    return following
  }
  const result = await step.run(new MiddlewareArguments(run, run.context, next))
  const followed = await following
  if (followed === undefined || followed !== result) {
    throw new Error(`A middleware of \`${path}\` did not return what \`next\` gave it`)
  }
  return followed.answer
}

async function follow(index: number, run: Run, context: object): Promise<Followed> {
  return new Followed(await runFrom(index, run, context))
}

class Followed implements MiddlewareResult<object> {
  readonly answer: unknown

  constructor(answer: unknown) {
    this.answer = answer
  }

  get output(): unknown {
    return withoutProof(this.answer)
  }
}

function callHandler(run: Run, context: object): MaybePromise<unknown> {
  const { invocation } = run
  return invocation.once === undefined ? handle(run, context) : invocation.once(() => handle(run, context))
}

function handle(run: Run, context: object): MaybePromise<unknown> {
  const { entry, handler } = run.bound
  if (handler === undefined) return undefined
  const returned = handler(new HandlerArguments(run, context))
  // Handlers may return any thenable: query builders are.
  const answer = isPromiseLike(returned) ? Promise.resolve(returned) : returned
  switch (entry.kind) {
    case 'query':
    case 'mutation':
      return andThen(
        answer,
        (output) => run.invocation.pack?.(output) ?? validateOutput(entry, entry.def.output, output),
      )
    case 'subscription':
    case 'duplex':
      return andThen(answer, (source) => run.invocation.deliver(source))
    case 'event':
      return answer
    default:
      return assertNever(entry.kind)
  }
}

export function validateInput(schema: MaybeSchema, value: unknown): MaybePromise<unknown> {
  if (schema === undefined) return undefined
  if (value instanceof Proven) return value.value
  return andThen(validate(schema, value), (checked) => {
    if (checked.ok) return checked.value
    throw checked.cause ?? new InputRejected(checked.issues)
  })
}

/** For answers, items and resume values of a handler. Where one does not fit, the handler is at fault. */
export function validateOutput(entry: ProcedureEntry, schema: MaybeSchema, value: unknown): MaybePromise<unknown> {
  if (schema === undefined) return undefined
  return andThen(validate(schema, value), (checked) => checkedOutput(entry, checked))
}

/** What came of validating what a handler gave. */
export function checkedOutput(entry: ProcedureEntry, checked: Validation<unknown>): unknown {
  if (checked.ok) return checked.value
  throw checked.cause ?? new Error(`\`${entry.path}\` gave what its schema does not allow${places(checked.issues)}`)
}

/** Where, and not why: what validators have to say quotes what they were given, and this goes into a log. */
function places(issues: readonly Issue[]): string {
  const found = new Set(issues.flatMap(({ path }) => (path.length === 0 ? [] : [`\`${path.join('.')}\``])))
  return found.size === 0 ? '' : ` at ${[...found].join(', ')}`
}
