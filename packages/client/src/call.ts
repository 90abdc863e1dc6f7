/**
 * One call of a query or mutation, over as many connections as its kind allows.
 *
 * Owns: what a lost connection means for it. Must not know: when there is a connection, what leaves as which frame.
 * Normative text: PROTOCOL.md, "Calls".
 */
import { type Outcome, type ProcedureEntry, TautlineError } from '@tautline/core'
import {
  type CallSink,
  checkCallOptions,
  checkTakesKey,
  deadlineAfter,
  type Encoded,
  encodeAs,
  endingOf,
  type Form,
  formOf,
  metaOf,
  observeMade,
  reshape,
  throwIt,
  withMeta,
} from '@tautline/core/peer'
import type { Payload } from '@tautline/core/protocol'
import type { MutateOptions, PendingCall } from './client-types.ts'
import type { Failure, Intent } from './intents.ts'
import type { Carrier, Line, Place } from './line.ts'
import { toPendingCall } from './pending-call.ts'

export interface CallArguments {
  readonly input: unknown
  readonly options: MutateOptions | undefined
}

export function startCall(
  line: Line,
  entry: ProcedureEntry,
  { input, options: given = {} }: CallArguments,
): PendingCall<unknown, TautlineError> {
  const made = observeMade(line.observer, entry, given)
  const options = withMeta(given, made)
  const answer = new Promise<unknown>((resolve, reject) => {
    // What is thrown in here, such as for a value that cannot be encoded, rejects the promise.
    checkCallOptions(options)
    checkTakesKey(entry, options)
    if (options.signal?.aborted === true) throw cancelled(options.signal, 'not-sent')
    const encoded = encodeInput(line, entry, input)
    line.intents.add(new Call(line, { entry, input: encoded, options }, { resolve, reject }))
  })
  return toPendingCall(made === undefined ? answer : endingOf(made, answer))
}

/** In the form of the connection there is; it may be another one that takes it. Throws `UNSERIALISABLE`. */
export function encodeInput({ codec, intents }: Line, entry: ProcedureEntry, input: unknown): Encoded {
  const ref = intents.carrier?.refOf(entry) ?? entry.path
  return encodeAs(codec, { schema: entry.def.input, form: formOf(ref) }, input)
}

/** What was asked for. */
export interface Request<Options> {
  readonly entry: ProcedureEntry
  readonly input: Encoded
  readonly options: Options
}

interface Settle {
  resolve(output: unknown): void
  reject(error: unknown): void
}

class Call implements Intent, CallSink {
  serial = 0
  readonly deadlineAt: number | undefined
  readonly #line: Line
  readonly #request: Request<MutateOptions>
  readonly #settle: Settle
  readonly #onAbort: (() => void) | undefined
  /** Where it is under way; `undefined` while it waits, and once it is settled. */
  #place: Place | undefined
  /** Of what comes back. */
  #form: Form = 'plain'
  /** Of all connections that have had it: once it may have run, repeating it does not change that. */
  #outcome: Outcome = 'not-sent'

  constructor(line: Line, request: Request<MutateOptions>, settle: Settle) {
    const { timeoutMs = line.timeoutMs, signal } = request.options
    this.#line = line
    this.#request = request
    this.#settle = settle
    this.deadlineAt = deadlineAfter(line.clock.now(), timeoutMs)
    if (signal !== undefined) {
      this.#onAbort = () => this.#fail(cancelled(signal, this.#outcomeNow()))
      signal.addEventListener('abort', this.#onAbort)
    }
  }

  get byteLength(): number {
    return this.#request.input.payload?.byteLength ?? 0
  }

  get isRepeatable(): boolean {
    const { entry, options } = this.#request
    // What has a key is looked up by the server, where it has run.
    return entry.def.idempotent || options.idempotencyKey !== undefined
  }

  attach(carrier: Carrier): void {
    const { entry, input, options } = this.#request
    const timeoutMs = this.deadlineAt === undefined ? undefined : this.deadlineAt - this.#line.clock.now()
    const procedure = carrier.refOf(entry)
    this.#form = formOf(procedure)
    const request = {
      procedure,
      input: reshape(this.#line.codec, input, { schema: entry.def.input, form: this.#form }),
      timeoutMs,
      meta: metaOf(options),
      compress: entry.def.compress,
    }
    this.#place = { caller: carrier.caller, id: carrier.caller.call(request, this) }
  }

  abandon({ code, message }: Failure): void {
    this.#fail(new TautlineError(code, { message, outcome: this.#outcomeNow() }))
  }

  ok(output: Payload | undefined): void {
    this.#done()
    const { reader } = this.#line
    try {
      // The promise takes another one in, where the schema is asynchronous.
      this.#settle.resolve(reader.read(output, { schema: this.#request.entry.def.output, form: this.#form }))
    } catch (fault) {
      this.#settle.reject(fault)
    }
  }

  error(code: string, message: string, data: Payload | undefined): void {
    this.#done()
    const error = this.#line.reader.readError({ code, message, data }, this.#request.entry.def.errors, this.#form)
    if (error instanceof Promise) this.#settle.resolve(error.then(throwIt))
    else this.#settle.reject(error)
  }

  timeout(): void {
    this.abandon({ code: 'TIMEOUT' })
  }

  lost(unsent: boolean): void {
    this.#place = undefined
    if (!unsent) this.#outcome = 'unknown'
    if (unsent || this.isRepeatable) this.#line.intents.again(this)
    else this.abandon({ code: 'CONNECTION_LOST' })
  }

  #fail(error: TautlineError): void {
    const place = this.#place
    this.#done()
    place?.caller.cancel(place.id)
    this.#settle.reject(error)
  }

  #done(): void {
    this.#place = undefined
    this.#line.intents.remove(this)
    if (this.#onAbort !== undefined) this.#request.options.signal?.removeEventListener('abort', this.#onAbort)
  }

  #outcomeNow(): Outcome {
    const place = this.#place
    return place === undefined || place.caller.link.isUnsent(place.id) ? this.#outcome : 'unknown'
  }
}

export function cancelled(signal: AbortSignal, outcome: Outcome | undefined): TautlineError {
  return new TautlineError('CANCELLED', { outcome, cause: signal.reason })
}
