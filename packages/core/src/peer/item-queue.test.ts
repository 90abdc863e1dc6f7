import { describe, expect, test } from 'vitest'
import { ItemQueue, type ItemQueueOptions } from './item-queue.ts'

function setUp(decode: ItemQueueOptions<number, string>['decode'] = (raw) => `item ${raw}`) {
  const log: string[] = []
  const queue = new ItemQueue<number, string>({
    decode(raw) {
      log.push(`decode ${raw}`)
      return decode(raw)
    },
    onConsumed: (byteLength) => log.push(`consumed ${byteLength}`),
    onCancel: () => log.push('cancel'),
  })
  return { queue, log }
}

const item = (raw: number) => ({ done: false, value: `item ${raw}` })
const DONE = { done: true, value: undefined }

describe('ItemQueue', () => {
  test('hands out items in the order they came, then is done', async () => {
    const { queue } = setUp()
    queue.push(1, 10)
    queue.push(2, 10)
    queue.end()
    const items: string[] = []
    for await (const each of queue) items.push(each)
    expect(items).toEqual(['item 1', 'item 2'])
    expect(await queue.next()).toEqual(DONE)
  })

  test('decodes an item and reports its bytes when it is taken, not when it comes', async () => {
    const { queue, log } = setUp()
    queue.push(1, 10)
    queue.push(2, 20)
    expect(log).toEqual([])
    expect(queue.size).toBe(2)
    await queue.next()
    expect(log).toEqual(['consumed 10', 'decode 1'])
    expect(queue.size).toBe(1)
  })

  test('gives an item at once to a reader that waits', async () => {
    const { queue, log } = setUp()
    const next = queue.next()
    queue.push(1, 10)
    expect(log).toEqual(['consumed 10', 'decode 1'])
    expect(await next).toEqual(item(1))
  })

  test('serves several waiting readers in their order', async () => {
    const { queue } = setUp()
    const all = Promise.all([queue.next(), queue.next(), queue.next()])
    queue.push(1, 1)
    queue.push(2, 1)
    queue.end()
    expect(await all).toEqual([item(1), item(2), DONE])
  })

  test('serves readers in their order while decoding takes time', async () => {
    const { queue } = setUp((raw) => Promise.resolve(`item ${raw}`))
    queue.push(1, 1)
    queue.push(2, 1)
    expect(await Promise.all([queue.next(), queue.next()])).toEqual([item(1), item(2)])
  })

  test('fails behind the items that came before, once', async () => {
    const { queue } = setUp()
    queue.push(1, 1)
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
    queue.push(1, 1)
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
    queue.push(1, 1)
    queue.push(2, 1)
    for await (const first of queue) {
      expect(first).toBe('item 1')
      break
    }
    queue.push(3, 1)
    expect(queue.size).toBe(0)
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual(['consumed 1', 'decode 1', 'cancel'])
  })

  test('does not cancel a stream that has ended by itself', async () => {
    const { queue, log } = setUp()
    queue.push(1, 1)
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
  ])('stops and cancels when decoding %s', async (_how, decode) => {
    const { queue, log } = setUp(decode)
    queue.push(1, 1)
    queue.push(2, 1)
    await expect(queue.next()).rejects.toThrow('bad item')
    expect(await queue.next()).toEqual(DONE)
    expect(log).toEqual(['consumed 1', 'decode 1', 'cancel'])
  })

  test('drops what waits when it is aborted, fails once and cancels', async () => {
    const { queue, log } = setUp()
    queue.push(1, 1)
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
})
