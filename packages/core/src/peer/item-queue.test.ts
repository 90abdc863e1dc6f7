import { describe, expect, test } from 'vitest'
import type { ItemBatch } from '../protocol/frame.ts'
import { ItemQueue } from './item-queue.ts'

/** So many bytes that say which items they are: the first, and those that follow. */
function batch(first: number, byteLength: number, count = 1): ItemBatch {
  return { count, values: new Uint8Array(byteLength).fill(first), resumes: undefined }
}

function setUp(check: (value: unknown) => string | Promise<string> = (value) => `item ${String(value)}`) {
  const log: string[] = []
  const queue = new ItemQueue<string>({
    decode({ values, count }) {
      log.push(`decode ${values[0]}`)
      return {
        values: Array.from({ length: count }, (_, place) => (values[0] ?? 0) + place),
        resumes: Array.from({ length: count }, (_, place) => (place % 2 === 0 ? place : undefined)),
        proven: false,
      }
    },
    check,
    onTaken: (resume) => resumes.push(resume),
    onConsumed: ({ items, bytes }) => log.push(`consumed ${items} of ${bytes}`),
    onCancel: () => log.push('cancel'),
  })
  const resumes: unknown[] = []
  return { queue, log, resumes }
}

const item = (raw: number) => ({ done: false, value: `item ${raw}` })
const DONE = { done: true, value: undefined }

describe('ItemQueue', () => {
  test('hands out items in the order they came, then is done', async () => {
    const { queue } = setUp()
    queue.push(batch(1, 10))
    queue.push(batch(2, 10))
    queue.end()
    const items: string[] = []
    for await (const each of queue) items.push(each)
    expect(items).toEqual(['item 1', 'item 2'])
    expect(await queue.next()).toEqual(DONE)
  })

  test('decodes an item and reports its bytes when it is taken, not when it comes', async () => {
    const { queue, log } = setUp()
    queue.push(batch(1, 10))
    queue.push(batch(2, 20))
    expect(log).toEqual([])
    expect(queue.size).toBe(2)
    await queue.next()
    expect(log).toEqual(['consumed 1 of 10', 'decode 1'])
    expect(queue.size).toBe(1)
  })

  test('gives an item at once to a reader that waits', async () => {
    const { queue, log } = setUp()
    const next = queue.next()
    queue.push(batch(1, 10))
    expect(log).toEqual(['consumed 1 of 10', 'decode 1'])
    expect(await next).toEqual(item(1))
  })

  test('serves several waiting readers in their order', async () => {
    const { queue } = setUp()
    const all = Promise.all([queue.next(), queue.next(), queue.next()])
    queue.push(batch(1, 1))
    queue.push(batch(2, 1))
    queue.end()
    expect(await all).toEqual([item(1), item(2), DONE])
  })

  test('serves readers in their order while checking takes time', async () => {
    const { queue } = setUp((value) => Promise.resolve(`item ${String(value)}`))
    queue.push(batch(1, 1))
    queue.push(batch(2, 1))
    expect(await Promise.all([queue.next(), queue.next()])).toEqual([item(1), item(2)])
  })

  test('fails behind the items that came before, once', async () => {
    const { queue } = setUp()
    queue.push(batch(1, 1))
    queue.fail(new Error('lost'))
    expect(await queue.next()).toEqual(item(1))
    await expect(queue.next()).rejects.toThrow('lost')
    expect(await queue.next()).toEqual(DONE)
  })

  test('fails the first of several waiting readers and ends the others', async () => {
    const { queue } = setUp()
    const [first, second] = [queue.next(), queue.next()]
    queue.fail(new Error('lost'))
    await expect(first).rejects.toThrow('lost')
    expect(await second).toEqual(DONE)
  })

  test('ignores what comes after the end', async () => {
    const { queue, log } = setUp()
    queue.end()
    queue.push(batch(1, 1))
    queue.fail(new Error('late'))
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual([])
  })

  test('lets `return` interrupt readers that wait, and cancels once', async () => {
    const { queue, log } = setUp()
    const waiting = [queue.next(), queue.next()]
    expect(await queue.return()).toEqual(DONE)
    expect(await Promise.all(waiting)).toEqual([DONE, DONE])
    await queue.return()
    expect(log).toEqual(['cancel'])
  })

  test('drops what was not taken when the reader stops', async () => {
    const { queue, log } = setUp()
    queue.push(batch(1, 1))
    queue.push(batch(2, 1))
    for await (const first of queue) {
      expect(first).toBe('item 1')
      break
    }
    queue.push(batch(3, 1))
    expect(queue.size).toBe(0)
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual(['consumed 1 of 1', 'decode 1', 'cancel'])
  })

  test('does not cancel a stream that has ended by itself', async () => {
    const { queue, log } = setUp()
    queue.push(batch(1, 1))
    queue.end()
    await queue.return()
    expect(log).toEqual([])
  })

  test('rejects with the error given to `throw`, and cancels', async () => {
    const { queue, log } = setUp()
    await expect(queue.throw(new Error('mine'))).rejects.toThrow('mine')
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual(['cancel'])
  })

  test.each([
    [
      'fails',
      () => {
        throw new Error('bad item')
      },
    ],
    ['rejects', () => Promise.reject(new Error('bad item'))],
  ])('stops and cancels when checking an item %s', async (_how, check) => {
    const { queue, log } = setUp(check)
    queue.push(batch(1, 1))
    queue.push(batch(2, 1))
    await expect(queue.next()).rejects.toThrow('bad item')
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual(['consumed 1 of 1', 'decode 1', 'cancel'])
  })

  test('drops what waits when it is aborted, fails once and cancels', async () => {
    const { queue, log } = setUp()
    queue.push(batch(1, 1))
    queue.abort(new Error('aborted'))
    await expect(queue.next()).rejects.toThrow('aborted')
    expect(await queue.next()).toEqual(DONE)
    queue.abort(new Error('again'))
    expect(log).toEqual(['cancel'])
  })

  test('cancels when it is disposed of', async () => {
    const { queue, log } = setUp()
    await queue[Symbol.asyncDispose]()
    expect(log).toEqual(['cancel'])
  })

  test('decodes a batch once, and tells its credit back at the middle and at the end', async () => {
    const { queue, log } = setUp()
    queue.push(batch(1, 9, 3))
    queue.push(batch(4, 8, 4))
    expect(queue.size).toBe(7)
    const seen: string[] = []
    for (let n = 1; n <= 7; n += 1) {
      const { value } = await queue.next()
      seen.push(`${value}: ${log.splice(0).join(', ')}`)
    }
    expect(seen).toEqual([
      'item 1: consumed 1 of 3, decode 1',
      'item 2: ',
      'item 3: consumed 2 of 6',
      'item 4: decode 4',
      'item 5: consumed 2 of 4',
      'item 6: ',
      'item 7: consumed 2 of 4',
    ])
    expect(queue.size).toBe(0)
  })

  test('tells the resume value of what was taken, and of nothing behind it', async () => {
    const { queue, resumes } = setUp()
    queue.push(batch(1, 9, 3))
    expect(resumes).toEqual([])
    await queue.next()
    expect(resumes).toEqual([0])
    await queue.next()
    await queue.next()
    expect(resumes).toEqual([0, undefined, 2])
  })

  test('shares a batch out among readers that wait', async () => {
    const { queue } = setUp()
    const all = [queue.next(), queue.next(), queue.next()]
    queue.push(batch(1, 2, 2))
    expect(await all[0]).toEqual(item(1))
    expect(await all[1]).toEqual(item(2))
    queue.push(batch(3, 2, 2))
    expect(await all[2]).toEqual(item(3))
    expect(queue.size).toBe(1)
  })

  test('fails in the middle of a batch, and gives out none that are behind', async () => {
    const { queue, log } = setUp((value) => {
      if (value === 2) throw new Error('bad item')
      return `item ${String(value)}`
    })
    queue.push(batch(1, 3, 3))
    expect(await queue.next()).toEqual(item(1))
    await expect(queue.next()).rejects.toThrow('bad item')
    expect(await queue.next()).toEqual(DONE)
    expect(queue.size).toBe(0)
    expect(log.at(-1)).toBe('cancel')
  })
})
