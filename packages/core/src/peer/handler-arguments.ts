/**
 * What handlers and middleware are called with. Getters, because most handlers read few of the members and an
 * abort signal is dear to make.
 */
import type { ProcedureKind } from '../contract/procedure-types.ts'
import type { Meta } from '../protocol/frame.ts'
import type { PeerHandle } from './context.ts'
import type { AnyFail } from './handler-failure.ts'
import type { Invocation, Run } from './handler-run.ts'
import type { MiddlewareResult } from './middleware-types.ts'

export class HandlerArguments {
  readonly input: unknown
  readonly resume: unknown
  readonly ctx: object
  readonly fail: AnyFail
  readonly #invocation: Invocation

  constructor(run: Run, ctx: object) {
    this.input = run.input
    this.resume = run.resume
    this.ctx = ctx
    this.fail = run.bound.fail
    this.#invocation = run.invocation
  }

  /** Guards of events know their input by this name. */
  get params(): unknown {
    return this.input
  }

  get signal(): AbortSignal {
    return this.#invocation.signal
  }

  get timeLeftMs(): number | undefined {
    return this.#invocation.timeLeftMs
  }

  get meta(): Meta {
    return this.#invocation.meta
  }

  get auth(): unknown {
    return this.#invocation.auth
  }

  get connection(): PeerHandle {
    return this.#invocation.connection
  }

  get client(): PeerHandle['client'] {
    return this.#invocation.connection.client
  }

  get up(): AsyncIterableIterator<unknown> | undefined {
    return this.#invocation.up
  }
}

export class MiddlewareArguments extends HandlerArguments {
  readonly procedure: { readonly path: string; readonly kind: ProcedureKind }
  readonly next: (extra?: object) => Promise<MiddlewareResult<object>>

  constructor(run: Run, ctx: object, next: (extra?: object) => Promise<MiddlewareResult<object>>) {
    super(run, ctx)
    this.procedure = run.bound.entry
    this.next = next
  }
}
