import { expect, test } from 'vitest'
import { ownBytes } from './own-bytes.ts'

test('copies what is less than half of a large message, and nothing else', () => {
  const small = new Uint8Array(16 * 1024)
  const large = new Uint8Array(16 * 1024 + 1)
  const one = small.subarray(7, 8)
  const half = large.subarray(0, 8193)
  expect(ownBytes(one)).toBe(one)
  expect(ownBytes(half)).toBe(half)
  large[7] = 42
  const copy = ownBytes(large.subarray(7, 8192))
  expect(copy.buffer.byteLength).toBe(8185)
  expect(copy[0]).toBe(42)
})
