import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8, isUtf8 } from './utf8.ts'
import { fromHex } from './vector-notation.fixture.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isUtf8ByPlatform(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Bytes at the edges of what leads and continues a character. */
const edge = fc.constantFrom(...fromHex('00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 ec ed ee ef f0 f1 f3 f4 f5 ff'))

test('agrees with the platform on what is well-formed', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.array(edge, { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      const bytes = Uint8Array.from(pieces.flatMap((part) => [...part]))
      expect(isUtf8(bytes, 0, bytes.byteLength)).toBe(isUtf8ByPlatform(bytes))
    }),
    { numRuns: 5000 },
  )
})

test('agrees with the platform on every sequence of two edges and on every pair behind a lead', () => {
  const bytes = new Uint8Array(4)
  let disagreements = 0
  for (let lead = 0; lead < 256; lead += 1) {
    for (let second = 0; second < 256; second += 1) {
      bytes.set([lead, second, 0x80, 0xbf])
      for (const length of [1, 2, 3, 4]) {
        const part = bytes.subarray(0, length)
        if (isUtf8(part, 0, length) !== isUtf8ByPlatform(part)) disagreements += 1
      }
    }
  }
  expect(disagreements).toBe(0)
})

test('text comes back as it was, a leading byte order mark included, short and long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (tail, marked) => {
      const text = marked ? `\u{FEFF}${tail}` : tail
      const into = new Uint8Array(text.length * 3)
      const length = encodeUtf8(text, into, 0)
      expect(decodeUtf8(into, 0, length)).toBe(text)
    }),
  )
})
