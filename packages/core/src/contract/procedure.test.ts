import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { isProcedure } from './contract.ts'
import { duplex, event, mutation, query, subscription } from './procedure.ts'

const text = v.string()

const NOTHING = {
  input: undefined,
  output: undefined,
  up: undefined,
  resume: undefined,
  params: undefined,
  payload: undefined,
  errors: {},
  idempotent: false,
  compress: true,
  volatile: false,
}

describe('the factories', () => {
  test('make frozen objects of one shape, whatever was left out', () => {
    const made = [query(), mutation(), subscription(), duplex(), event()]
    expect(made.map((procedure) => procedure['~kind'])).toEqual([
      'query',
      'mutation',
      'subscription',
      'duplex',
      'event',
    ])
    for (const procedure of made) {
      expect(isProcedure(procedure)).toBe(true)
      expect(Object.isFrozen(procedure)).toBe(true)
      expect(Object.isFrozen(procedure['~def'])).toBe(true)
      expect({ ...procedure['~def'], errors: {} }).toEqual({ ...NOTHING, idempotent: procedure['~kind'] === 'query' })
    }
  })

  test('keep the parts they were given', () => {
    const errors = { NOT_FOUND: text, LOCKED: null }
    expect(query({ input: text, output: text, errors })['~def']).toMatchObject({ input: text, output: text, errors })
    expect(mutation({ idempotent: true, compress: false })['~def']).toMatchObject({ idempotent: true, compress: false })
    expect(subscription({ resume: text })['~def']).toMatchObject({ resume: text })
    expect(duplex({ up: text })['~def']).toMatchObject({ up: text })
    expect(event({ params: text, payload: text })['~def']).toMatchObject({ params: text, payload: text })
    expect(event({ volatile: true })['~def']).toMatchObject({ volatile: true })
  })

  test('keep errors in a table without a prototype, for codes from the wire', () => {
    const { errors } = query({ errors: { NOT_FOUND: null } })['~def']
    expect(Object.getPrototypeOf(errors)).toBe(null)
    expect('constructor' in errors).toBe(false)
    expect(Object.isFrozen(errors)).toBe(true)
  })

  test('refuse a part that is not a schema', () => {
    // @ts-expect-error a string is not a schema
    expect(() => query({ input: 'string' })).toThrow(
      new TypeError(
        'Expected `input` of `query({…})` to be a Standard Schema (of valibot, zod, …), got `"string"` (string)',
      ),
    )
    // @ts-expect-error null is not a schema
    expect(() => event({ payload: null })).toThrow('Expected `payload` of `event({…})` to be')
  })

  test('refuse error data that is neither a schema nor null, and codes that cannot be declared', () => {
    // @ts-expect-error `true` is not a schema
    expect(() => query({ errors: { GONE: true } })).toThrow(
      'Expected the data of error GONE to be a Standard Schema or `null`, got `true` (boolean)',
    )
    expect(() => query({ errors: { TIMEOUT: null } })).toThrow('`TIMEOUT` cannot be declared')
  })
})
