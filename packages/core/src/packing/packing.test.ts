import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../contract/schema.ts'
import { validate } from '../contract/validate.ts'
import type { Payload } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Scanner } from '../protocol/scan.ts'
import { createValueCodec } from '../protocol/value-codec.ts'
import { fromHex, toHex } from '../protocol/vector-notation.fixture.ts'
import { Misfit } from './layout.ts'
import { createPacking, type Packer } from './packing.ts'
import { schemaAndValue } from './schema-and-value.fixture.ts'

const codec = createValueCodec()
const packing = createPacking(codec)

function packerOf(schema: Schema): Packer {
  const packer = packing.packerOf(schema)
  if (packer === undefined) throw new Error('Expected a schema that can be packed')
  return packer
}

function scanned(payload: Payload): Payload {
  expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
  return payload
}

type Arrival = { readonly as: unknown; readonly keys: string } | 'invalid' | 'unsendable'

/** What validation and plain values make of it. */
function plainly(schema: Schema, value: unknown): Arrival {
  const validation = validate(schema, value)
  if (validation instanceof Promise || !validation.ok) return 'invalid'
  try {
    return arrival(codec.decode(scanned(codec.encode(validation.value))))
  } catch {
    return 'unsendable'
  }
}

/** What packing makes of it behind validation, or in its place; `undefined` where it leaves it to others. */
function packed(schema: Schema, value: unknown): Arrival | undefined {
  const packer = packing.packerOf(schema)
  if (packer === undefined) return undefined
  const validation = packer.proves ? { ok: true as const, value } : validate(schema, value)
  if (validation instanceof Promise || !validation.ok) return 'invalid'
  const payload = packer.pack(validation.value)
  return payload && arrival(packer.unpack(scanned(payload)))
}

/** What arrives of it where nobody validates before; `undefined` where packing leaves it to others. */
function packedWhole(schema: Schema, value: unknown): unknown {
  const packer = packing.packerOf(schema)
  const payload = packer?.packWhole(value)
  return packer && payload && { as: packer.unpack(scanned(payload)) }
}

function arrival(value: unknown): Arrival {
  return { as: value, keys: keysOf(value) }
}

/** The keys of all objects, in their order. */
function keysOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  return JSON.stringify(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]))
}

describe('packed values arrive as validated plain ones', () => {
  test('whatever schema and value', () => {
    const met = { packed: 0, invalid: 0 }
    fc.assert(
      fc.property(schemaAndValue, ({ schema, value }) => {
        const expected = plainly(schema, value)
        const actual = packed(schema, value) ?? expected
        expect(actual).toStrictEqual(expected)
        const whole = attempt(() => ({ as: codec.decode(codec.encode(value)) }))
        expect(packedWhole(schema, value) ?? whole).toStrictEqual(whole)
        if (packing.packerOf(schema)?.pack(value) !== undefined) met.packed += 1
        if (expected === 'invalid') met.invalid += 1
      }),
      { numRuns: 400 },
    )
    expect(met.packed).toBeGreaterThan(100)
    expect(met.invalid).toBeGreaterThan(20)
  })
})

const Row = v.object({ id: v.number(), name: v.string(), at: v.date(), note: v.optional(v.string()) })

const rowOf = (n: number): v.InferOutput<typeof Row> => ({ id: n, name: `row ${n}`, at: new Date(n * 1000) })

describe('packing proves what validation would', () => {
  test.each([
    ['objects, lists, options', v.object({ a: v.array(v.picklist(['x'])), b: v.nullish(v.bigint()) }), true],
    ['brands and metadata', v.pipe(v.string(), v.brand('Id'), v.title('Id')), true],
    ['a check', v.pipe(v.string(), v.maxLength(3)), false],
    ['a check deep inside', v.array(v.object({ a: v.optional(v.pipe(v.number(), v.integer())) })), false],
    ['a default', v.object({ a: v.optional(v.string(), 'x') }), false],
    ['strict objects and tuples', v.strictTuple([v.strictObject({ a: v.string() })]), true],
    ['what becomes something else', v.object({ a: v.pipe(v.string(), v.transform(Number), v.number()) }), false],
  ])('%s: %s', (_, schema, proves) => {
    expect(packerOf(schema).proves).toBe(proves)
  })

  test('leaves to plain values what has no shape', () => {
    for (const schema of [
      v.any(),
      v.optional(v.unknown()),
      v.lazy(() => v.string()),
      v.looseObject({}),
      v.map(v.any(), v.any()),
    ]) {
      expect(packing.packerOf(schema)).toBeUndefined()
    }
  })

  test('leaves schemas that promise', () => {
    expect(packing.packerOf(v.objectAsync({ a: v.string() }))).toBeUndefined()
    expect(
      packing.packerOf(
        v.pipeAsync(
          v.string(),
          v.checkAsync(async () => true),
        ),
      ),
    ).toBeUndefined()
  })

  test('gives the same packer for the same schema', () => {
    expect(packing.packerOf(Row)).toBe(packing.packerOf(Row))
  })
})

describe('packed values', () => {
  test('pack inside of a packing, where a getter asks for it', () => {
    const packer = packerOf(v.object({ id: v.string(), name: v.string() }))
    const value = {
      id: 'outer',
      get name(): string {
        return toHex(packer.pack({ id: 'inner', name: 'x' }) ?? new Uint8Array())
      },
    }
    expect(packer.unpack(packer.pack(value)!)).toStrictEqual({ id: 'outer', name: '92a5696e6e6572a178' })
  })

  test('read each property once', () => {
    let reads = 0
    const value = {
      get id(): number {
        reads += 1
        return reads
      },
    }
    packerOf(v.object({ id: v.number() })).pack(value)
    packerOf(v.array(v.object({ id: v.number() }))).pack(Array.from({ length: 10 }, () => value))
    packerOf(v.array(v.object({ id: v.number(), x: v.optional(v.number()) }))).pack(
      Array.from({ length: 10 }, (_, n) =>
        Object.defineProperty({ x: n }, 'id', { get: () => value.id, enumerable: true }),
      ),
    )
    expect(reads).toBe(21)
  })

  test('lie in the order of the schema, whatever that of their keys', () => {
    const item = v.object({ a: v.number(), b: v.optional(v.string()), c: v.number(), d: v.optional(v.number()) })
    const packer = packerOf(v.array(item))
    const hidden = Object.defineProperties({ a: 6, c: 6 }, { b: { value: 'hidden' }, d: { value: 6 } })
    const rows: object[] = [
      { a: 1, b: 'in order', c: 1, d: 1 },
      { d: 2, c: 2, b: 'backwards', a: 2 },
      { a: 3, c: 3 },
      { c: 4, a: 4, b: 'without d' },
      { a: 5, more: true, c: 5, b: undefined, d: 5 },
      hidden,
      Object.assign(Object.create({ b: 'inherited', d: 7 }) as object, { a: 7, c: 7 }),
    ]
    const arrived = [
      { a: 1, b: 'in order', c: 1, d: 1 },
      { a: 2, b: 'backwards', c: 2, d: 2 },
      { a: 3, c: 3 },
      { a: 4, b: 'without d', c: 4 },
      { a: 5, b: undefined, c: 5, d: 5 },
      { a: 6, b: 'hidden', c: 6, d: 6 },
      { a: 7, b: 'inherited', c: 7, d: 7 },
    ]
    expect(packer.unpack(scanned(packer.pack(rows)!))).toStrictEqual(arrived)
    const items = packerOf(item).list
    const list = items?.create()
    for (const row of rows) list?.add(row)
    expect(items?.unpack(scanned(list!.take()), rows.length)).toStrictEqual(arrived)
    expect(packer.packWhole(rows)).toBeUndefined()
    for (const keptWhole of rows.filter((_, n) => n < 4))
      expect(packer.packWhole(Array.from({ length: 4 }, () => keptWhole))).toBeDefined()
  })

  test('see what is inherited, as validation does', () => {
    const packer = packerOf(v.object({ toString: v.optional(v.string()) }))
    expect(packer.pack({})).toBeUndefined()
    expect(packer.unpack(packer.pack(Object.create({ toString: 'inherited' }))!)).toStrictEqual({
      toString: 'inherited',
    })
  })

  test('of what is not validated: nothing is left out', () => {
    class Point {
      readonly x = 1
    }
    const packer = packerOf(v.object({ x: v.number(), y: v.optional(v.tuple([v.record(v.string(), v.number())])) }))
    for (const value of [{ x: 1, more: 2 }, new Point(), { x: 1, y: [{}, 1] }, { x: 1, y: [{ prototype: 1 }] }]) {
      expect(packer.pack(value)).toBeDefined()
      expect(packer.packWhole(value)).toBeUndefined()
    }
    expect(packer.packWhole({ x: 1, y: [{ a: 1 }] })).toStrictEqual(packer.pack({ x: 1, y: [{ a: 1 }] }))
  })

  test.each([0, 1, 3, 4, 15, 16, 1000])('of %d rows', (length) => {
    const rows = Array.from({ length }, (_, n) => rowOf(n))
    const packer = packerOf(v.array(Row))
    expect(packer.unpack(scanned(packer.pack(rows)!))).toStrictEqual(rows)
  })

  test('of more values than two bytes count', () => {
    const flags = Array.from({ length: 70_000 }, (_, n) => n % 3 === 0)
    const packer = packerOf(v.array(v.object({ flag: v.boolean() })))
    const rows = flags.map((flag) => ({ flag }))
    expect(packer.unpack(scanned(packer.pack(rows)!))).toStrictEqual(rows)
  })

  test('of integers takes the form that has fewer bytes', () => {
    const size = fc.oneof(fc.nat(9), fc.nat(40))
    const integer = fc.tuple(size, fc.integer({ min: -2, max: 2 }), fc.boolean())
    fc.assert(
      // Few, so that one byte decides.
      fc.property(fc.array(integer, { minLength: 4, maxLength: 6 }), (drawn) => {
        // Around the powers of two, of either sign: there the sizes change.
        const integers = drawn.map(([bits, beside, isNegative]) => (isNegative ? -(2 ** bits) : 2 ** bits) + beside)
        const differences = integers.map((value, i) => value - (integers[i - 1] ?? 0))
        const bytes = Math.min(encode(integers).byteLength, encode(differences).byteLength)
        expect(packerOf(v.array(v.number())).pack(integers)?.byteLength).toBe(3 + bytes)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['negative zero among integers', [1, -0, 2, 3]],
    ['negative zero among decimals', [1.5, -0, 2, 3]],
    ['differences past 2^53', [1 - 2 ** 53, ...Array.from({ length: 9 }, () => 2 ** 53 - 1)]],
    ['decimals that no shift makes integers', [0.1, 0.2, 0.1 + 0.2, 1e-9]],
    ['decimals too large to be shifted', [1.5, 2 ** 53 - 1, 2, 3]],
  ])('of numbers that are not what they seem: %s', (_, numbers) => {
    const packer = packerOf(v.array(v.number()))
    expect(packer.unpack(scanned(packer.pack(numbers)!))).toStrictEqual(numbers)
  })

  test('leave to others what is valid and cannot be sent', () => {
    const either = packerOf(v.union([v.object({ a: v.string() }), v.object({ b: v.number() })]))
    // Validation takes it for the first, and so must not be asked for the second.
    expect(either.pack({ a: '\ud800', b: 1 })).toBeUndefined()
    expect(packerOf(v.array(v.string())).pack(['\ud83d', '\ude00', 'x', 'y'])).toBeUndefined()
  })

  test('of long text: pieces of it without the rest', () => {
    const texts = Array.from({ length: 3000 }, (_, n) => `ä long text of its own ${n}`)
    const packer = packerOf(v.array(v.string()))
    expect(packer.unpack(scanned(packer.pack(texts)!))).toStrictEqual(texts)
  })

  test('nested as deep as plain ones: 64 levels, and no deeper', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)])
    const packer = packerOf(v.object({ a: v.array(v.object({ b: v.any() })) }))
    const value = (depth: number): unknown => ({ a: [{ b: nest(depth) }] })
    expect(packer.unpack(scanned(packer.pack(value(61))!))).toStrictEqual(value(61))
    expect(packer.pack(value(62))).toBeUndefined()
  })

  test('with as many numbers as keys as plain ones: 8192 in all of it, and no more', () => {
    const set = (size: number): unknown => new Set(Array.from({ length: size }, (_, n) => n))
    const packer = packerOf(v.tuple([v.any(), v.any()]))
    const value = [set(4096), set(4096)]
    expect(packer.unpack(scanned(packer.pack(value)!))).toStrictEqual(value)
    expect(packer.pack([set(4096), set(4097)])).toBeUndefined()
    const tooMany = Uint8Array.of(0x92, ...codec.encode(set(4096)), ...codec.encode(set(4097)))
    expect(() => packer.unpack(scanned(tooMany))).toThrow(RangeError)
  })
})

describe('of whatever well-formed bytes', () => {
  test('what is read is valid, or is refused as a misfit', () => {
    const met = { read: 0, refused: 0 }
    const change = fc.record({ at: fc.nat(), to: fc.nat(255) })
    fc.assert(
      fc.property(schemaAndValue, fc.array(change, { maxLength: 3 }), ({ schema, value }, changes) => {
        const packer = packing.packerOf(schema)
        const payload = packer?.pack(value) ?? attempt(() => codec.encode(value))
        if (packer === undefined || payload === undefined) return
        for (const { at, to } of changes) payload[at % payload.byteLength] = to
        if (attempt(() => new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)) !== payload.byteLength)
          return
        const outcome = unpack(packer, payload)
        met[outcome.type] += 1
        // What the layout does not prove is validated when it has been read.
        const provesNothing = outcome.type === 'refused' || !packer.proves
        expect(provesNothing || validate(schema, outcome.value)).toStrictEqual(
          provesNothing || { ok: true, value: outcome.value },
        )
      }),
      { numRuns: 400 },
    )
    expect(met.read).toBeGreaterThan(20)
    expect(met.refused).toBeGreaterThan(20)
  })

  test.each([
    ['a map for an object', Row, '80'],
    ['too few values', Row, '9201a161'],
    ['too many values', Row, '9501a16100a16200'],
    ['another type', Row, '9301c300'],
    ['a date that is none', Row, '9301a161cb7fefffffffffffff'],
    ['NaN', v.number(), 'cb7ff8000000000000'],
    ['an option that is none', v.picklist(['a']), '01'],
    ['an option by its name', v.picklist(['a']), 'a161'],
    ['an alternative that is none', v.union([v.string(), v.null()]), '9202a161'],
    ['an alternative alone', v.union([v.string(), v.null()]), '9100'],
    ['a tuple too short', v.tuple([v.number(), v.number()]), '9101'],
    ['a record with half an entry', v.record(v.string(), v.number()), '93a16101a162'],
    ['a record with a key that is none', v.record(v.string(), v.number()), '92a95f5f70726f746f5f5f01'],
    ['a column too few', v.array(Row), '93c20190'],
    ['columns of different lengths', v.array(v.object({ a: v.boolean(), b: v.boolean() })), '93c292c2c391c2'],
    ['a column that is no array', v.array(v.object({ a: v.boolean() })), '92c2c3'],
    ['a form that is none', v.array(v.number()), '93c20a9101'],
    ['differences of infinities', v.array(v.number()), '93c20192ca7f800000caff800000'],
    ['text too short', v.array(v.string()), '93c29102a161'],
    ['text too long', v.array(v.string()), '93c29102a3616161'],
    ['half a length', v.array(v.string()), '93c292ca3f000000ca3f000000a161'],
    ['a piece that there is not', v.array(v.string()), '93c292ffffa0'],
    ['a piece that is half a character', v.array(v.string()), '93c2920101a4f09f9880'],
  ] as const)('%s: a misfit', (_, schema, hex) => {
    const payload = scanned(fromHex(hex))
    expect(() => packerOf(schema).unpack(payload)).toThrow(Misfit)
  })
})

type Outcome = { readonly type: 'read'; readonly value: unknown } | { readonly type: 'refused' }

function unpack(packer: Packer, payload: Payload): Outcome {
  try {
    return { type: 'read', value: packer.unpack(payload) }
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    return { type: 'refused' }
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
