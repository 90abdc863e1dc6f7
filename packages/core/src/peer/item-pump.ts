import { got } from '../contract/got.ts'
import type { ItemSender } from './item-sender.ts'
import type { SessionLink } from './link.ts'
import type { MaybePromise } from './maybe-promise.ts'

/*
 * The application's items on their way into a stream. The next item is asked for only when the peer has granted credit for
 * it, so a reader that pauses stops the producer. Owns: the iterator. Must not know: contracts, codecs, transports.
 */

/** Whatever can be iterated: arrays, generators, async generators, and streams of the platform. */
export type ItemSource<Item> = Iterable<Item> | AsyncIterable<Item> | ReadableSource<Item>

/**
 * A `ReadableStream`, by what is used of it: so it may be of any library, and the compiler compares what is neither with
 * iterables instead.
 */
export interface ReadableSource<Item> {
  getReader(): {
    read(): Promise<IteratorResult<Item, unknown>>
    cancel(): Promise<void>
  }
}

export interface ItemPumpOptions<Item> {
  readonly link: SessionLink
  readonly id: number
  readonly source: ItemSource<Item>
  readonly sender: ItemSender
  /** Checks an item and adds it to the sender; where that takes time, what it adds comes out of a promise. */
  readonly add: (item: Item) => MaybePromise<void>
  /** The source is exhausted and END is sent. */
  readonly onEnd: () => void
  /** The source, or encoding one of its items, failed; the source is closed. The owner settles the id. */
  readonly onFailure: (error: unknown) => void
}

export interface ItemPump {
  /** There is credit again. */
  writable(): void
  /**
   * Stops: neither `onEnd` nor `onFailure` follows. The source's `return` is called at once, even if it has not yet
   * answered the last `next`.
   *
   * @returns when the source has ended; `undefined` where it has already
   */
  abort(): Promise<void> | undefined
}

type AnyIterator<Item> = Iterator<Item, unknown> | AsyncIterator<Item, unknown>

type PumpState<Item> =
  /** At work, or waiting for the source, or for a check that takes time. */
  | { readonly type: 'pumping'; readonly iterator: AnyIterator<Item> }
  | { readonly type: 'waits for room'; readonly iterator: AnyIterator<Item> }
  | { readonly type: 'finished' }

const FINISHED: { readonly type: 'finished' } = Object.freeze({ type: 'finished' })

/** Begins to pump. The owner tells the pump when there is credit, and when nobody wants the items any more. */
export function startItemPump<Item>(options: ItemPumpOptions<Item>): ItemPump {
  return new Pump(options)
}

/** No promise of its own and no closure per item: a generator that always has one costs little more than its own promises. */
class Pump<Item> implements ItemPump {
  readonly #options: ItemPumpOptions<Item>
  #state: PumpState<Item> = FINISHED
  readonly #onResult = (result: IteratorResult<Item, unknown>): void => this.#goOn(result)
  readonly #onAdded = (): void => this.#goOn(undefined)
  readonly #onError = (error: unknown): void => this.#fail(error)

  constructor(options: ItemPumpOptions<Item>) {
    this.#options = options
    try {
      this.#state = { type: 'pumping', iterator: iteratorOf(options.source) }
    } catch (error) {
      options.onFailure(error)
    }
    this.#goOn(undefined)
  }

  writable(): void {
    if (this.#state.type !== 'waits for room') return
    this.#state = { type: 'pumping', iterator: this.#state.iterator }
    this.#goOn(undefined)
  }

  abort(): Promise<void> | undefined {
    const state = this.#state
    this.#state = FINISHED
    return state.type === 'finished' ? undefined : closeQuietly(state.iterator)
  }

  /** Takes what the source has answered, and asks it on for as long as there is room and it answers at once. */
  #goOn(answered: IteratorResult<Item, unknown> | undefined): void {
    try {
      if (answered !== undefined && !this.#take(answered)) return
      // A look each time: any call out of this class may have stopped it.
      for (let state = this.#state; state.type === 'pumping'; state = this.#state) {
        const { iterator } = state
        if (!this.#options.sender.hasRoom()) {
          this.#state = { type: 'waits for room', iterator }
          return
        }
        const next = iterator.next()
        if ('then' in next) {
          // What is no promise of the platform may answer before `then` returns.
          const later = next instanceof Promise ? next : Promise.resolve(next)
          later.then(this.#onResult, this.#onError)
          return
        }
        if (!this.#take(next)) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Returns whether the next one can be asked for at once. */
  #take(result: IteratorResult<Item, unknown>): boolean {
    if (this.#state.type !== 'pumping') return false
    if (result.done === true) {
      this.#end()
      return false
    }
    const adding = this.#options.add(result.value)
    if (adding === undefined) return true
    adding.then(this.#onAdded, this.#onError)
    return false
  }

  #end(): void {
    const { sender, link, id, onEnd } = this.#options
    this.#state = FINISHED
    sender.flush()
    link.sendEnd(id)
    onEnd()
  }

  #fail(error: unknown): void {
    const state = this.#state
    if (state.type === 'finished') return
    this.#state = FINISHED
    void closeQuietly(state.iterator)
    this.#options.sender.flush()
    this.#options.onFailure(error)
  }
}

function iteratorOf<Item>(source: ItemSource<Item>): AnyIterator<Item> {
  // Where no compiler looked it may be anything; a string is an iterable too, but knows no `in`.
  const found = Object(source) as Partial<AsyncIterable<Item> & Iterable<Item> & ReadableSource<Item>>
  // First, since the iterator of a stream would not cancel it before its last read is answered.
  if (typeof found.getReader === 'function') return readerOf(found.getReader())
  const iterator = found[Symbol.asyncIterator]?.() ?? found[Symbol.iterator]?.()
  if (iterator === undefined) throw new TypeError(`Expected something to read items from, got ${got(source)}`)
  return iterator
}

function readerOf<Item>(reader: ReturnType<ReadableSource<Item>['getReader']>): AsyncIterator<Item, unknown> {
  return {
    next: () => reader.read(),
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

/** The application no longer hears of it, so what goes wrong while closing concerns nobody. */
async function closeQuietly(iterator: AnyIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // Also a synchronous `return` that throws.
  }
}
