import { describe, expect, test } from 'vitest'
import { createValueCodec } from '../protocol/value-codec.ts'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { plainLists } from './forms.ts'
import { type ItemSource, type ReadableSource, startItemPump } from './item-pump.ts'
import { ItemSender } from './item-sender.ts'
import { createRecordingLink } from './link.fixture.ts'

const clock = createVirtualClock()
const codec = createValueCodec()

function setUp(
  source: ItemSource<number>,
  items = Number.POSITIVE_INFINITY,
  add?: (item: number, sender: ItemSender) => void | Promise<void>,
) {
  const link = createRecordingLink()
  link.items = items
  const { log } = link
  const sender = new ItemSender({ link, id: 1, lists: plainLists(codec) })
  const pump = startItemPump<number>({
    link,
    id: 1,
    source,
    sender,
    add: (item) => (add === undefined ? sender.add(item) : add(item, sender)),
    onEnd: () => log.push('ended'),
    onFailure: (error) => log.push(`failed: ${String(error)}`),
  })
  const settle = async (): Promise<void> => {
    await clock.settle()
    link.endTurn()
  }
  return { link, log, pump, settle }
}

function readable(cancelled: string[], values: readonly number[]): ReadableStream<number> {
  return new ReadableStream({
    start(controller) {
      for (const value of values) controller.enqueue(value)
      if (values.length > 0) controller.close()
    },
    cancel() {
      cancelled.push('cancelled')
    },
  })
}

async function* asynchronously(values: readonly number[]): AsyncGenerator<number> {
  yield* values
}

function* synchronously(values: readonly number[]): Generator<number> {
  yield* values
}

describe('an item pump', () => {
  test.each<[string, () => ItemSource<number>]>([
    ['an array', () => [1, 2, 3]],
    ['a generator', () => synchronously([1, 2, 3])],
    ['an async generator', () => asynchronously([1, 2, 3])],
    ['a ReadableStream', () => readable([], [1, 2, 3])],
  ])('sends every item of %s, then the end', async (_what, source) => {
    const { log, settle } = setUp(source())
    await settle()
    expect(log).toEqual(['items 1 [1,2,3]', 'end 1', 'ended'])
  })

  test('asks for no item that it has no credit for', async () => {
    const asked: number[] = []
    async function* endless(): AsyncGenerator<number> {
      for (let item = 1; ; item++) {
        asked.push(item)
        yield item
      }
    }
    const { link, log, pump, settle } = setUp(endless(), 2)
    await settle()
    expect(asked).toEqual([1, 2])
    link.items = 1
    pump.writable()
    await settle()
    expect(asked).toEqual([1, 2, 3])
    expect(log).toEqual(['items 1 [1,2]', 'items 1 [3]'])
    void pump.abort()
  })

  test('waits on when it is woken without credit', async () => {
    const { log, pump, settle } = setUp([1], 0)
    pump.writable()
    await settle()
    expect(log).toEqual([])
    void pump.abort()
  })

  test('waits for items that take time to encode, in order', async () => {
    const add = (item: number, sender: ItemSender) => Promise.resolve(item * 2).then((twice) => sender.add(twice))
    const { log, settle } = setUp([1, 2], 5, add)
    await settle()
    expect(log).toEqual(['items 1 [2,4]', 'end 1', 'ended'])
  })

  test('reports a source that fails, behind its items', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1
      throw new Error('no more')
    }
    const { log, settle } = setUp(failing())
    await settle()
    expect(log).toEqual(['items 1 [1]', 'failed: Error: no more'])
  })

  test('reports an item that cannot be encoded, and closes the source', async () => {
    let closed = false
    function* source(): Generator<number> {
      try {
        yield 1
        yield 2
      } finally {
        closed = true
      }
    }
    const add = (): never => {
      throw new Error('not serialisable')
    }
    const { log, settle } = setUp(source(), 5, add)
    await settle()
    expect(log).toEqual(['failed: Error: not serialisable'])
    expect(closed).toBe(true)
  })

  test('reports what is no source at all', async () => {
    for (const [source, got] of [
      [42, '`42` (number)'],
      [undefined, '`undefined`'],
      [{}, 'an object (Object)'],
    ] as const) {
      const { log, settle } = setUp(source as unknown as ItemSource<number>)
      await settle()
      expect(log).toEqual([`failed: TypeError: Expected something to read items from, got ${got}`])
    }
  })

  test('reads a stream of another realm or library by its reader', async () => {
    const inner = readable([], [7, 8])
    const stream: ReadableSource<number> = { getReader: () => inner.getReader() }
    const { log, settle } = setUp(stream)
    await settle()
    expect(log).toEqual(['items 1 [7,8]', 'end 1', 'ended'])
  })

  test('takes a string, which is an iterable as well', async () => {
    const { log, settle } = setUp('78' as Iterable<string> as unknown as ItemSource<number>)
    await settle()
    expect(log).toEqual(['items 1 ["7","8"]', 'end 1', 'ended'])
  })
})

describe('aborting an item pump', () => {
  test('closes a source that waits for credit', async () => {
    let closed = false
    async function* source(): AsyncGenerator<number> {
      try {
        yield 1
        yield 2
      } finally {
        closed = true
      }
    }
    const { log, pump, settle } = setUp(source(), 1)
    await settle()
    void pump.abort()
    await settle()
    expect(closed).toBe(true)
    expect(log).toEqual(['items 1 [1]'])
  })

  test('calls `return` while `next` has not answered, and takes nothing that comes later', async () => {
    let answer: ((result: IteratorResult<number>) => void) | undefined
    let returned = 0
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<number>>((resolve) => {
            answer = resolve
          }),
        async return() {
          returned++
          return { done: true, value: undefined }
        },
      }),
    }
    const { log, pump, settle } = setUp(source)
    await settle()
    void pump.abort()
    expect(returned).toBe(1)
    answer?.({ done: false, value: 1 })
    await settle()
    expect(log).toEqual([])
    void pump.abort()
    expect(returned).toBe(1)
  })

  test('cancels a ReadableStream while a read has not answered', async () => {
    const cancelled: string[] = []
    const { log, pump, settle } = setUp(readable(cancelled, []))
    await settle()
    void pump.abort()
    await settle()
    expect(cancelled).toEqual(['cancelled'])
    expect(log).toEqual([])
  })

  test.each<[string, () => Promise<IteratorResult<number>>]>([
    [
      'throws',
      () => {
        throw new Error('in return')
      },
    ],
    ['rejects', () => Promise.reject(new Error('in return'))],
  ])('contains a `return` that %s', async (_how, onReturn) => {
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: onReturn,
      }),
    }
    const { log, pump, settle } = setUp(source, 1)
    await settle()
    void pump.abort()
    await settle()
    expect(log).toEqual(['items 1 [1]'])
  })

  test('takes nothing that fails later', async () => {
    let fail: ((error: Error) => void) | undefined
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<number>>((_resolve, reject) => {
            fail = reject
          }),
      }),
    }
    const { log, pump, settle } = setUp(source)
    await settle()
    void pump.abort()
    fail?.(new Error('late'))
    await settle()
    expect(log).toEqual([])
  })
})
