/**
 * One subscription or duplex: a stream of items for the application, over as many connections as its kind allows.
 *
 * Owns: where a subscription goes on after a lost connection, and when it cannot. Must not know: when there is a
 * connection, how much credit there is. Normative text: PROTOCOL.md, "Streams".
 */
import { type Outcome, TautlineError } from '@tautline/core'
import {
  addItem,
  type DecodedItems,
  deadlineAfter,
  encodeValue,
  type Form,
  formOf,
  type ItemPump,
  ItemQueue,
  ItemSender,
  type ItemSource,
  itemShapesOf,
  type MadeCall,
  plainLists,
  reshape,
  type StreamSink,
  startItemPump,
} from '@tautline/core/peer'
import type { ItemBatch, Payload } from '@tautline/core/protocol'
import { cancelled, type Request } from './call.ts'
import type { Gap, SubscribeOptions } from './client-types.ts'
import type { Failure, Intent } from './intents.ts'
import type { Carrier, Line, Place } from './line.ts'

/** What a stream was asked for: one with `up` is a duplex. */
export interface StreamRequest extends Request<SubscribeOptions<unknown>> {
  readonly resume: Payload | undefined
  readonly up: ItemSource<unknown> | undefined
  /** Who is told of it. */
  readonly made: MadeCall | undefined
}

/** Encoded by the application's options, or told with an item. */
type ResumePoint =
  | { readonly type: 'encoded'; readonly payload: Payload }
  | { readonly type: 'told'; readonly value: unknown }

export class StreamCall implements Intent, StreamSink {
  serial = 0
  readonly deadlineAt: number | undefined
  readonly items: ItemQueue<unknown>
  readonly #line: Line
  readonly #request: StreamRequest
  readonly #onAbort: (() => void) | undefined
  #place: Place | undefined
  /** Of what comes, by the connection that it is opened on. */
  #form: Form = 'plain'
  /** Runs from the first credit on: before that nothing is taken from the application's source. */
  #pump: ItemPump | undefined
  /** Where to go on: of the last item taken that had a resume value. */
  #resume: ResumePoint | undefined
  #outcome: Outcome = 'not-sent'
  /** Lost with items that nobody has taken yet: opened again when they are, so that they are never more than one window. */
  #againWhenTaken = false
  #made: MadeCall | undefined

  constructor(line: Line, request: StreamRequest) {
    const { timeoutMs, signal } = request.options
    this.#line = line
    this.#request = request
    this.#made = request.made
    this.#resume = request.resume && { type: 'encoded', payload: request.resume }
    this.deadlineAt = deadlineAfter(line.clock.now(), timeoutMs)
    this.items = new ItemQueue({
      decode: (batch, form) => this.#decode(batch, form),
      check: (item) => this.#line.reader.check(item, this.#request.entry.def.output),
      onTaken: (resume) => this.#taken(resume),
      onConsumed: ({ items, bytes }) => this.#consumed(items, bytes),
      onCancel: () => this.#done(),
    })
    if (signal !== undefined) {
      this.#onAbort = () => this.abort(cancelled(signal, this.#outcomeNow()))
      signal.addEventListener('abort', this.#onAbort)
    }
  }

  get byteLength(): number {
    return this.#request.input.payload?.byteLength ?? 0
  }

  /** Of the last item taken that had one. */
  get lastResume(): unknown {
    const point = this.#resume
    return point?.type === 'encoded' ? this.#line.codec.decode(point.payload) : point?.value
  }

  get isRepeatable(): boolean {
    return this.#request.up === undefined && this.#request.entry.def.resume !== undefined
  }

  /** From where the application has got to. One that cannot resume stays, for as long as the server lets it. */
  handOver({ caller }: Carrier): void {
    const place = this.#place
    if (place?.caller !== caller || !this.isRepeatable) return
    this.#place = undefined
    if (!caller.link.isUnsent(place.id)) this.#outcome = 'unknown'
    caller.cancel(place.id)
    this.#resumeLater()
  }

  attach({ caller, refOf }: Carrier): void {
    const { entry, input, options, up } = this.#request
    const timeoutMs = this.deadlineAt === undefined ? undefined : this.deadlineAt - this.#line.clock.now()
    const procedure = refOf(entry)
    this.#form = formOf(procedure)
    const request = {
      procedure,
      input: reshape(this.#line.codec, input, { schema: entry.def.input, form: this.#form }),
      timeoutMs,
      meta: options.meta,
      compress: entry.def.compress,
      resume: this.#resumePayload(),
      duplex: up !== undefined,
    }
    const id = caller.open(request, this)
    this.#place = { caller, id }
    // On a connection that is open already the credit came before the id.
    if (caller.link.itemRoom(id) !== undefined) this.writable()
  }

  /** What is here and not taken is dropped. */
  abort(error: unknown): void {
    this.#tellEnd(error)
    this.items.abort(error)
  }

  abandon({ code, message }: Failure): void {
    this.#fail(new TautlineError(code, { message, outcome: this.#outcomeNow() }))
  }

  arrived(batch: ItemBatch): void {
    this.items.push(batch, this.#form)
  }

  writable(): void {
    const { up } = this.#request
    if (up === undefined || this.#place === undefined) return
    if (this.#pump === undefined) this.#pump = this.#startPump(up, this.#place)
    else this.#pump.writable()
  }

  end(): void {
    this.items.end()
    this.#place = undefined
    this.#done()
  }

  error(code: string, message: string, data: Payload | undefined): void {
    this.#place = undefined
    // Without a resume value there is nothing to restart from that has not just been refused.
    if (code === 'GAP' && this.#resume !== undefined && this.#request.options.onGap !== undefined) {
      this.#restart({ reason: 'refused' })
      return
    }
    const error = this.#line.reader.readError({ code, message, data }, this.#request.entry.def.errors, this.#form)
    if (error instanceof Promise) error.then((late) => this.#fail(late), this.#line.report)
    else this.#fail(error)
  }

  timeout(): void {
    this.abandon({ code: 'TIMEOUT' })
  }

  lost(unsent: boolean): void {
    this.#place = undefined
    if (!unsent) this.#outcome = 'unknown'
    if (unsent && this.#pump === undefined) this.#line.intents.again(this)
    else if (this.#request.up !== undefined) this.abandon({ code: 'CONNECTION_LOST' })
    else this.#goOn()
  }

  #goOn(): void {
    const { entry, options } = this.#request
    const mayResume = entry.def.resume !== undefined || this.#resume !== undefined
    if (mayResume) this.#resumeLater()
    else if (options.onGap === undefined) this.abandon({ code: 'GAP' })
    else this.#restart({ reason: 'connection-lost' })
  }

  #restart(gap: Gap): void {
    const { onGap } = this.#request.options
    this.#resume = undefined
    this.#made?.passed?.('gap')
    try {
      if (typeof onGap === 'function') onGap(gap)
    } catch (error) {
      this.#line.report(error)
    }
    this.#again()
  }

  #resumeLater(): void {
    this.#made?.passed?.('resumed')
    this.#again()
  }

  #again(): void {
    if (this.items.size === 0) this.#line.intents.again(this)
    else this.#againWhenTaken = true
  }

  #decode(batch: ItemBatch, form: Form): DecodedItems {
    return this.#line.reader.readItems(batch, itemShapesOf(this.#request.entry, form))
  }

  #taken(resume: unknown): void {
    if (resume !== undefined) this.#resume = { type: 'told', value: resume }
    if (this.#againWhenTaken && this.items.size === 0) {
      this.#againWhenTaken = false
      this.#line.intents.again(this)
    }
  }

  #resumePayload(): Payload | undefined {
    const point = this.#resume
    return point?.type === 'told' ? encodeValue(this.#line.codec, point.value) : point?.payload
  }

  #consumed(items: number, bytes: number): void {
    this.#place?.caller.link.itemsConsumed(this.#place.id, { items, bytes })
  }

  #startPump(source: ItemSource<unknown>, { caller, id }: Place): ItemPump {
    const { link } = caller
    const sender = new ItemSender({ link, id, lists: plainLists(this.#line.codec) })
    return startItemPump({
      link,
      id,
      source,
      sender,
      add: (item) => addItem(sender, item),
      onEnd: () => {},
      onFailure: (error) => this.#fail(error),
    })
  }

  #fail(error: unknown): void {
    this.items.fail(error)
    this.#tellEnd(error)
    this.#done()
  }

  #tellEnd(error?: unknown): void {
    this.#made?.ended(error)
    this.#made = undefined
  }

  #done(): void {
    this.#tellEnd()
    const place = this.#place
    this.#place = undefined
    this.#againWhenTaken = false
    this.#line.intents.remove(this)
    if (this.#onAbort !== undefined) this.#request.options.signal?.removeEventListener('abort', this.#onAbort)
    void this.#pump?.abort()
    place?.caller.cancel(place.id)
  }

  #outcomeNow(): Outcome {
    const place = this.#place
    return place === undefined || place.caller.link.isUnsent(place.id) ? this.#outcome : 'unknown'
  }
}
