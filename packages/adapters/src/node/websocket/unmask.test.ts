import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unmask } from './unmask.ts'

test('takes the mask off exactly what it is told to, wherever it lies', () => {
  const bytes = fc.uint8Array({ maxLength: 700 })
  const small = fc.nat({ max: 9 })
  fc.assert(
    fc.property(
      bytes,
      small,
      small,
      small,
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      (all, offset, from, left, mask) => {
        const bytesOf = (): Uint8Array => {
          const copy = new Uint8Array(offset + all.byteLength)
          copy.set(all, offset)
          return copy.subarray(offset)
        }
        const start = Math.min(from, all.byteLength)
        const end = Math.max(start, all.byteLength - left)
        const expected = bytesOf().map((byte, at) =>
          at < start || at >= end ? byte : byte ^ (mask[(at - start) % 4] ?? 0),
        )
        const unmasked = bytesOf()
        unmask(unmasked, start, end, new DataView(mask.buffer, mask.byteOffset).getInt32(0))
        expect(unmasked).toEqual(expected)
      },
    ),
  )
})
