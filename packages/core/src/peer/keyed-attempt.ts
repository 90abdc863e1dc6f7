/**
 * One call with an idempotency key, on its way through middleware to its handler or to what an earlier one was answered.
 *
 * Owns: what its caller's cancel, deadline and lost connection mean at each stage. Must not know: keys, stores, answers.
 */
import { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { Meta } from '../protocol/frame.ts'
import type { PeerHandle } from './context.ts'
import type { Invocation } from './handler-run.ts'
import type { KeyedRun, Leaving } from './keyed-run.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { StoredResult } from './result-store.ts'

type Stage =
  /** In the middleware, or at the store. */
  | { readonly type: 'approaching' }
  /** Waits for a run that another call has begun. */
  | { readonly type: 'waiting'; readonly run: KeyedRun }
  /** Its own run: what comes of it is the result of the key. */
  | { readonly type: 'running'; readonly run: KeyedRun; readonly handler: 'running' | 'ended' }
  | { readonly type: 'over' }

export interface KeyedAttemptOptions {
  /** Claims the key, by `begin`, or gives what is known of it. Throws where neither can be. */
  readonly find: () => Promise<StoredResult | undefined>
  /** What a result that was stored is to the caller: an output, or an error that is thrown. */
  readonly read: (result: StoredResult) => unknown
}

export class KeyedAttempt implements Invocation {
  readonly entry: ProcedureEntry
  readonly input: unknown
  readonly context: object
  readonly auth: unknown
  readonly meta: Meta
  readonly connection: PeerHandle
  readonly resume: undefined
  readonly up: undefined
  readonly #call: Invocation
  readonly #options: KeyedAttemptOptions
  readonly #controller = new AbortController()
  readonly #onCallAbort = (): void => this.#leave()
  #stage: Stage = { type: 'approaching' }

  constructor(call: Invocation, options: KeyedAttemptOptions) {
    this.entry = call.entry
    this.input = call.input
    this.context = call.context
    this.auth = call.auth
    this.meta = call.meta
    this.connection = call.connection
    this.#call = call
    this.#options = options
    call.signal.addEventListener('abort', this.#onCallAbort)
  }

  /** Not that of the call: a run goes on when the connection is lost. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get timeLeftMs(): number | undefined {
    return this.#call.timeLeftMs
  }

  /** The run that is its own, with whether its handler still runs; `undefined` where there is none. */
  get own(): { readonly run: KeyedRun; readonly handler: 'running' | 'ended' } | undefined {
    return this.#stage.type === 'running' ? this.#stage : undefined
  }

  deliver(): Promise<void> {
    throw new Error(`Expected a call, got ${this.entry.kind} \`${this.entry.path}\``)
  }

  async once(handle: () => MaybePromise<unknown>): Promise<unknown> {
    const known = await this.#options.find()
    if (known !== undefined) return this.#options.read(known)
    try {
      return await handle()
    } finally {
      if (this.#stage.type === 'running') this.#stage = { ...this.#stage, handler: 'ended' }
    }
  }

  /** Whether nobody waits for it any more: callers cancel, and middleware need not wait for what follows it. */
  get isOver(): boolean {
    return this.signal.aborted || this.#stage.type === 'over'
  }

  throwIfOver(): void {
    this.signal.throwIfAborted()
    if (this.isOver) throw new TautlineError('CANCELLED')
  }

  /** The key is claimed for it: the handler is to run. */
  begin(run: KeyedRun): void {
    this.#stage = { type: 'running', run, handler: 'running' }
  }

  abort(reason: TautlineError): void {
    this.#controller.abort(reason)
  }

  /** What comes of another call's run; `undefined` where nothing has run. */
  async waitFor(run: KeyedRun): Promise<StoredResult | undefined> {
    this.throwIfOver()
    run.join()
    this.#stage = { type: 'waiting', run }
    const result = await this.unlessAborted(run.ended)
    this.throwIfOver()
    this.#stage = { type: 'approaching' }
    return result
  }

  /** What the promise resolves to; rejects as soon as nobody waits for it any more. */
  async unlessAborted<T>(promise: Promise<T>): Promise<T> {
    this.throwIfOver()
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => aborted.reject(this.signal.reason)
    this.signal.addEventListener('abort', onAbort)
    try {
      return await Promise.race([promise, aborted.promise])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  end(): void {
    const stage = this.#stage
    this.#stage = { type: 'over' }
    this.#call.signal.removeEventListener('abort', this.#onCallAbort)
    if (stage.type === 'waiting') stage.run.leave({ reason: new TautlineError('CANCELLED'), timeLeftMs: undefined })
  }

  #leave(): void {
    // Whoever aborts a call gives one of Tautline's errors for a reason.
    const leaving: Leaving = { reason: this.#call.signal.reason as TautlineError, timeLeftMs: this.timeLeftMs }
    const stage = this.#stage
    if (stage.type === 'running') {
      stage.run.leave(leaving)
      return
    }
    // From now on it has no part in the run: to leave it again would be to leave it for somebody else.
    this.#stage = { type: 'over' }
    this.abort(leaving.reason)
    if (stage.type === 'waiting') stage.run.leave(leaving)
  }
}
