import type { ItemBatch, Meta, Payload, ProcedureRef } from '../protocol/frame.ts'
import type { CallerEffect } from '../session/effect.ts'
import { IdTable } from '../session/id-table.ts'
import { assertNever } from './assert-never.ts'
import type { CallerSide, SessionLink } from './link.ts'

/*
 * What this end asks of the other over one connection: which id belongs to whom, until it is settled. Owns: the tables of
 * open ids. Must not know: values, contracts, whether a lost call is repeated on the next connection.
 */

/** How a call, stream or topic of ours can fail. After one of these its sink hears nothing more. */
export interface FailureSink {
  error(code: string, message: string, data: Payload | undefined): void
  /** Our deadline has passed. */
  timeout(): void
  /** @param unsent whether it has certainly never left this end, so that it may be sent again */
  lost(unsent: boolean): void
}

export interface CallSink extends FailureSink {
  ok(output: Payload | undefined): void
}

export interface StreamSink extends FailureSink {
  /** They must be reported by `itemsConsumed` of the link once the application took them. */
  arrived(batch: ItemBatch): void
  end(): void
  /** There is credit again for items of ours. */
  writable(): void
}

export interface ListenSink extends FailureSink {
  accepted(): void
}

export interface CallRequest {
  readonly procedure: ProcedureRef
  readonly input: Payload | undefined
  readonly timeoutMs: number | undefined
  readonly meta: Meta | undefined
  /** `false` keeps everything under this id out of compressed messages. */
  readonly compress: boolean
}

export interface StreamRequest extends CallRequest {
  readonly resume: Payload | undefined
  /** Whether this end sends items too. */
  readonly duplex: boolean
}

export interface ListenRequest {
  readonly event: ProcedureRef
  readonly params: Payload | undefined
}

export type EventListener = (event: ProcedureRef, params: Payload | undefined, payload: Payload | undefined) => void

/** Sinks must not throw: nothing of them does but what the application gets to see, and that is called elsewhere. */
export class Caller implements CallerSide {
  readonly link: SessionLink
  readonly #onEvent: EventListener
  readonly #calls = new IdTable<CallSink>()
  readonly #streams = new IdTable<StreamSink>()
  readonly #topics = new IdTable<ListenSink>()
  #isLost = false

  /** @param onEvent takes the events of all topics: they name the topic, not who listens */
  constructor(link: SessionLink, onEvent: EventListener) {
    this.link = link
    this.#onEvent = onEvent
  }

  /** Calls, streams and topics that are not settled. */
  get size(): number {
    return this.#calls.size + this.#streams.size + this.#topics.size
  }

  /** @returns the id to cancel it by. On a lost connection the sink is told so before this returns. */
  call(request: CallRequest, sink: CallSink): number {
    const { procedure, input, timeoutMs, meta } = request
    const id = this.#register(this.#calls, sink)
    if (!request.compress) this.link.sendPlain(id)
    this.link.call({ id, procedure, input, timeoutMs, meta })
    return id
  }

  open(request: StreamRequest, sink: StreamSink): number {
    const { procedure, input, timeoutMs, meta, resume, duplex } = request
    const id = this.#register(this.#streams, sink)
    if (!request.compress) this.link.sendPlain(id)
    this.link.open({ id, procedure, input, timeoutMs, meta, resume, duplex })
    return id
  }

  listen({ event, params }: ListenRequest, sink: ListenSink): number {
    const id = this.#register(this.#topics, sink)
    this.link.listen({ id, event, params })
    return id
  }

  /** The sink hears nothing more. Settled ids are no error. */
  cancel(id: number): void {
    if (this.#remove(id) !== undefined) this.link.cancel(id)
  }

  onCallerEffect(effect: CallerEffect): void {
    switch (effect.type) {
      case 'ok':
        this.#succeeded(effect.id, effect.output)
        break
      case 'error':
        this.#remove(effect.id)?.error(effect.code, effect.message, effect.data)
        break
      case 'timeout':
        this.#remove(effect.id)?.timeout()
        break
      case 'items':
        this.#streams.get(effect.id)?.arrived(effect)
        break
      case 'writable':
        this.#streams.get(effect.id)?.writable()
        break
      case 'end':
        this.#ended(effect.id)
        break
      case 'event':
        this.#onEvent(effect.event, effect.params, effect.payload)
        break
      default:
        assertNever(effect)
    }
  }

  onLost(): void {
    this.#isLost = true
    for (const table of [this.#calls, this.#streams, this.#topics]) {
      for (const [id, sink] of table.entries()) {
        // A sink told before may have cancelled this one.
        if (table.delete(id)) sink.lost(this.link.isUnsent(id))
      }
    }
  }

  #register<Sink extends FailureSink>(table: IdTable<Sink>, sink: Sink): number {
    const id = this.link.nextId()
    if (this.#isLost) sink.lost(true)
    else table.add(id, sink)
    return id
  }

  #succeeded(id: number, output: Payload | undefined): void {
    const call = this.#calls.get(id)
    if (call === undefined) {
      this.#topics.get(id)?.accepted()
      return
    }
    this.#calls.delete(id)
    call.ok(output)
  }

  #ended(id: number): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    stream?.end()
  }

  #remove(id: number): FailureSink | undefined {
    for (const table of [this.#calls, this.#streams, this.#topics]) {
      const sink = table.get(id)
      if (sink !== undefined) {
        table.delete(id)
        return sink
      }
    }
    return undefined
  }
}
