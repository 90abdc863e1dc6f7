/**
 * Types read out of procedures. Each value has two: what its sender may pass (the schema's input) and what its
 * receiver gets (the schema's output). Everything is validated on the server: input and items going up where they
 * arrive; answers, items coming down, payloads and error data before they leave. So what travels down is a schema's
 * output already, and a client that validates it again needs schemas that accept their own output.
 *
 * `Infer…` is what a caller sees, `Handler…` what a handler sees.
 */
import type { BuiltInError, TautlineError } from './error.ts'
import type { BuiltInData, FailableCode } from './error-codes.ts'
import type { AnyProcedure, Duplex, ErrorSchemas, EventProcedure, Subscription } from './procedure-types.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'

/** What may be sent under a schema, or `undefined` where there is none. */
type Sent<S> = S extends Schema ? SchemaInput<S> : undefined

/** What arrives under a schema, or `undefined` where there is none. */
type Received<S> = S extends Schema ? SchemaOutput<S> : undefined

/** What a caller passes; `undefined` where the procedure takes none. */
export type InferInput<P extends AnyProcedure> = Sent<P['~def']['input']>

/** What a call resolves to; `undefined` where the procedure answers nothing. */
export type InferOutput<P extends AnyProcedure> = Received<P['~def']['output']>

/** One item of a subscription, or one coming down a duplex. */
export type InferItem<P extends Subscription | Duplex> = Received<P['~def']['output']>

/** One item that the caller of a duplex sends. */
export type InferUp<P extends Duplex> = Sent<P['~def']['up']>

/** The value at which a subscription resumes, as it travels. */
export type InferResume<P extends Subscription> = Sent<P['~def']['resume']>

/** What names a topic of an event, for listener and publisher alike. */
export type InferEventParams<P extends EventProcedure> = Sent<P['~def']['params']>

/** What a listener is given. */
export type InferEventPayload<P extends EventProcedure> = Received<P['~def']['payload']>

/** All that a call may fail with: what the procedure declares and what Tautline raises, discriminated by `code`. */
export type InferErrors<P extends AnyProcedure> = DeclaredErrors<P['~def']['errors']> | BuiltInError

type DeclaredErrors<E extends ErrorSchemas> = {
  [Code in keyof E & string]: TautlineError<Code, Received<E[Code]>>
}[keyof E & string]

/** What a handler is given: the validated input. */
export type HandlerInput<P extends AnyProcedure> = Received<P['~def']['input']>

/** What a handler answers, before validation; nothing where the procedure has no output. */
export type HandlerOutput<P extends AnyProcedure> = P['~def']['output'] extends Schema
  ? SchemaInput<P['~def']['output']>
  : // A handler without an answer is written without `return`, which is `void`, not `undefined`, to the compiler.
    void

/** What a handler of a stream yields, before validation. */
export type HandlerItem<P extends Subscription | Duplex> = Sent<P['~def']['output']>

/** One item that the handler of a duplex receives. */
export type HandlerUp<P extends Duplex> = Received<P['~def']['up']>

/** The value at which a handler is asked to resume. */
export type HandlerResume<P extends Subscription> = Received<P['~def']['resume']>

/** What is passed to publish an event, before validation. */
export type PublishPayload<P extends EventProcedure> = Sent<P['~def']['payload']>

/** The codes that a handler may `fail` with. */
export type FailCode<P extends AnyProcedure> = (keyof P['~def']['errors'] & string) | FailableCode

/** The data that goes with a code in `fail`, before validation; `undefined` for a code without. */
export type FailData<P extends AnyProcedure, Code extends FailCode<P>> = Code extends keyof P['~def']['errors']
  ? Sent<P['~def']['errors'][Code]>
  : Code extends keyof BuiltInData
    ? BuiltInData[Code]
    : undefined
