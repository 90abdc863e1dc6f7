import { afterEach, expect, test, vi } from 'vitest'
import { toHex } from './random-bytes.ts'
import { hashToken, isSameHash } from './token-hash.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('hashes a token by SHA-256', () => {
  // FIPS 180-4, example of one block.
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(toHex(hashToken(new TextEncoder().encode('abc')))).toBe(expected)
  expect(toHex(hashToken(new TextEncoder().encode('abd')))).not.toBe(expected)
})

test('keeps a copy of the token where the platform has no hash', () => {
  vi.stubGlobal('process', undefined)
  const token = Uint8Array.of(1, 2, 3)
  const hash = hashToken(token)
  expect(hash).toEqual(Uint8Array.of(1, 2, 3))
  token[0] = 9
  expect(hash[0]).toBe(1)
})

test.each([
  ['equal bytes', [1, 2, 3], [1, 2, 3], true],
  ['another first byte', [1, 2, 3], [0, 2, 3], false],
  ['another last byte', [1, 2, 3], [1, 2, 4], false],
  ['differences that would cancel out', [1, 2], [2, 1], false],
  ['the beginning of it', [1, 2, 3], [1, 2], false],
  ['more of it', [1, 2], [1, 2, 3], false],
  ['nothing, to something', [], [1], false],
])('compares with %s', (_, a, b, expected) => {
  expect(isSameHash(Uint8Array.from(a), Uint8Array.from(b))).toBe(expected)
})
