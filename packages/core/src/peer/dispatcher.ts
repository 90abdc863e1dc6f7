/**
 * The callee: turns what the peer asks for into runs of handlers, and what they give into answers.
 *
 * Owns: what runs for one connection, and that each id is answered at most once. Must not know: sockets, timers, how
 * frames look. Normative text: PROTOCOL.md, "Calls", "Streams" and "Events".
 */
import { TautlineError } from '../contract/error.ts'
import { ERROR_MESSAGES } from '../contract/error-messages.ts'
import type { ProcedureEntry, ProcedureKind } from '../contract/procedure-types.ts'
import type { Payload, ProcedureRef } from '../protocol/frame.ts'
import { MAX_PARAMS_BYTES } from '../protocol/limits.ts'
import type { CalleeEffect } from '../session/effect.ts'
import { IdTable } from '../session/id-table.ts'
import { type ArrivedCall, NO_META } from './call-observer.ts'
import { DispatchedCall } from './dispatched-call.ts'
import { createDispatchedStream, decodeInput } from './dispatched-stream.ts'
import type { CreateDispatcher, Dispatcher, DispatcherOptions, DispatcherSetting } from './dispatcher-options.ts'
import { encodeShaped, formOf, Packed, type Shape } from './forms.ts'
import { InputRejected } from './handler-failure.ts'
import type { BoundHandler, ServedProcedures } from './implementation.ts'
import { type CallSetting, type KeyedCalls, runCall } from './keyed-call.ts'
import type { StreamEffect } from './link.ts'
import { inputError, type PublicError, toPublicError } from './public-error.ts'
import { type Request, RequestQueue, type RequestRunner } from './request-queue.ts'
import { runQuietly } from './run-quietly.ts'

export const createDispatcher: CreateDispatcher = (implementation, options) => {
  return new HandlerDispatcher(implementation, options)
}

/** Which kinds of procedure a frame may ask for. */
const KINDS: Readonly<Record<Request['type'], ReadonlySet<ProcedureKind>>> = {
  call: new Set(['query', 'mutation']),
  open: new Set(['subscription', 'duplex']),
  listen: new Set(['event']),
}

/** What observers are told of a procedure that nobody has: its path is the peer's, who could make up any number. */
const UNKNOWN: Readonly<Record<Request['type'], Pick<ProcedureEntry, 'path' | 'kind'>>> = {
  call: { path: '(unknown)', kind: 'query' },
  open: { path: '(unknown)', kind: 'subscription' },
  listen: { path: '(unknown)', kind: 'event' },
}

/** What observers are told of a call that has gone well. */
const OK = 'OK'

/** Listening runs nothing. */
const BUDGET_KINDS = { call: 'call', open: 'stream', listen: undefined } as const

const BUDGET_KIND_OF = {
  query: 'call',
  mutation: 'call',
  subscription: 'stream',
  duplex: 'stream',
  event: undefined,
} as const satisfies Readonly<Record<ProcedureKind, 'call' | 'stream' | undefined>>

/** Of the data of errors that no procedure declares. */
const UNSHAPED: Shape = { schema: undefined, form: 'plain' }

class HandlerDispatcher implements Dispatcher, RequestRunner, CallSetting {
  readonly #implementation: ServedProcedures
  /** Replaced with fresh credentials: calls that run keep theirs. */
  #options: DispatcherOptions
  readonly #setting: DispatcherSetting
  readonly #running = new IdTable<DispatchedCall>()
  /** Listenings that were accepted, with what ends each. */
  #listening: Map<number, () => void> | undefined
  /** Answers that wait, not encoded, until the peer has taken others: in the order in which they came. */
  #unsent: (() => void)[] | undefined
  /** Made for the first request: most connections are idle. */
  #queue: RequestQueue | undefined
  /** Handlers that were told to stop and still run: their places are free, what they hold is not. */
  #lingering = 0

  constructor(implementation: ServedProcedures, options: DispatcherOptions) {
    this.#implementation = implementation
    this.#options = options
    this.#setting = options.setting
  }

  get keyed(): KeyedCalls | undefined {
    return this.#options.keyed
  }

  get unfinished(): number {
    let count = this.#queue?.size ?? 0
    for (const [, { entry }] of this.#running.entries()) {
      if (entry.kind !== 'subscription' && entry.kind !== 'event') count++
    }
    return count
  }

  get size(): number {
    return this.#running.size + (this.#queue?.size ?? 0) + (this.#listening?.size ?? 0)
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#lingering === 0
  }

  renew(context: object, auth: unknown): void {
    this.#options = { ...this.#options, context, auth }
  }

  onCalleeEffect(effect: CalleeEffect | StreamEffect): void {
    switch (effect.type) {
      case 'call':
      case 'open':
      case 'listen':
        this.#queue ??= new RequestQueue(this, this.#setting)
        this.#queue.push(effect)
        break
      case 'items':
      case 'end':
      case 'writable':
        this.#queue?.follow(effect)
        break
      case 'abort':
        if (effect.why === 'cancelled' && this.#isThere(effect.id)) this.#options.budget?.cancelled()
        this.#abort(effect.id, new TautlineError(effect.why === 'timeout' ? 'TIMEOUT' : 'CANCELLED'))
        break
    }
  }

  onRoom(): void {
    const { link } = this.#options
    const waiting = this.#unsent
    if (waiting === undefined) return
    let next = 0
    this.#unsent = undefined
    for (let send = waiting[next]; send !== undefined && link.hasRoom(); send = waiting[next]) {
      next++
      send()
    }
    if (next < waiting.length) this.#unsent = [...waiting.slice(next), ...(this.#unsent ?? [])]
  }

  onLost(): void {
    this.#unsent = undefined
    this.#queue?.clear()
    // An error is dear to make, for its stack.
    if (this.size === 0) return
    const reason = new TautlineError('CONNECTION_LOST')
    const running = this.#running.entries().map(([id]) => id)
    for (const id of [...running, ...(this.#listening?.keys() ?? [])]) this.#abort(id, reason)
  }

  begin(request: Request): void {
    const bound = this.#find(request)
    const arrived = this.#observe(request, bound?.entry)
    if (bound === undefined) {
      this.#refuse(request.id, 'UNKNOWN_PROCEDURE', arrived)
      return
    }
    const kind = BUDGET_KINDS[request.type]
    const refusal = this.#refusalOf(request, kind)
    if (refusal !== undefined) {
      this.#refuse(request.id, refusal, arrived)
      return
    }
    if (!bound.entry.def.compress) this.#options.link.sendPlain(request.id)
    let call: DispatchedCall
    try {
      call = this.#accept(bound, request, arrived)
    } catch (error) {
      if (kind !== undefined) this.#options.budget?.end(kind)
      if (!(error instanceof InputRejected)) throw error
      this.#fail(request.id, inputError(error))
      arrived?.ended('INVALID_INPUT')
      return
    }
    this.#running.add(call.id, call)
    this.#run(bound, call)
  }

  /** Why it may not run; where it may, its place is taken. */
  #refusalOf(request: Request, kind: 'call' | 'stream' | undefined): keyof typeof ERROR_MESSAGES | undefined {
    const { budget, limits } = this.#options
    const { maxLingering = Number.POSITIVE_INFINITY } = this.#setting
    if (this.#lingering >= maxLingering) {
      limits?.onLimited('lingering')
      return 'OVERLOADED'
    }
    if (request.type === 'listen' && (request.params?.byteLength ?? 0) > MAX_PARAMS_BYTES) {
      limits?.onLimited('paramsBytes')
      return 'LIMIT_EXCEEDED'
    }
    return kind !== undefined && budget?.begin(kind) === false ? 'OVERLOADED' : undefined
  }

  #refuse(id: number, code: keyof typeof ERROR_MESSAGES, arrived: ArrivedCall | undefined): void {
    this.#fail(id, { code, message: ERROR_MESSAGES[code], data: undefined })
    arrived?.ended(code)
  }

  #observe(request: Request, entry: ProcedureEntry | undefined): ArrivedCall | undefined {
    const { observer } = this.#setting
    if (observer?.arrived === undefined) return undefined
    const { path, kind } = entry ?? UNKNOWN[request.type]
    return observer.arrived({ path, kind, meta: (request.type === 'listen' ? undefined : request.meta) ?? NO_META })
  }

  follow(effect: StreamEffect): void {
    const call = this.#running.get(effect.id)
    if (call?.stream === undefined) return
    const { stream, arrived } = call
    if (arrived?.within === undefined) stream.onStreamEffect(effect)
    else arrived.within(() => stream.onStreamEffect(effect))
  }

  #find(request: Request): BoundHandler | undefined {
    if (request.type === 'listen' && this.#options.topics === undefined) return undefined
    const path = this.#pathOf(request.type === 'listen' ? request.event : request.procedure)
    const bound = path === undefined ? undefined : this.#implementation['~handlers'].get(path)
    return bound !== undefined && KINDS[request.type].has(bound.entry.kind) ? bound : undefined
  }

  #pathOf(ref: ProcedureRef): string | undefined {
    if (typeof ref === 'string') return ref
    if (this.#options.contract?.sharesContract === false) return undefined
    return this.#implementation['~contract'].procedures[ref]?.path
  }

  /** Throws where what came with the request cannot be decoded. */
  #accept({ entry }: BoundHandler, request: Request, arrived: ArrivedCall | undefined): DispatchedCall {
    const { link } = this.#options
    const { codec } = this.#setting
    const { def } = entry
    const form = request.type === 'listen' ? 'plain' : formOf(request.procedure)
    const payload = request.type === 'listen' ? request.params : request.input
    const input = decodeInput(codec, { schema: def.input, form }, payload)
    const resume =
      request.type === 'open' ? decodeInput(codec, { schema: def.resume, form: 'plain' }, request.resume) : undefined
    const stream =
      request.type === 'open' ? createDispatchedStream(entry, { link, codec, form, id: request.id, resume }) : undefined
    return new DispatchedCall(entry, this.#options, { request, input, form, stream, arrived })
  }

  #run(bound: BoundHandler, call: DispatchedCall): void {
    try {
      const { arrived } = call
      const outcome =
        arrived?.within === undefined ? runCall(bound, call, this) : arrived.within(() => runCall(bound, call, this))
      if (outcome instanceof Promise) call.ended = this.#finishLater(call, outcome)
      else this.#finish(call, outcome)
    } catch (error) {
      this.#failed(call, error)
    }
  }

  async #finishLater(call: DispatchedCall, outcome: Promise<unknown>): Promise<void> {
    try {
      this.#finish(call, await outcome)
    } catch (error) {
      this.#failed(call, error)
    }
  }

  /** Within what its handler ran in, so that what is then logged belongs to the same trace. */
  #failed(call: DispatchedCall, error: unknown): void {
    const { arrived } = call
    if (arrived?.within === undefined) this.#settleFailed(call, error)
    else arrived.within(() => this.#settleFailed(call, error))
  }

  #settleFailed(call: DispatchedCall, error: unknown): void {
    try {
      this.#finishFailed(call, error)
    } catch (cause) {
      // Proxies and getters can make the mere look at an error fail; nobody else would catch that.
      this.#finishFailed(call, new Error('What was thrown cannot be looked at', { cause }))
    }
  }

  /** Throws where the answer cannot be encoded. */
  #finish(call: DispatchedCall, output: unknown): void {
    const { link } = this.#options
    if (call.entry.kind === 'event') {
      // What a guard returns to be called at the end is all that its type allows beside nothing.
      this.#startListening(call, output as (() => void) | undefined)
      return
    }
    // Without an entry the call was aborted or its deadline has passed: the answer comes too late.
    if (this.#running.get(call.id) !== call) return
    if (call.stream !== undefined) {
      // END went out behind the last item.
      this.#forget(call, OK)
      return
    }
    if (this.#unsent === undefined && link.hasRoom()) {
      this.#succeed(call, output)
      return
    }
    // Where a peer does not take what it is sent, answers wait as the values they are: encoded they would be twice there.
    this.#unsent ??= []
    this.#unsent.push(() => this.#succeedLater(call, output))
  }

  #succeed(call: DispatchedCall, output: unknown): void {
    const payload = this.#encode(output, { schema: call.entry.def.output, form: call.form })
    this.#forget(call, OK)
    this.#options.link.succeed(call.id, payload)
  }

  #succeedLater(call: DispatchedCall, output: unknown): void {
    // Its caller may have given up meanwhile.
    if (this.#running.get(call.id) !== call) return
    try {
      this.#succeed(call, output)
    } catch (error) {
      this.#finishFailed(call, error)
    }
  }

  #finishFailed(call: DispatchedCall, error: unknown): void {
    if (this.#running.get(call.id) !== call) {
      // A handler that ends with the reason it was aborted with has done well. All else is lost on the caller.
      if (!(error instanceof TautlineError || error instanceof InputRejected)) this.#reportUnlessAbort(call, error)
      return
    }
    const answer = (known: PublicError): void => this.#answerError(call, known)
    const known = toPublicError(error, call.entry, (cause) => this.report(call.entry, cause))
    if (known instanceof Promise) known.then(answer, (cause: unknown) => this.report(call.entry, cause))
    else answer(known)
  }

  #answerError(call: DispatchedCall, { code, message, data }: PublicError): void {
    if (this.#running.get(call.id) !== call) return
    let payload: Payload | undefined
    try {
      payload = this.#encode(data, { schema: call.entry.def.errors[code], form: call.form })
    } catch (error) {
      this.#finishFailed(call, error)
      return
    }
    this.#forget(call, code)
    this.#options.link.fail(call.id, { code, message, data: payload })
  }

  #startListening(call: DispatchedCall, guardEnd: (() => void) | undefined): void {
    const { link, topics } = this.#options
    // Kept for long: what came with the call is not.
    const { id, entry } = call
    const endGuard = (): void => {
      if (guardEnd !== undefined) runQuietly(guardEnd, (error) => void this.report(entry, error))
    }
    if (topics === undefined || this.#running.get(call.id) !== call) {
      endGuard()
      return
    }
    const params = entry.def.params === undefined ? undefined : this.#setting.codec.encodeCanonical(call.input)
    this.#forget(call, OK)
    const endTopic = topics.listen(id, entry, params)
    this.#listening ??= new Map()
    this.#listening.set(id, () => {
      endTopic()
      endGuard()
    })
    link.succeed(id, undefined)
  }

  /** It may have been answered while the cancel was on its way. */
  #isThere(id: number): boolean {
    return this.#running.has(id) || this.#listening?.has(id) === true
  }

  #abort(id: number, reason: TautlineError): void {
    if (this.#queue?.drop(id) === true) {
      this.#setting.onSettled?.()
      return
    }
    const call = this.#running.get(id)
    if (call !== undefined) {
      this.#running.delete(id)
      this.#linger(call, call.abort(reason))
      call.arrived?.ended(reason.code)
      this.#setting.onSettled?.()
    }
    const endListening = this.#listening?.get(id)
    this.#listening?.delete(id)
    endListening?.()
  }

  #linger(call: DispatchedCall, ended: Promise<unknown> | undefined): void {
    if (ended === undefined) {
      this.#giveBack(call)
      return
    }
    this.#lingering++
    void ended.then(() => {
      this.#lingering--
      this.#giveBack(call)
    })
  }

  #giveBack({ entry }: DispatchedCall): void {
    const kind = BUDGET_KIND_OF[entry.kind]
    if (kind !== undefined) this.#options.budget?.end(kind)
  }

  #forget(call: DispatchedCall, code: string): void {
    this.#running.delete(call.id)
    call.stream?.finish()
    this.#giveBack(call)
    call.arrived?.ended(code)
    this.#setting.onSettled?.()
  }

  #fail(id: number, { code, message, data }: PublicError): void {
    this.#options.link.fail(id, { code, message, data: this.#encode(data, UNSHAPED) })
  }

  #encode(value: unknown, shape: Shape): Payload | undefined {
    if (value instanceof Packed) return value.payload
    return encodeShaped(this.#setting.codec, shape, { value, validated: true })
  }

  #reportUnlessAbort(call: DispatchedCall, error: unknown): void {
    if (!(error instanceof Error && error.name === 'AbortError')) this.report(call.entry, error)
  }

  /** @returns the id by which the caller may speak of the error */
  report(entry: ProcedureEntry, error: unknown): string {
    const { createErrorId, onError } = this.#setting
    const id = createErrorId()
    onError({ id, error, procedure: entry.path, connection: this.#options.connection })
    return id
  }
}
