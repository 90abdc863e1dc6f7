import type { ItemBatch } from '../protocol/frame.ts'
import type { CreditWindow } from '../session/credit.ts'
import { ArrivedBatch, type DecodedItems } from './arrived-batch.ts'
import type { Form } from './forms.ts'

/*
 * Items of one stream between the connection and the application's loop. It holds no more than the credit it was given out
 * for. Owns: items not yet taken, and waiting `next` calls. Must not know: frames, ids, codecs.
 */

export interface ItemQueueOptions<Item> {
  /** Runs when the first item of a batch is taken, not when it arrives: what nobody reads is never decoded. */
  readonly decode: (batch: ItemBatch, form: Form) => DecodedItems
  /** Runs when an item is taken that is not proven. */
  readonly check: (value: unknown) => Item | Promise<Item>
  /** An item is taken, with its resume value; those after it are not. */
  readonly onTaken?: (resume: unknown) => void
  /** Items were taken: their credit may go back. Told for half a batch at a time. */
  readonly onConsumed: (taken: CreditWindow) => void
  /** The application stopped before the end, or an item could not be decoded: cancel the stream. Called at most once. */
  readonly onCancel: () => void
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined> | Promise<IteratorResult<Item, undefined>>) => void
  readonly reject: (error: unknown) => void
}

type QueueState =
  | { readonly type: 'open' }
  /** Nothing more arrives; what is here can still be taken. */
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'done' }

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

/**
 * An async iterator for one consumer. Several `next()` at once are served in order. `return()` interrupts a `next()` that
 * waits, which the iterator of a generator could not.
 */
export class ItemQueue<Item> implements AsyncIterableIterator<Item, undefined, undefined> {
  readonly #options: ItemQueueOptions<Item>
  readonly #batches: ArrivedBatch[] = []
  readonly #waiters: Waiter<Item>[] = []
  #size = 0
  #state: QueueState = { type: 'open' }

  constructor(options: ItemQueueOptions<Item>) {
    this.#options = options
  }

  /** Items that arrived and were not taken. */
  get size(): number {
    return this.#size
  }

  /** @param form of the connection that it came over */
  push(batch: ItemBatch, form: Form = 'plain'): void {
    if (this.#state.type !== 'open') return
    this.#batches.push(new ArrivedBatch(batch, form))
    this.#size += batch.count
    while (this.#waiters.length > 0) {
      const [first] = this.#batches
      if (first === undefined) return
      this.#waiters.shift()?.resolve(this.#take(first))
    }
  }

  /** After the items that are here, the iteration is done. */
  end(): void {
    if (this.#state.type !== 'open') return
    this.#state = { type: 'ended' }
    this.#finishWaiters()
  }

  /** After the items that are here, the iteration fails: once, then it is done. */
  fail(error: unknown): void {
    if (this.#state.type === 'open') this.#failNext(error)
  }

  /** Fails at once: what is here is dropped, and the stream is cancelled. */
  abort(error: unknown): void {
    const { type } = this.#state
    if (type === 'done' || type === 'failed') return
    this.#drop()
    this.#failNext(error)
    if (type === 'open') this.#options.onCancel()
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const first = this.#batches[0]
    if (first !== undefined) return this.#take(first)
    const state = this.#state
    if (state.type === 'open') {
      return new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject })
      })
    }
    if (state.type === 'failed') {
      this.#state = { type: 'done' }
      return rejected(state.error)
    }
    return Promise.resolve(DONE)
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#stop()
    return Promise.resolve(DONE)
  }

  throw(error: unknown): Promise<IteratorResult<Item, undefined>> {
    this.#stop()
    return rejected(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** One promise per item and no function: all of a batch but the first come from memory. */
  #take(batch: ArrivedBatch): Promise<IteratorResult<Item, undefined>> {
    const { check, decode, onTaken } = this.#options
    const place = batch.next()
    this.#size -= 1
    if (batch.isTaken) this.#batches.shift()
    const taken = batch.consumed()
    if (taken !== undefined) this.#options.onConsumed(taken)
    try {
      const { values, resumes, proven } = batch.decoded(decode)
      // What is proven is what the schema says.
      const item = proven ? (values[place] as Item) : check(values[place])
      if (item instanceof Promise) return this.#later(item, resumes?.[place])
      onTaken?.(resumes?.[place])
      return Promise.resolve({ done: false, value: item })
    } catch (error) {
      this.#stop()
      return rejected(error)
    }
  }

  async #later(item: Promise<Item>, resume: unknown): Promise<IteratorResult<Item, undefined>> {
    this.#options.onTaken?.(resume)
    try {
      return { done: false, value: await item }
    } catch (error) {
      this.#stop()
      throw error
    }
  }

  #stop(): void {
    const wasOpen = this.#state.type === 'open'
    this.#state = { type: 'done' }
    this.#drop()
    this.#finishWaiters()
    if (wasOpen) this.#options.onCancel()
  }

  #drop(): void {
    this.#batches.length = 0
    this.#size = 0
  }

  #failNext(error: unknown): void {
    const waiter = this.#waiters.shift()
    this.#state = waiter === undefined ? { type: 'failed', error } : { type: 'done' }
    waiter?.reject(error)
    this.#finishWaiters()
  }

  #finishWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE)
  }
}

/** The application decides what its errors are: anything may be thrown. */
async function rejected(error: unknown): Promise<never> {
  throw error
}
