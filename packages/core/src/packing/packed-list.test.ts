import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../contract/schema.ts'
import { validate } from '../contract/validate.ts'
import type { Payload } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Scanner } from '../protocol/scan.ts'
import { createValueCodec } from '../protocol/value-codec.ts'
import { toHex } from '../protocol/vector-notation.fixture.ts'
import { Misfit } from './layout.ts'
import { createPacking, type ListPacker } from './packing.ts'
import { schemaAndValue } from './schema-and-value.fixture.ts'

const packing = createPacking(createValueCodec())

const Row = v.object({
  id: v.number(),
  name: v.string(),
  kind: v.picklist(['a', 'b']),
  note: v.optional(v.string()),
  owner: v.nullable(v.string()),
})
const rowOf = (n: number): v.InferOutput<typeof Row> => ({ id: n, name: `row ${n % 3}`, kind: 'b', owner: null })

function listOf(schema: Schema): ListPacker {
  const list = packing.packerOf(schema)?.list
  if (list === undefined) throw new Error('Expected a schema whose values can be collected')
  return list
}

function scanned(payload: Payload): Payload {
  expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
  return payload
}

function take(schema: Schema, values: readonly unknown[]): Payload {
  const list = listOf(schema).create()
  for (const value of values) list.add(value)
  return list.take()
}

describe('a list of items', () => {
  test.each([0, 1, 3, 4, 5, 300])('is packed as an array of %d of them is', (count) => {
    const rows = Array.from({ length: count }, (_, n) => rowOf(n))
    const payload = take(Row, rows)
    expect(toHex(payload)).toBe(toHex(packing.packerOf(v.array(Row))!.pack(rows)!))
    expect(listOf(Row).unpack(scanned(payload), count)).toStrictEqual(rows)
  })

  test('of values that are no objects, too', () => {
    const numbers = [1, -0, 2.5, 1e300, 7]
    expect(listOf(v.number()).unpack(take(v.number(), numbers), 5)).toStrictEqual(numbers)
    const texts = ['a', '', 'ä', 'a']
    expect(listOf(v.string()).unpack(take(v.string(), texts), 4)).toStrictEqual(texts)
  })

  test('keeps what it was given, whatever becomes of that before it leaves', () => {
    const row = { ...rowOf(1) }
    const list = listOf(Row).create()
    list.add(row)
    row.name = 'changed'
    expect(listOf(Row).unpack(list.take(), 1)).toStrictEqual([rowOf(1)])
  })

  test('says how many bytes it takes at most', () => {
    const list = listOf(Row).create()
    let least = 0
    for (let n = 0; n < 50; n += 1) least = list.add({ ...rowOf(n), name: `ä${n}` })
    expect(list.byteLength).toBe(least)
    expect(list.take().byteLength).toBeLessThanOrEqual(least)
    expect(list.count).toBe(0)
  })

  test.each([
    ['another type', { ...rowOf(1), id: '1' }],
    ['NaN', { ...rowOf(1), id: Number.NaN }],
    ['no object', 7],
    ['a member less', { id: 1 }],
    ['half of a surrogate pair', { ...rowOf(1), owner: '\ud800' }],
    [
      'a getter that throws behind others that do not',
      {
        ...rowOf(1),
        get owner(): never {
          throw new Error('no')
        },
      },
    ],
  ])('refuses %s, and is as it was', (_, value) => {
    const list = listOf(Row).create()
    list.add(rowOf(1))
    expect(() => list.add(value)).toThrow(Misfit)
    list.add(rowOf(2))
    expect(listOf(Row).unpack(list.take(), 2)).toStrictEqual([rowOf(1), rowOf(2)])
  })

  test('forgets the last one, and lets the others go ahead of it', () => {
    const list = listOf(Row).create()
    for (let n = 1; n <= 5; n += 1) list.add(rowOf(n))
    list.dropLast()
    expect(listOf(Row).unpack(list.takeAllButLast(), 3)).toStrictEqual([rowOf(1), rowOf(2), rowOf(3)])
    expect(list.count).toBe(1)
    list.add(rowOf(6))
    expect(listOf(Row).unpack(list.take(), 2)).toStrictEqual([rowOf(4), rowOf(6)])
  })

  test('is refused where it holds another number of values', () => {
    const payload = take(Row, [rowOf(1), rowOf(2)])
    expect(() => listOf(Row).unpack(payload, 3)).toThrow(Misfit)
    expect(() => listOf(Row).unpack(payload, 1)).toThrow(Misfit)
  })

  test.each([
    ['objects in it', v.object({ a: v.object({ b: v.number() }) })],
    ['what can be changed', v.object({ at: v.date() })],
    ['anything', v.any()],
    ['what only validation knows', v.pipe(v.number(), v.minValue(1))],
    ['a default', v.object({ a: v.optional(v.number(), 1) })],
  ])('is not there for values with %s', (_, schema) => {
    expect(packing.packerOf(schema)?.list).toBeUndefined()
  })
})

test('a list takes just what is valid and can be sent, and gives back what validation would have made of it', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ schema, value }) => {
      const packer = packing.packerOf(schema)
      if (packer?.list === undefined) return
      const list = packer.list.create()
      const fits = ((): boolean => {
        try {
          list.add(value)
          return true
        } catch {
          return false
        }
      })()
      const alone = packer.pack(value)
      expect(fits).toBe(alone !== undefined)
      if (alone === undefined) return
      const validation = validate(schema, value)
      if (validation instanceof Promise || !validation.ok) throw new Error('Expected what fits to be valid')
      expect(packer.list.unpack(scanned(list.take()), 1)).toStrictEqual([validation.value])
    }),
    { numRuns: 3_000 },
  )
})
