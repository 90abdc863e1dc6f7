import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { Misfit } from '../packing/layout.ts'
import { createPackingCodec } from '../packing/packing-codec.ts'
import { UnserialisableError } from '../protocol/unserialisable-error.ts'
import { fromHex, toHex } from '../protocol/vector-notation.fixture.ts'
import {
  createSharedValue,
  decodeShaped,
  encodeShaped,
  formOf,
  Proven,
  packProven,
  reshape,
  type Shape,
  withoutProof,
} from './forms.ts'
import { createValueReader } from './values.ts'

const codec = createPackingCodec()
const Point = v.object({ x: v.number(), label: v.optional(v.pipe(v.string(), v.maxLength(3))) })
const Proof = v.object({ x: v.number() })

const packed = (schema: Shape['schema']): Shape => ({ schema, form: 'packed' })
const plain = (schema: Shape['schema']): Shape => ({ schema, form: 'plain' })

function hexOf(shape: Shape, value: unknown, validated = true): string | undefined {
  const payload = encodeShaped(codec, shape, { value, validated })
  return payload && toHex(payload)
}

test('an index brings packed values, a path plain ones', () => {
  expect([formOf(3), formOf('todo.get')]).toEqual(['packed', 'plain'])
})

describe('a value is encoded', () => {
  test('by position where the form is packed, else as a map', () => {
    expect(hexOf(packed(Point), { x: 1, label: 'a' })).toBe('9201a161')
    expect(hexOf(plain(Point), { x: 1 })).toBe('81a17801')
  })

  test('marked as plain where it does not fit, or is not validated and would lose something', () => {
    expect(hexOf(packed(Point), { x: 'a' })).toBe('81a081a178a161')
    expect(hexOf(packed(Point), { x: 1, y: 2 })).toBe('9101')
    expect(hexOf(packed(Point), { x: 1, y: 2 }, false)).toBe('81a082a17801a17902')
  })

  test('plain and unmarked where nothing is known of its shape', () => {
    for (const schema of [v.any(), z.object({ x: z.number() }), undefined, null]) {
      expect(hexOf(packed(schema), { x: 1 })).toBe('81a17801')
    }
  })

  test('as nothing where there is none', () => {
    expect(hexOf(packed(v.optional(Point)), undefined)).toBeUndefined()
    expect(decodeShaped(codec, packed(Point), undefined)).toBeUndefined()
  })

  test('or refused where it cannot be sent, in either form', () => {
    for (const shape of [packed(Point), plain(Point)]) {
      expect(() => hexOf(shape, { x: () => 1 })).toThrow(UnserialisableError)
    }
  })
})

describe('a value is decoded', () => {
  test('as proven where the layout proves it', () => {
    expect(decodeShaped(codec, packed(Proof), fromHex('9101'))).toEqual(new Proven({ x: 1 }))
    expect(decodeShaped(codec, packed(Point), fromHex('9101'))).toStrictEqual({ x: 1 })
    expect(decodeShaped(codec, packed(Proof), fromHex('81a081a17801'))).toStrictEqual({ x: 1 })
  })

  test('or is a misfit', () => {
    expect(() => decodeShaped(codec, packed(Proof), fromHex('81a17801'))).toThrow(Misfit)
    const reader = createValueReader(codec, false)
    expect(() => reader.read(fromHex('91a161'), packed(Proof))).toThrow(
      expect.objectContaining({ code: 'INVALID_OUTPUT' }),
    )
    const told = { code: 'ODD', message: '', data: fromHex('91a161') }
    expect(reader.readError(told, { ODD: Proof }, 'packed')).toMatchObject({ code: 'INVALID_OUTPUT' })
    expect(reader.readError({ ...told, data: fromHex('9101') }, { ODD: Proof }, 'packed')).toMatchObject({
      code: 'ODD',
      data: { x: 1 },
    })
  })
})

describe('what was encoded for one end', () => {
  test.each([
    ['fits', { x: 1, label: 'ab' }],
    ['does not', { x: 'a', label: undefined }],
  ])('is what another would have been sent: a value that %s', (_, value) => {
    const forms = (['packed', 'plain'] as const).map((form) => {
      return { form, payload: encodeShaped(codec, { schema: Point, form }, { value, validated: false }) }
    })
    for (const from of forms) {
      for (const { form } of forms) {
        const payload = reshape(codec, from, { schema: Point, form })
        expect(withoutProof(decodeShaped(codec, { schema: Point, form }, payload))).toStrictEqual(value)
      }
    }
  })

  test('stays what it is where it has no other form', () => {
    const payload = codec.encode({ x: 1 })
    expect(reshape(codec, { form: 'plain', payload }, packed(v.any()))).toBe(payload)
    expect(reshape(codec, { form: 'packed', payload }, plain(v.any()))).toBe(payload)
    expect(reshape(codec, { form: 'packed', payload: undefined }, plain(Point))).toBeUndefined()
  })
})

describe('a value for many', () => {
  test('is encoded once in each form', () => {
    const shared = createSharedValue(codec, Point, { x: 1 })
    expect(toHex(shared.payload('packed')!)).toBe('9101')
    expect(toHex(shared.payload('plain')!)).toBe('81a17801')
    expect(shared.payload('plain')).toBe(shared.payload('plain'))
  })

  test('may be packed before', () => {
    const proof = packProven(codec, packed(Proof), { x: 1, y: 2 })
    expect(proof?.value).toStrictEqual({ x: 1 })
    expect(toHex(createSharedValue(codec, Proof, proof).payload('plain')!)).toBe('81a17801')
  })

  test('is not packed in place of validation where that has something to say', () => {
    expect(packProven(codec, packed(Point), { x: 1 })).toBeUndefined()
    expect(packProven(codec, packed(Proof), { x: 'a' })).toBeUndefined()
    expect(packProven(codec, packed(v.optional(Proof)), undefined)).toBeUndefined()
    expect(packProven(codec, plain(Proof), { x: 1 })).toBeUndefined()
  })
})
