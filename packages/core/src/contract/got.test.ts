import { describe, expect, test } from 'vitest'
import { got } from './got.ts'

describe('got', () => {
  test('quotes primitives and names their type', () => {
    expect(got(-1)).toBe('`-1` (number)')
    expect(got(3n)).toBe('`3` (bigint)')
    expect(got(true)).toBe('`true` (boolean)')
    expect(got('a "b"')).toBe('`"a \\"b\\""` (string)')
    expect(got(Symbol('s'))).toBe('`Symbol(s)` (symbol)')
    expect(got(null)).toBe('`null`')
    expect(got(undefined)).toBe('`undefined`')
  })

  test('names the kind of an object and shows none of its content', () => {
    expect(got({ password: 'hunter2' })).toBe('an object (Object)')
    expect(got(new Date(0))).toBe('an object (Date)')
    expect(got(Object.create(null))).toBe('an object (null prototype)')
    expect(got(Object.create({ constructor: 5 }))).toBe('an object (Object)')
    expect(got([1, 2])).toBe('an array of 2')
    expect(got(() => 1)).toBe('a function')
  })

  test('shows 60 characters whole and cuts the 61st', () => {
    expect(got('x'.repeat(60))).toBe(`\`"${'x'.repeat(60)}"\` (string)`)
    expect(got('x'.repeat(61))).toBe(`\`"${'x'.repeat(60)}…"\` (string)`)
  })
})
