import { got } from '../contract/got.ts'
import type { Payload } from '../protocol/frame.ts'
import type { SessionLink } from './link.ts'

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

export interface EncodedItem {
  readonly value: Payload
  readonly resume: Payload | undefined
}

export interface ItemPumpOptions<Item> {
  readonly link: SessionLink
  readonly id: number
  readonly source: ItemSource<Item>
  readonly encode: (item: Item) => EncodedItem | Promise<EncodedItem>
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

/** Begins to pump. The owner tells the pump when there is credit, and when nobody wants the items any more. */
export function startItemPump<Item>(options: ItemPumpOptions<Item>): ItemPump {
  const { link, id } = options
  let state: 'running' | 'finished' = 'running'
  let iterator: AnyIterator<Item> | undefined
  let wake: (() => void) | undefined

  // A question, not a comparison: every wait may have changed the answer.
  const isRunning = (): boolean => state === 'running'

  const pump = async (): Promise<void> => {
    iterator = iteratorOf(options.source)
    while (isRunning()) {
      if (!link.canSendItem(id)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const next = iterator.next()
      // What is there at once is not waited for.
      const result = 'then' in next ? await next : next
      if (!isRunning()) return
      if (result.done === true) {
        finish()
        link.sendEnd(id)
        options.onEnd()
        return
      }
      const encoding = options.encode(result.value)
      const { value, resume } = encoding instanceof Promise ? await encoding : encoding
      if (isRunning()) link.sendItem(id, value, resume)
    }
  }

  const finish = (): void => {
    state = 'finished'
    iterator = undefined
  }

  const stop = (): Promise<void> | undefined => {
    const stopped = iterator
    finish()
    wake?.()
    return stopped && closeQuietly(stopped)
  }

  pump().catch((error: unknown) => {
    if (!isRunning()) return
    void stop()
    options.onFailure(error)
  })

  return {
    writable() {
      wake?.()
    },
    abort: () => (isRunning() ? stop() : undefined),
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
