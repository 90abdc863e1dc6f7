import type { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { Meta } from '../protocol/frame.ts'
import { type ArrivedCall, NO_META } from './call-observer.ts'
import type { PeerHandle } from './context.ts'
import { type Form, type Packed, packProven } from './forms.ts'
import type { Invocation } from './handler-run.ts'
import type { StreamEffect } from './link.ts'

/** What a call shares with the others of its connection. */
export interface CallSurroundings {
  readonly connection: PeerHandle
  readonly context: object
  readonly auth: unknown
  readonly setting: {
    readonly codec: PackingCodec
    readonly now: () => number
  }
}

interface CallRequest {
  readonly id: number
  readonly timeoutMs?: number | undefined
  readonly meta?: Meta | undefined
}

/** The stream half of a call: where its items go, and where the caller's come from. */
export interface CallStream {
  readonly resume: unknown
  readonly up: AsyncIterableIterator<unknown> | undefined
  deliver(source: unknown): Promise<void>
  onStreamEffect(effect: StreamEffect): void
  /**
   * Ends both directions at once: the handler's iterator is told to return, a reader of `up` gets `reason`.
   *
   * @returns when the iterator has returned; `undefined` where there is nothing to wait for
   */
  abort(reason: TautlineError): Promise<void> | undefined
  /** The handler is done: what still comes up is of no interest. */
  finish(): void
}

/** A call of the peer's that runs here, from its frame to its answer. */
export class DispatchedCall implements Invocation {
  readonly id: number
  readonly entry: ProcedureEntry
  readonly input: unknown
  /** In which values travel under it. */
  readonly form: Form
  readonly meta: Meta
  readonly stream: CallStream | undefined
  /** Who is told of it; `undefined` where nobody is. */
  readonly arrived: ArrivedCall | undefined
  /** The end of a handler that takes its time. */
  ended: Promise<void> | undefined
  readonly #surroundings: CallSurroundings
  readonly #deadline: number | undefined
  #controller: AbortController | undefined
  #abortedBy: TautlineError | undefined

  constructor(entry: ProcedureEntry, surroundings: CallSurroundings, parts: CallParts) {
    const { request } = parts
    this.entry = entry
    this.id = request.id
    this.input = parts.input
    this.form = parts.form
    this.meta = request.meta ?? NO_META
    this.stream = parts.stream
    this.arrived = parts.arrived
    this.#surroundings = surroundings
    this.#deadline = request.timeoutMs === undefined ? undefined : surroundings.setting.now() + request.timeoutMs
  }

  get context(): object {
    return this.#surroundings.context
  }

  get auth(): unknown {
    return this.#surroundings.auth
  }

  get connection(): PeerHandle {
    return this.#surroundings.connection
  }

  get timeLeftMs(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - this.#surroundings.setting.now())
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy)
    return this.#controller.signal
  }

  get resume(): unknown {
    return this.stream?.resume
  }

  get up(): AsyncIterableIterator<unknown> | undefined {
    return this.stream?.up
  }

  pack(output: unknown): Packed | undefined {
    return packProven(this.#surroundings.setting.codec, { schema: this.entry.def.output, form: this.form }, output)
  }

  deliver(source: unknown): Promise<void> {
    if (this.stream === undefined) throw new Error(`Expected a stream, got ${this.entry.kind} \`${this.entry.path}\``)
    return this.stream.deliver(source)
  }

  /** @returns when the handler has ended, which may take as long as it likes; `undefined` where it has already */
  abort(reason: TautlineError): Promise<unknown> | undefined {
    this.#abortedBy = reason
    const returned = this.stream?.abort(reason)
    this.#controller?.abort(reason)
    return this.ended && Promise.allSettled([this.ended, returned])
  }
}

export interface CallParts {
  readonly request: CallRequest
  readonly input: unknown
  readonly form: Form
  readonly stream: CallStream | undefined
  readonly arrived: ArrivedCall | undefined
}
