import { afterEach, expect, test, vi } from 'vitest'
import { hashToken, isSameHash } from './token-hash.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('hashes a token by SHA-256', () => {
  // FIPS 180-4, example of one block.
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(hashToken(new TextEncoder().encode('abc'))).toBe(expected)
  expect(hashToken(new TextEncoder().encode('abd'))).not.toBe(expected)
})

test('keeps a copy of the token where the platform has no hash', () => {
  vi.stubGlobal('process', undefined)
  expect(hashToken(Uint8Array.of(1, 2, 255))).toBe('0102ff')
})

test.each([
  ['an equal one', '123', '123', true],
  ['another first character', '123', '023', false],
  ['another last character', '123', '124', false],
  ['differences that would cancel out', '12', '21', false],
  ['the beginning of it', '123', '12', false],
  ['more of it', '12', '123', false],
  ['nothing, to something', '', '1', false],
])('compares with %s', (_, a, b, expected) => {
  expect(isSameHash(a, b)).toBe(expected)
})
