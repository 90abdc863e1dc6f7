import { describe, expect, test } from 'vitest'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { checkCallOptions, checkTakesKey, deadlineAfter, metaOf } from './call-options.ts'

const entries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']))

describe('options of a call', () => {
  test('pass up to the bounds of the protocol', () => {
    expect(() => checkCallOptions({})).not.toThrow()
    expect(() => checkCallOptions({ timeoutMs: Number.POSITIVE_INFINITY })).not.toThrow()
    expect(() => checkCallOptions({ timeoutMs: 28 * 24 * 60 * 60 * 1000 })).not.toThrow()
    expect(() => checkCallOptions({ timeoutMs: 0, meta: entries(16) })).not.toThrow()
    expect(() => checkCallOptions({ timeoutMs: 0.5, meta: { ['k'.repeat(64)]: 'v'.repeat(1024) } })).not.toThrow()
  })

  test('are refused one past them, where they are given', () => {
    const refusal = (options: Parameters<typeof checkCallOptions>[0]) => () => checkCallOptions(options)
    expect(refusal({ meta: entries(17) })).toThrow('Expected `meta` to have at most 16 entries, got 17')
    expect(refusal({ meta: { ['k'.repeat(65)]: '' } })).toThrow('Expected the keys of `meta` to have at most 64 bytes')
    expect(refusal({ meta: { ['é'.repeat(33)]: '' } })).toThrow('64 bytes')
    expect(refusal({ meta: { word: 'v'.repeat(1025) } })).toThrow(
      'Expected `meta.word` to be a string of at most 1024 bytes',
    )
    expect(refusal({ meta: { word: 5 as never } })).toThrow('got `5` (number)')
    expect(refusal({ meta: JSON.parse('{"__proto__":"x"}') })).toThrow('keys of `meta`')
  })

  test('take an idempotency key of up to 1024 bytes, which travels as an entry of `meta`', () => {
    for (const idempotencyKey of ['k', 'k'.repeat(1024), 'é'.repeat(512)]) {
      expect(() => checkCallOptions({ idempotencyKey, meta: entries(15) })).not.toThrow()
    }
    for (const idempotencyKey of ['', 'k'.repeat(1025), 'é'.repeat(513), 5 as never]) {
      expect(() => checkCallOptions({ idempotencyKey })).toThrow(
        'Expected `idempotencyKey` to be a string of 1 to 1024 bytes, got',
      )
    }
    expect(() => checkCallOptions({ idempotencyKey: 'k', meta: entries(16) })).toThrow('at most 15 entries, got 16')
    expect(metaOf({ idempotencyKey: 'k', meta: { a: 'b' } })).toEqual({ a: 'b', key: 'k' })
    expect(metaOf({ meta: { a: 'b' } })).toEqual({ a: 'b' })
    expect(metaOf({})).toBeUndefined()
  })

  test('do not take a key by its name on the wire, nor for anything but a mutation', () => {
    expect(() => checkCallOptions({ meta: { key: 'k' } })).toThrow('give a key as `idempotencyKey`')
    const entryOf = (kind: ProcedureEntry['kind']) => ({ kind, path: 'todo.get' }) as ProcedureEntry
    expect(() => checkTakesKey(entryOf('mutation'), { idempotencyKey: 'k' })).not.toThrow()
    expect(() => checkTakesKey(entryOf('query'), {})).not.toThrow()
    for (const kind of ['query', 'subscription', 'duplex'] as const) {
      expect(() => checkTakesKey(entryOf(kind), { idempotencyKey: 'k' })).toThrow(
        `Expected an \`idempotencyKey\` for a mutation, got it for ${kind} \`todo.get\``,
      )
    }
  })

  test('are refused where a timeout is no time', () => {
    for (const timeoutMs of [-1, Number.NaN, 28 * 24 * 60 * 60 * 1000 + 1, '5' as never]) {
      expect(() => checkCallOptions({ timeoutMs })).toThrow('Expected `timeoutMs`')
    }
  })

  test('have a deadline, unless the timeout is none', () => {
    expect(deadlineAfter(5, 0)).toBe(5)
    expect(deadlineAfter(5, 10)).toBe(15)
    expect(deadlineAfter(5, undefined)).toBeUndefined()
    expect(deadlineAfter(5, Number.POSITIVE_INFINITY)).toBeUndefined()
  })
})
