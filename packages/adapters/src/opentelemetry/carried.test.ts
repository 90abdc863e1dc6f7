import { describe, expect, test } from 'vitest'
import { carried } from './carried.ts'

const entries = (count: number, prefix: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, 'x']))

describe('what a propagator wants to have carried', () => {
  test.each([
    [13, 2],
    [14, 1],
    [15, 0],
    [16, 0],
  ])('beside %i pairs of the call has room for %i', (own, room) => {
    const wanted = { traceparent: 'a', tracestate: 'b' }
    expect(Object.keys(carried(wanted, entries(own, 'own')))).toEqual(['traceparent', 'tracestate'].slice(0, room))
  })

  test('has keys of up to 64 bytes and values of up to 1024', () => {
    const wanted = { ['k'.repeat(64)]: 'v'.repeat(1024), ['ä'.repeat(33)]: 'v', long: 'v'.repeat(1025) }
    expect(carried(wanted, {})).toEqual({ ['k'.repeat(64)]: 'v'.repeat(1024) })
  })

  test('is neither the key of the call nor what the call says itself', () => {
    const wanted = { key: 'k', traceparent: 'theirs', ['__proto__']: 'x', baggage: 'b' }
    expect(carried(wanted, { traceparent: 'own' })).toEqual({ baggage: 'b' })
  })
})
