import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hash64 } from './hash.ts'

describe('hash64', () => {
  test('gives the same 16 hex digits in every runtime', () => {
    expect(hash64('')).toBe('a8a77ae29d9a1fff')
    expect(hash64('tautline')).toBe('fa56859d878b7d48')
    expect(hash64('ä名\ud83d\ude00\ud800')).toBe('d855da5f9fae9fe4')
  })

  test('is 16 hex digits for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[0-9a-f]{16}$/.test(hash64(text))))
  })

  test('keeps 100,000 texts that differ in little apart', () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, i) => hash64(`todo.get${i}`)))
    expect(hashes.size).toBe(100_000)
  })

  test('turns about half of the bits over with one bit of the text', () => {
    const bits = (text: string) => BigInt(`0x${hash64(text)}`)
    let turned = 0
    for (let i = 0; i < 1000; i++) {
      const difference = bits(`${i} a`) ^ bits(`${i} c`)
      turned += difference.toString(2).replaceAll('0', '').length
    }
    expect(turned / 1000).toBeGreaterThan(30)
    expect(turned / 1000).toBeLessThan(34)
  })
})
