import { describe, expect, test } from 'vitest'
import { MAX_NUMBER_KEYS, ValueExtension } from './extension-types.ts'
import type { Payload } from './frame.ts'
import { UnserialisableError } from './unserialisable-error.ts'
import { createValueCodec } from './value-codec.ts'

const codec = createValueCodec()
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const bigints = (count: number): bigint[] => numbers(count).map((index) => BigInt(index + 1) << 64n)
const strings = (count: number): string[] => numbers(count).map(String)
const pairs = <K>(keys: readonly K[]): [K, null][] => keys.map((key) => [key, null])

/** What no honest end sends. */
function byHand(type: number, array: readonly unknown[]): Payload {
  const contents = codec.encode(array)
  const payload = new Uint8Array(6 + contents.byteLength)
  new DataView(payload.buffer).setUint32(1, contents.byteLength)
  payload[0] = 0xc9
  payload[5] = type
  payload.set(contents, 6)
  return payload
}

const most: readonly (readonly [string, unknown])[] = [
  ['numbers in a Set', new Set(numbers(MAX_NUMBER_KEYS))],
  ['numbers as keys of a Map', new Map(pairs(numbers(MAX_NUMBER_KEYS)))],
  ['bigints in a Set', new Set(bigints(MAX_NUMBER_KEYS / 4))],
  ['strings in a Set', new Set(strings(MAX_NUMBER_KEYS + 1))],
  ['numbers in an array', numbers(MAX_NUMBER_KEYS + 1)],
]

const tooMany: readonly (readonly [string, unknown, Payload])[] = [
  ['numbers in a Set', new Set(numbers(MAX_NUMBER_KEYS + 1)), byHand(ValueExtension.Set, numbers(MAX_NUMBER_KEYS + 1))],
  [
    'numbers as keys of a Map',
    new Map(pairs(numbers(MAX_NUMBER_KEYS + 1))),
    byHand(ValueExtension.Map, pairs(numbers(MAX_NUMBER_KEYS + 1)).flat()),
  ],
  [
    'bigints in a Set',
    new Set(bigints(MAX_NUMBER_KEYS / 4 + 1)),
    byHand(ValueExtension.Set, bigints(MAX_NUMBER_KEYS / 4 + 1)),
  ],
]

describe('keys that are numbers', () => {
  test.each(most)('travel up to the limit: %s', (_, value) => {
    expect(codec.decode(codec.encode(value))).toEqual(value)
  })

  test.each(tooMany)('are refused one past it at both ends: %s', (_, value, payload) => {
    expect(() => codec.encode(value)).toThrow(UnserialisableError)
    expect(() => codec.decode(payload)).toThrow(RangeError)
  })

  test('count over all of a value', () => {
    const half = new Set(numbers(MAX_NUMBER_KEYS / 2))
    expect(codec.decode(codec.encode([half, half]))).toEqual([half, half])
    expect(() => codec.encode([half, half, new Set([1])])).toThrow(UnserialisableError)
  })
})
