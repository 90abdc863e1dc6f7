import { describe, expect, test } from 'vitest'
import { MAX_NUMBER_KEYS } from './extension-types.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Scanner } from './scan.ts'
import { createValueCodec } from './value-codec.ts'

const codec = createValueCodec()

function listOf(values: readonly unknown[]) {
  const list = codec.createList()
  for (const value of values) list.add(value)
  return list
}

describe('a list of values', () => {
  test.each([0, 1, 15, 16, 65_535, 65_536])('of %i values is the array of them', (count) => {
    const values = Array.from({ length: count }, (_, place) => place % 100)
    const list = listOf(values)
    expect(list.count).toBe(count)
    const mostBytes = list.byteLength
    const payload = list.take()
    expect(payload).toEqual(codec.encode(values))
    expect(payload.byteLength).toBeLessThanOrEqual(mostBytes)
    expect(codec.decodeList(payload, count)).toEqual(values)
    expect(list.count).toBe(0)
  })

  test('carries everything that a payload does', () => {
    const values = [undefined, null, -0, 1n, new Date(0), new Map([[1, new Set(['a'])]]), Uint8Array.of(1), { a: [] }]
    expect(codec.decodeList(listOf(values).take(), values.length)).toStrictEqual(values)
  })

  test('holds values as they were when they were added', () => {
    const row = { n: 1 }
    const bytes = Uint8Array.of(1)
    const list = listOf([row, bytes])
    row.n = 2
    bytes[0] = 2
    expect(codec.decodeList(list.take(), 2)).toEqual([{ n: 1 }, Uint8Array.of(1)])
  })

  test('is not changed by what is taken next, however large it was', () => {
    for (const length of [10, 100_000]) {
      const list = listOf(['a'.repeat(length)])
      const first = list.take()
      list.add('b'.repeat(length))
      list.take()
      expect(codec.decodeList(first, 1)).toEqual(['a'.repeat(length)])
    }
  })

  test('gives all but the last, which is the first of the next', () => {
    const list = listOf([1, 2, 'three'])
    expect(codec.decodeList(list.takeAllButLast(), 2)).toEqual([1, 2])
    expect(list.count).toBe(1)
    list.add(4)
    expect(codec.decodeList(list.take(), 2)).toEqual(['three', 4])
  })

  test('forgets the last on demand, and is as it was where one cannot be encoded', () => {
    const list = listOf([1, 2])
    list.dropLast()
    expect(() => list.add({ save: () => 1 })).toThrow('a function at `save`')
    list.add(3)
    expect(codec.decodeList(list.take(), 2)).toEqual([1, 3])
  })

  test('holds each value to the bounds of one payload', () => {
    const keys = new Set(Array.from({ length: MAX_NUMBER_KEYS }, (_, key) => key))
    const payload = listOf([keys, keys]).take()
    expect(codec.decodeList(payload, 2)).toEqual([keys, keys])
    expect(() => codec.decode(payload)).toThrow(RangeError)
    const list = listOf([])
    expect(() => list.add(new Set([...keys, -1]))).toThrow('numbers')
  })
})

describe('a list that was received', () => {
  test.each([
    ['too few values', [1, 2], 3],
    ['too many values', [1, 2, 3], 2],
    ['no array', { a: 1 }, 1],
    ['a string', 'ab', 2],
    ['undefined', undefined, 1],
  ])('is refused with %s', (_what, value, count) => {
    const payload = codec.encode(value)
    new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)
    expect(() => codec.decodeList(payload, count)).toThrow(`Expected a list of ${count} values`)
  })
})
