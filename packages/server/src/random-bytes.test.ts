import { afterEach, expect, test, vi } from 'vitest'
import { createRandomBytes, toHex } from './random-bytes.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([0, 1, 16, 4096, 4097])('gives %d bytes, in memory of their own', (length) => {
  const bytes = createRandomBytes()(length)
  expect(bytes.byteLength).toBe(length)
  expect(bytes.buffer.byteLength).toBe(length)
})

test('never gives the same bytes twice, and none that the platform did not make', () => {
  const randomBytes = createRandomBytes()
  const given = Array.from({ length: 1_000 }, (_, n) => toHex(randomBytes(16 + (n % 3) * 8)))
  expect(new Set(given.map((hex) => hex.slice(0, 32))).size).toBe(1_000)
  // Of 20,000 bytes of nothing but chance, no four in a row are zero but once in 200,000 runs.
  expect(given.filter((hex) => /^(..)*00000000/.test(hex)).length).toBeLessThan(2)
})

test('asks the platform once for many', () => {
  const asked = vi.spyOn(globalThis.crypto, 'getRandomValues')
  const randomBytes = createRandomBytes()
  for (let n = 0; n < 128; n += 1) randomBytes(32)
  expect(asked).toHaveBeenCalledTimes(1)
  randomBytes(1)
  expect(asked).toHaveBeenCalledTimes(2)
})

test('writes bytes as two digits each', () => {
  expect(toHex(Uint8Array.of(0, 1, 15, 16, 255))).toBe('00010f10ff')
})
