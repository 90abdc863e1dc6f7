import { describe, expect, test } from 'vitest'
import type { ItemBatch } from '../protocol/frame.ts'
import { createValueCodec } from '../protocol/value-codec.ts'
import { plainLists } from './forms.ts'
import { ItemSender } from './item-sender.ts'
import { createRecordingLink } from './link.fixture.ts'

const codec = createValueCodec()
/** Of a list, at most. */
const HEAD_BYTES = 5

interface Room {
  items?: number
  bytes?: number
  readonly batchBytes?: number
}

/** A sender with the credit and the connection that are asked for. What it sends takes from the credit. */
function setUp({ items = 1_000, bytes = 1_000_000, batchBytes = 1_000_000 }: Room = {}, mayGoOn = () => true) {
  const room = { items, bytes, batchBytes }
  const sent: ItemBatch[] = []
  const told: [items: number, bytes: number][] = []
  const flushes = new Set<() => void>()
  const sender = new ItemSender({
    link: {
      ...createRecordingLink(),
      itemRoom: () => (room.items > 0 && room.bytes > 0 ? { ...room } : undefined),
      sendItems(_id, batch) {
        room.items -= batch.count
        room.bytes -= batch.values.byteLength + (batch.resumes?.byteLength ?? 0)
        sent.push(batch)
      },
      itemsCollected(count, byteLength) {
        told.push([count, byteLength])
        return mayGoOn()
      },
      collect: (flush) => void flushes.add(flush),
    },
    id: 1,
    lists: plainLists(codec),
  })
  const endTurn = (): void => {
    for (const flush of flushes) flush()
    flushes.clear()
  }
  /** Adds while there is room. */
  const addAll = (values: readonly unknown[]): number => {
    let added = 0
    for (const value of values) {
      if (!sender.hasRoom()) break
      sender.add(value)
      added += 1
    }
    return added
  }
  const batches = (): unknown[] => sent.map(({ values, count }) => codec.decodeList(values, count))
  return { sender, room, sent, told, endTurn, addAll, batches }
}

const text = (bytes: number): string => 'a'.repeat(bytes - 2)

describe('an item sender', () => {
  test('keeps the items of a turn together, and sends nothing in a turn without any', () => {
    const { sender, batches, endTurn } = setUp()
    for (const item of [1, 2, 3]) sender.add(item)
    expect(batches()).toEqual([])
    endTurn()
    sender.add(4)
    endTurn()
    endTurn()
    sender.flush()
    expect(batches()).toEqual([[1, 2, 3], [4]])
  })

  test('has room for as many items as there is credit for, and none past it', () => {
    const { addAll, sender, batches, room } = setUp({ items: 100 })
    expect(addAll(Array.from({ length: 101 }, () => 0))).toBe(100)
    expect(batches()).toHaveLength(1)
    expect(sender.hasRoom()).toBe(false)
    room.items = 1
    expect(addAll([1, 2])).toBe(1)
    expect(batches()).toHaveLength(2)
  })

  test('lets the item pass that reaches the last byte, and none behind it', () => {
    const { addAll, sent } = setUp({ bytes: 3 * 100 })
    expect(addAll([text(100), text(100), text(99), 1])).toBe(3)
    expect(sent).toHaveLength(1)
    const less = setUp({ bytes: 3 * 100 })
    expect(less.addAll([text(100), text(100), text(98), 1, 2])).toBe(4)
  })

  test('fills a batch to its last byte, and begins another with the item that would pass it', () => {
    const full = setUp({ batchBytes: HEAD_BYTES + 300 })
    full.addAll([text(100), text(100), text(100)])
    full.endTurn()
    expect(full.sent.map(({ count }) => count)).toEqual([3])

    const over = setUp({ batchBytes: HEAD_BYTES + 300 })
    over.addAll([text(100), text(100), text(101)])
    expect(over.sent.map(({ count }) => count)).toEqual([2])
    over.addAll(['x'])
    over.endTurn()
    expect(over.batches()).toEqual([
      [text(100), text(100)],
      [text(101), 'x'],
    ])
  })

  test('sends an item alone that is larger than a batch, at once', () => {
    const { addAll, sent } = setUp({ batchBytes: 300 })
    addAll(['x', text(1_000)])
    expect(sent.map(({ count }) => count)).toEqual([1, 1])
  })

  test('stops where the connection has had enough, and tells it of every item and byte', () => {
    let left = 3
    const { addAll, sent, told } = setUp({}, () => --left > 0)
    addAll(Array.from({ length: 65 }, () => 1))
    expect(sent.map(({ count }) => count)).toEqual([65])
    const items = told.reduce((sum, [count]) => sum + count, 0)
    const bytes = told.reduce((sum, [, byteLength]) => sum + byteLength, 0)
    expect([items, bytes]).toEqual([65, 65 + HEAD_BYTES])
  })

  test('tells the connection of every item and byte also where a batch overflows', () => {
    const { addAll, endTurn, told, sent } = setUp({ batchBytes: HEAD_BYTES + 300 })
    addAll([text(100), text(100), text(101), text(100)])
    endTurn()
    expect(sent).toHaveLength(2)
    expect(told.reduce((sum, [count]) => sum + count, 0)).toBe(4)
  })

  test('gives each item its resume value, and the others none', () => {
    const { sender, sent, endTurn } = setUp()
    sender.add('a')
    sender.add('b', 2)
    sender.add('c')
    sender.add('d', 4)
    endTurn()
    sender.add('e')
    endTurn()
    const resumes = sent.map((batch) => batch.resumes && codec.decodeList(batch.resumes, batch.count))
    expect(resumes).toEqual([[undefined, 2, undefined, 4], [undefined]])
  })

  test('keeps resume values with their items where a batch overflows', () => {
    const { sender, sent, endTurn } = setUp({ batchBytes: 300 })
    for (let n = 0; n < 5; n += 1) sender.add(text(100), n)
    endTurn()
    const resumes = sent.map((batch) => batch.resumes && codec.decodeList(batch.resumes, batch.count))
    expect(resumes).toEqual([[0, 1], [2, 3], [4]])
  })

  test.each([
    ['an item', (sender: ItemSender) => sender.add({ save: () => 1 }, 2)],
    ['a resume value', (sender: ItemSender) => sender.add('b', () => 1)],
  ])('is as it was after %s that cannot be sent', (_what, add) => {
    const { sender, sent, batches, endTurn } = setUp()
    sender.add('a', 1)
    expect(() => add(sender)).toThrow('a function')
    sender.add('c', 3)
    endTurn()
    expect(batches()).toEqual([['a', 'c']])
    expect(sent.map(({ resumes }) => resumes && codec.decodeList(resumes, 2))).toEqual([[1, 3]])
  })

  test('sends an item whose credit has gone meanwhile, by itself', () => {
    const { sender, room, batches } = setUp({ items: 1 })
    expect(sender.hasRoom()).toBe(true)
    room.items = 0
    sender.add(1)
    expect(batches()).toEqual([[1]])
  })
})
