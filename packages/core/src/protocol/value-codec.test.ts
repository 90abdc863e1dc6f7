import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from './limits.ts'
import { Scanner } from './scan.ts'
import { createValueCodec } from './value-codec.ts'

const codec = createValueCodec()

function roundTrip(value: unknown): unknown {
  const payload = codec.encode(value)
  expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
  return codec.decode(payload)
}

describe('values arrive as what they were', () => {
  test.each([
    ['null', null],
    ['undefined', undefined],
    ['negative zero', -0],
    ['nested', { a: [1, undefined, -0, { b: null }], c: 'ü'.repeat(100), d: 2 ** 53, e: Number.NaN, f: -Infinity }],
    ['dates', [new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15), new Date(1700000000123)]],
    ['bigints', [0n, 1n, -1n, 127n, 128n, -128n, -129n, 255n, 256n, 2n ** 64n, -(2n ** 70n), 2n ** 8000n]],
    [
      'map',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Set([1n, new Map([[undefined, -0]])])],
        ['x', null],
      ]),
    ],
    [
      'typed arrays',
      [
        new Float64Array([1, -0]),
        new Uint8Array([1, 2]),
        new Int16Array([-1]),
        new DataView(new ArrayBuffer(3)),
        new ArrayBuffer(2),
        new BigInt64Array([-5n]),
      ],
    ],
    ['byte order mark', '\uFEFF' + 'x'.repeat(300)],
  ])('%s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value)
  })
})
