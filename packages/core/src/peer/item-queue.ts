/*
 * Items of one stream between the connection and the application's loop. It holds no more than the credit it was given out
 * for. Owns: items not yet taken, and waiting `next` calls. Must not know: frames, ids, codecs.
 */

export interface ItemQueueOptions<Raw, Item> {
  /** Runs when an item is taken, not when it arrives: what nobody reads is never decoded. */
  readonly decode: (raw: Raw) => Item | Promise<Item>
  /** An item of so many bytes was taken: its credit may go back. */
  readonly onConsumed: (byteLength: number) => void
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
export class ItemQueue<Raw, Item> implements AsyncIterableIterator<Item, undefined, undefined> {
  readonly #options: ItemQueueOptions<Raw, Item>
  readonly #items: { readonly raw: Raw; readonly byteLength: number }[] = []
  readonly #waiters: Waiter<Item>[] = []
  #state: QueueState = { type: 'open' }

  constructor(options: ItemQueueOptions<Raw, Item>) {
    this.#options = options
  }

  /** Items that arrived and were not taken. */
  get size(): number {
    return this.#items.length
  }

  push(raw: Raw, byteLength: number): void {
    if (this.#state.type !== 'open') return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#items.push({ raw, byteLength })
    else waiter.resolve(this.#take(raw, byteLength))
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
    this.#items.length = 0
    this.#failNext(error)
    if (type === 'open') this.#options.onCancel()
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const first = this.#items.shift()
    if (first !== undefined) return this.#take(first.raw, first.byteLength)
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

  async #take(raw: Raw, byteLength: number): Promise<IteratorResult<Item, undefined>> {
    this.#options.onConsumed(byteLength)
    try {
      const item = this.#options.decode(raw)
      return { done: false, value: item instanceof Promise ? await item : item }
    } catch (error) {
      this.#stop()
      throw error
    }
  }

  #stop(): void {
    const wasOpen = this.#state.type === 'open'
    this.#state = { type: 'done' }
    this.#items.length = 0
    this.#finishWaiters()
    if (wasOpen) this.#options.onCancel()
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
