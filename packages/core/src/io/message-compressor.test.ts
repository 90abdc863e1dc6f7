import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMessageCompressor } from './message-compressor.ts'

const compressor = createMessageCompressor()
if (compressor === undefined) throw new Error('Expected node:zlib here')

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const plain = (buffer: Uint8Array): Uint8Array => Uint8Array.from(buffer)
const FLUSHED = Buffer.of(0, 0, 0xff, 0xff)
const most = (byteLength: number): Uint8Array => Uint8Array.from({ length: byteLength }, (_, i) => (i * i) % 251)

/** As any other implementation would. */
function inflateElsewhere(compressed: Uint8Array): Uint8Array {
  return plain(inflateRawSync(Buffer.concat([compressed, FLUSHED]), { finishFlush: constants.Z_SYNC_FLUSH }))
}

test.for([0, 1, 100, 4096, 65_536, 300_000])('a message of %i bytes is inflated by others', (byteLength) => {
  const message = most(byteLength)
  expect(inflateElsewhere(compressor.deflate(message))).toEqual(message)
})

test('what others deflate is inflated', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 0, max: 9 }), (message, level) => {
      const flushed = deflateRawSync(message, { level, finishFlush: constants.Z_SYNC_FLUSH })
      expect(compressor.inflate(plain(flushed.subarray(0, -FLUSHED.byteLength)), 2000)).toEqual(message)
    }),
  )
})

test.each([
  // RFC 7692, 7.2.3: one block, sharing nothing with others; no compression; a block that says to be the last; two blocks.
  ['a block', [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]],
  ['a stored block', [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]],
  ['a last block', [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]],
  ['two blocks', [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]],
])('the example of the RFC with %s is inflated', (_, compressed) => {
  expect(compressor.inflate(Uint8Array.from(compressed), 5)).toEqual(bytes('Hello'))
})

test('no more comes of a message than is allowed', () => {
  const compressed = compressor.deflate(new Uint8Array(1001))
  expect(compressor.inflate(compressed, 1001)).toHaveLength(1001)
  expect(compressor.inflate(compressed, 1000)).toBeUndefined()
})

test('what is no message is refused, and the next one is read', () => {
  const message = most(5000)
  const compressed = compressor.deflate(message)
  for (const wrong of [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    compressed.subarray(0, -3),
    compressed.subarray(0, 1),
    plain(Buffer.concat([deflateRawSync(message), compressed])),
  ]) {
    expect(() => compressor.inflate(wrong, 10_000)).toThrow(Error)
    expect(compressor.inflate(compressed, 10_000)).toEqual(message)
  }
})
