/**
 * One topic of an event: the server is asked for it once, however many listen here.
 *
 * Owns: its listeners, asking for it again on the next connection. Must not know: other topics, how events find theirs.
 * Normative text: PROTOCOL.md, "Events".
 */
import { type ProcedureEntry, TautlineError } from '@tautline/core'
import type { ListenSink } from '@tautline/core/peer'
import type { Payload } from '@tautline/core/protocol'
import type { Listening, ListenOptions } from './client-types.ts'
import type { Failure, Intent } from './intents.ts'
import type { Carrier, Line, Place } from './line.ts'

export interface Listener {
  readonly receive: (payload: unknown) => void
  readonly options: ListenOptions
}

/** What is asked for. */
export interface TopicName {
  readonly entry: ProcedureEntry
  /** Encoded canonically, so that equal params are equal bytes. */
  readonly params: Payload | undefined
}

export class Topic implements Intent, ListenSink {
  readonly deadlineAt = undefined
  readonly #line: Line
  readonly #name: TopicName
  readonly #onOver: () => void
  /** Each with what ends it. */
  readonly #listeners = new Map<Listener, () => void>()
  readonly #ready = Promise.withResolvers<void>()
  /** `accepted`: at least once; from then on a pause of the line is bridged. */
  #state: 'new' | 'asking' | 'accepted' | 'over' = 'new'
  #place: Place | undefined
  /** Whether somebody learns from `ready` that the server refuses. */
  #readyAsked = false
  /** Events that wait for an asynchronous schema, and the end of their queue. */
  #validating = 0
  #validated: Promise<void> | undefined

  constructor(line: Line, name: TopicName, onOver: () => void) {
    this.#line = line
    this.#name = name
    this.#onOver = onOver
    // Whoever is interested awaits it; others must not be told of an unhandled rejection.
    this.#ready.promise.catch(() => {})
  }

  get byteLength(): number {
    return this.#name.params?.byteLength ?? 0
  }

  add(listener: Listener): Listening {
    const { signal } = listener.options
    const off = (): void => {
      this.#release(listener)
      if (this.#listeners.size === 0) this.#end(new TautlineError('CANCELLED', { cause: signal?.reason }))
    }
    this.#listeners.set(listener, off)
    signal?.addEventListener('abort', off)
    if (signal?.aborted === true) off()
    else if (this.#state === 'new') this.#ask()
    return new ActiveListening(off, () => this.#askReady())
  }

  receive(payload: Payload | undefined): void {
    try {
      const value = this.#line.reader.read(payload, this.#name.entry.def.payload)
      if (value instanceof Promise || this.#validating > 0) this.#receiveLater(value)
      else this.#tell((listener) => listener.receive(value))
    } catch (fault) {
      this.#line.report(fault)
    }
  }

  attach(carrier: Carrier): void {
    const { entry, params } = this.#name
    const id = carrier.caller.listen({ event: carrier.refOf(entry), params }, this)
    this.#place = { caller: carrier.caller, id }
  }

  /** The line has stopped. A topic that was accepted before stays for when it starts again. */
  abandon({ code, message }: Failure): void {
    if (this.#state !== 'accepted' || code === 'CLIENT_CLOSED') this.#end(new TautlineError(code, { message }))
  }

  accepted(): void {
    if (this.#state === 'accepted') this.#tell(({ options }) => options.onGap?.({ reason: 'connection-lost' }))
    this.#state = 'accepted'
    this.#ready.resolve()
  }

  /** The server refuses, or ends what it had accepted. */
  error(code: string, message: string, data: Payload | undefined): void {
    this.#place = undefined
    const error = this.#line.reader.readError({ code, message, data }, this.#name.entry.def.errors)
    if (error instanceof Promise) error.then((late) => this.#end(late), this.#line.report)
    else this.#end(error)
  }

  timeout(): void {
    // Listening has no deadline.
  }

  lost(): void {
    this.#place = undefined
    this.#line.intents.again(this)
  }

  /** In the order in which the events came, though one may take longer to validate than the next. */
  #receiveLater(value: unknown): void {
    this.#validating++
    this.#validated = Promise.allSettled([value, this.#validated]).then(([validation]) => {
      this.#validating--
      if (validation.status === 'rejected') this.#line.report(validation.reason)
      else this.#tell((listener) => listener.receive(validation.value))
    })
  }

  #tell(what: (listener: Listener) => void): void {
    for (const listener of Array.from(this.#listeners.keys())) {
      // Another listener may have ended this one.
      if (!this.#listeners.has(listener)) continue
      try {
        what(listener)
      } catch (error) {
        this.#line.report(error)
      }
    }
  }

  #ask(): void {
    this.#state = 'asking'
    this.#line.intents.add(this)
  }

  #askReady(): Promise<void> {
    this.#readyAsked = true
    return this.#ready.promise
  }

  #release(listener: Listener): void {
    const off = this.#listeners.get(listener)
    if (off === undefined) return
    this.#listeners.delete(listener)
    listener.options.signal?.removeEventListener('abort', off)
  }

  #end(error: TautlineError): void {
    if (this.#state === 'over') return
    const nobodyKnows = this.#state === 'accepted' || !this.#readyAsked
    this.#state = 'over'
    const place = this.#place
    this.#place = undefined
    this.#line.intents.remove(this)
    this.#onOver()
    place?.caller.cancel(place.id)
    this.#ready.reject(error)
    for (const listener of this.#listeners.keys()) this.#release(listener)
    // Ended by this side: that is no news.
    const isOurs = error.code === 'CANCELLED' || error.code === 'CLIENT_CLOSED'
    if (nobodyKnows && !isOurs) this.#line.report(error)
  }
}

class ActiveListening implements Listening {
  readonly off: () => void
  readonly #askReady: () => Promise<void>

  constructor(off: () => void, askReady: () => Promise<void>) {
    this.off = off
    this.#askReady = askReady
  }

  get ready(): Promise<void> {
    return this.#askReady()
  }

  [Symbol.dispose](): void {
    this.off()
  }
}
