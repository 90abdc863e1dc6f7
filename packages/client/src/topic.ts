/**
 * One topic of an event: the server is asked for it once, however many listen here.
 *
 * Owns: its listeners, asking for it again on the next connection. Must not know: other topics, how events find theirs.
 * Normative text: PROTOCOL.md, "Events".
 */
import { type ProcedureEntry, TautlineError } from '@tautline/core'
import type { Form, ListenSink, ToldError } from '@tautline/core/peer'
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

/** Where it is listened to; told apart by identity, for two of them may overlap. */
interface ListeningPlace extends Place {
  id: number
}

export class Topic implements Intent {
  serial = 0
  readonly deadlineAt = undefined
  readonly isRepeatable = true
  readonly #line: Line
  readonly #name: TopicName
  readonly #onOver: () => void
  /** Each with what ends it. */
  readonly #listeners = new Map<Listener, () => void>()
  readonly #ready = Promise.withResolvers<void>()
  /** `accepted`: at least once; from then on a pause of the line is bridged. */
  #state: 'new' | 'asking' | 'accepted' | 'over' = 'new'
  #place: ListeningPlace | undefined
  /** Where it is listened to as well, until the next server has accepted. */
  #oldPlace: ListeningPlace | undefined
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

  receive(payload: Payload | undefined, form: Form): void {
    // What comes ahead of the answer was meant for listeners that have left: what follows them is missing.
    if (this.#state === 'asking') return
    try {
      const value = this.#line.reader.read(payload, { schema: this.#name.entry.def.payload, form })
      if (value instanceof Promise || this.#validating > 0) this.#receiveLater(value)
      else this.#tell((listener) => listener.receive(value))
    } catch (fault) {
      this.#line.report(fault)
    }
  }

  /** Listened to at both until the new one has accepted, so that nothing is missed. */
  handOver({ caller }: Carrier): void {
    if (this.#place?.caller !== caller) return
    this.#oldPlace = this.#place
    this.#place = undefined
    this.#line.intents.again(this)
  }

  attach(carrier: Carrier): void {
    const { entry, params } = this.#name
    const place: ListeningPlace = { caller: carrier.caller, id: 0 }
    this.#place = place
    place.id = carrier.caller.listen({ event: carrier.refOf(entry), params }, this.#sinkFor(place))
  }

  #sinkFor(place: ListeningPlace): ListenSink {
    return {
      accepted: () => this.#accepted(),
      error: (code, message, data) => this.#refused(place, { code, message, data }),
      // Listening has no deadline.
      timeout: () => {},
      lost: () => this.#lost(place),
    }
  }

  /** The line has stopped. A topic that was accepted before stays for when it starts again. */
  abandon({ code, message }: Failure): void {
    if (this.#state !== 'accepted' || code === 'CLIENT_CLOSED') this.#end(new TautlineError(code, { message }))
  }

  #accepted(): void {
    if (this.#state === 'accepted') this.#tell(({ options }) => options.onGap?.({ reason: 'connection-lost' }))
    this.#state = 'accepted'
    this.#leaveOldPlace()
    this.#ready.resolve()
  }

  /** The server refuses, or ends what it had accepted. */
  #refused(place: ListeningPlace, told: ToldError): void {
    if (place === this.#oldPlace) {
      this.#oldPlace = undefined
      return
    }
    this.#place = undefined
    const error = this.#line.reader.readError(told, this.#name.entry.def.errors, 'plain')
    if (error instanceof Promise) error.then((late) => this.#end(late), this.#line.report)
    else this.#end(error)
  }

  #lost(place: ListeningPlace): void {
    if (place === this.#oldPlace) {
      this.#oldPlace = undefined
      return
    }
    this.#place = undefined
    this.#line.intents.again(this)
  }

  #leaveOldPlace(): void {
    const old = this.#oldPlace
    this.#oldPlace = undefined
    old?.caller.cancel(old.id)
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
    this.#leaveOldPlace()
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
