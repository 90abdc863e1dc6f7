import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Payload } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Scanner } from './scan.ts'
import { UnserialisableError } from './unserialisable-error.ts'
import { createValueCodec, payloadKey } from './value-codec.ts'

const codec = createValueCodec()

function scanned(payload: Payload): Payload {
  expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
  return payload
}

function roundTrip(value: unknown): unknown {
  return codec.decode(scanned(codec.encode(value)))
}

describe('values arrive as what they were', () => {
  test.each([
    ['undefined everywhere', [undefined, { a: undefined, b: [undefined] }, new Map([[undefined, undefined]])]],
    ['-0 everywhere', [-0, { a: -0 }, new Set([[-0]])]],
    ['numbers past 2^53', [2 ** 53, -(2 ** 53), 2 ** 64, Number.MAX_VALUE, Number.MIN_VALUE]],
    ['dates', [new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15), new Date(2 ** 34 * 1000)]],
    ['large bigints', [2n ** 8191n - 1n, -(2n ** 8191n)]],
    [
      'maps in maps',
      new Map<unknown, unknown>([[new Map([[{ a: 1n }, new Set([new Date(1)])]]), new Uint8Array([1])]]),
    ],
    ['a byte order mark in front of long text', `\u{FEFF}${'x'.repeat(300)}`],
    ['an array of 70,000', Array.from({ length: 70_000 }, (_, i) => i % 3)],
    ['an object of 70,000', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))],
    ['text of 70,000 bytes', 'ü'.repeat(35_000)],
    ['keys that objects inherit', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
    [
      'rows with the same keys, other keys, fewer keys, and keys that begin alike',
      [
        { a: 1, b: { a: 2, c: 3 } },
        { a: 4, b: 5 },
        { b: 6, a: 7 },
        { ab: 8 },
        { a: 9 },
        { ä: 10 },
        { '': 11 },
        { a: 12 },
      ],
    ],
    ['rows of more keys than are remembered', [wideRow(1), wideRow(2)]],
    ['64 levels', nest(64)],
    ['64 levels of maps', nestMaps(64)],
  ])('%s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value)
  })

  test('whatever can be made of them', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(roundTrip(value)).toStrictEqual(value)
      }),
    )
  })

  test('a view of part of a buffer: that part', () => {
    const shared = new Uint8Array([9, 9, 9, 9, 1, 0, 2, 0, 9, 9]).buffer
    expect(roundTrip(new Uint16Array(shared, 4, 2))).toStrictEqual(new Uint16Array([1, 2]))
    expect(roundTrip(new DataView(shared, 4, 2))).toStrictEqual(new DataView(new Uint8Array([1, 0]).buffer))
  })

  test('objects without a prototype, and of a subclass of Uint8Array: as the plain kind', () => {
    class Bytes extends Uint8Array {}
    expect(roundTrip(Object.assign(Object.create(null) as object, { a: 1 }))).toStrictEqual({ a: 1 })
    expect(roundTrip([new Bytes([1, 2])])).toStrictEqual([new Uint8Array([1, 2])])
    expect(roundTrip(new Bytes([1, 2]))).toStrictEqual(new Uint8Array([1, 2]))
  })

  test('holes in an array: as undefined', () => {
    const holes: unknown[] = [1]
    holes[2] = 2
    expect(roundTrip(holes)).toStrictEqual([1, undefined, 2])
  })

  test('the value given is not changed', () => {
    const value = Object.freeze({
      a: Object.freeze([undefined, -0]),
      b: new Map([[1, Object.freeze({ c: undefined })]]),
    })
    const before = structuredClone(value)
    codec.encode(value)
    expect(value).toStrictEqual(before)
  })
})

describe('values that cannot travel are refused with their path', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = [cycle]
  class Account {
    readonly owner = 'ada'
  }

  test.each<[string, unknown, (string | number)[], string]>([
    ['a function', { a: [1, () => 1] }, ['a', 1], 'a function'],
    ['a symbol', [Symbol('x')], [0], 'a symbol'],
    ['an error', { error: new RangeError('x') }, ['error'], 'an instance of RangeError'],
    ['an instance of a class', { account: new Account() }, ['account'], 'an instance of Account'],
    ['a promise', [Promise.resolve(1)], [0], 'an instance of Promise'],
    ['a regular expression', /x/, [], 'an instance of RegExp'],
    ['a weak map', new WeakMap(), [], 'an instance of WeakMap'],
    ['a boxed number', Object(1), [], 'an instance of Number'],
    [
      'an object with a prototype of its own',
      Object.create(Object.create(Object.prototype) as object),
      [],
      'an instance of Object',
    ],
    ['an invalid date', { at: new Date(Number.NaN) }, ['at'], 'an invalid Date'],
    ['half a surrogate pair', { text: 'x\uD800' }, ['text'], 'a string with half a surrogate pair'],
    ['half a surrogate pair in a key', { 'x\uDC00': 1 }, [], 'a string with half a surrogate pair'],
    ['the key __proto__', { a: JSON.parse('{"__proto__":1}') as unknown }, ['a'], 'the key `__proto__`'],
    ['a cycle', cycle, Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 'self' : 0)), 'a cycle'],
    ['a bigint past 1024 bytes', [2n ** 8191n], [0], 'a bigint of more than 1024 bytes'],
    ['below a key of a Map', new Map([['k', Symbol('x')]]), ['k'], 'a symbol'],
    [
      'below a key of a Map that is no word',
      new Map<unknown, unknown>([
        [1n, 1],
        [{}, Symbol('x')],
      ]),
      [1],
      'a symbol',
    ],
    ['a key of a Map', new Map([[Symbol('x'), 1]]), [0], 'a symbol'],
    ['a member of a Set', { s: new Set([1, Symbol('x')]) }, ['s', 1], 'a symbol'],
  ])('%s', (_, value, path, reason) => {
    expect(() => codec.encode(value)).toThrow(UnserialisableError)
    expect(() => codec.encode(value)).toThrow(expect.objectContaining({ path, reason }))
  })

  // Node 22 has none, so that no receiver could count on it: where there is one, it is refused like any other class.
  test('a typed array that not every runtime has', () => {
    class Halves {
      readonly byteLength = 2
    }
    const Float16: new () => object = Reflect.get(globalThis, 'Float16Array') ?? Halves
    const reason = `an instance of ${Float16.name}`
    expect(() => codec.encode([new Float16()])).toThrow(expect.objectContaining({ path: [0], reason }))
  })

  test('65 levels', () => {
    expect(() => codec.encode(nest(65))).toThrow('nesting deeper than 64')
    expect(() => codec.encode(nestMaps(65))).toThrow('nesting deeper than 64')
  })

  test('objects shared so often that they stand for more values than a message may hold', () => {
    let value: unknown = 'x'
    for (let i = 0; i < 60; i += 1) value = [value, value]
    expect(() => codec.encode(value)).toThrow('more than 1000000 values')
  })

  test.each([
    ['bytes', () => new Uint8Array(), 0],
    ['typed arrays', () => new Float64Array(), 0],
    ['Sets', () => new Set(), 0],
    ['Maps of one entry', () => new Map([['a', 'b']]), 2],
  ])('%s that count for more values than a message may hold: at the limit and one past it', (_, make, inside) => {
    const most = Math.floor((1_000_000 - 1) / (8 + inside))
    const values = Array.from({ length: most }, (): unknown => make())
    const payload = codec.encode(values)
    expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
    expect(() => codec.encode([...values, make()])).toThrow('more than 1000000 values')
  })

  test('a property that throws when read', () => {
    const cause = new Error('not now')
    const value = {
      a: {
        get b(): never {
          throw cause
        },
      },
    }
    expect(() => codec.encode(value)).toThrow(expect.objectContaining({ path: ['a'], cause }))
  })

  test('says where and what in a sentence', () => {
    expect(() => codec.encode({ user: { save: () => 1 } })).toThrow(
      'Expected a value that can be sent, got a function at `user.save`',
    )
    expect(() => codec.encode(/x/)).toThrow('got an instance of RegExp at the value itself')
  })

  test('and the codec goes on', () => {
    expect(() => codec.encode([1, Symbol('x')])).toThrow(UnserialisableError)
    expect(roundTrip([1, 2])).toEqual([1, 2])
  })
})

describe('bytes and the memory they lie in', () => {
  const inMessage = (payload: Payload): Payload => {
    const message = new Uint8Array(payload.byteLength + 2).fill(0xee)
    message.set(payload, 1)
    return message.subarray(1, 1 + payload.byteLength)
  }

  test('below 64 KiB: copied, so that the buffer is theirs alone', () => {
    const [small] = codec.decode(inMessage(codec.encode([new Uint8Array(64 * 1024 - 1)]))) as [Uint8Array]
    expect(small.buffer.byteLength).toBe(64 * 1024 - 1)
  })

  test('from 64 KiB on: a view of their own message', () => {
    const payload = inMessage(codec.encode([new Uint8Array(64 * 1024)]))
    const [large] = codec.decode(payload) as [Uint8Array]
    expect(large.buffer).toBe(payload.buffer)
    expect(large.byteLength).toBe(64 * 1024)
  })

  test('typed arrays: always copied, to an aligned buffer of their own', () => {
    const numbers = Float64Array.from({ length: 20_000 }, (_, i) => i)
    const decoded = codec.decode(inMessage(codec.encode(numbers))) as Float64Array
    expect(decoded).toStrictEqual(numbers)
    expect(decoded.buffer.byteLength).toBe(160_000)
  })

  test('what was encoded is not changed by what is encoded next', () => {
    const first = codec.encode({ a: 1 })
    const before = first.slice()
    codec.encode({ a: 2, large: new Uint8Array(300_000) })
    codec.encode({ a: 3 })
    expect(first).toEqual(before)
  })
})

describe('encoding inside of an encoding', () => {
  test('from a property that is read', () => {
    const value = {
      get nested(): unknown {
        return codec.decode(codec.encode(new Map([[1, { x: new Set([2]) }]])))
      },
    }
    expect(roundTrip(value)).toStrictEqual({ nested: new Map([[1, { x: new Set([2]) }]]) })
  })
})

describe('canonical form', () => {
  test('equal objects give equal bytes, whatever the order of their keys, at all levels', () => {
    const one = { b: [{ d: 1, c: undefined }], a: new Map([['k', { f: 1, e: 2 }]]) }
    const two = { a: new Map([['k', { e: 2, f: 1 }]]), b: [{ c: undefined, d: 1 }] }
    expect(codec.encodeCanonical(one)).toEqual(codec.encodeCanonical(two))
    expect(codec.encode(one)).not.toEqual(codec.encode(two))
    expect(codec.decode(scanned(codec.encodeCanonical(one)))).toEqual(one)
  })

  test('a payload key tells payloads apart', () => {
    const keys = [undefined, null, 0, '0', false, {}, [], { room: 'a' }, { room: 'b' }].map((value) =>
      payloadKey(codec.encodeCanonical(value)),
    )
    expect(new Set(keys).size).toBe(keys.length)
    expect(payloadKey(codec.encodeCanonical({ a: 1, b: 2 }))).toBe(payloadKey(codec.encodeCanonical({ b: 2, a: 1 })))
  })
})

function wideRow(value: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`column ${i}`, value]))
}

function nest(levels: number): unknown {
  let value: unknown = null
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

function nestMaps(levels: number): unknown {
  let value: unknown = null
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? new Map([[1, value]]) : new Set([value])
  return value
}

const leaf = fc.oneof(
  fc.constantFrom(null, undefined, true, false, -0, Number.NaN, Infinity),
  fc.double(),
  fc.maxSafeInteger(),
  fc.string({ unit: 'grapheme' }),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.int16Array(),
  fc.float32Array({ noNaN: true }),
  fc.float64Array(),
  fc.uint8Array().map((bytes) => new DataView(bytes.slice().buffer)),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
)

const { anyValue } = fc.letrec<{ anyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie('anyValue'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      tie('anyValue'),
      { maxKeys: 5, noNullPrototype: true },
    ),
    fc.array(fc.tuple(tie('anyValue'), tie('anyValue')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('anyValue'), { maxLength: 4 }).map((members) => new Set(members)),
  ),
}))
