import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readByLayout } from './decode-frame.ts'
import { encodeFrame, writeByLayout } from './encode-frame.ts'
import { type CallFrame, type Frame, FrameType, type OkFrame } from './frame.ts'
import { FRAME_LAYOUTS } from './frame-layout.ts'
import { readCall, readOk } from './frequent-frames.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const payload = fc.option(fc.constantFrom('c0', 'a161', '9101', 'c4020102').map(bytesOf), {
  nil: undefined,
})
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const call: fc.Arbitrary<CallFrame> = fc.record({
  type: fc.constant(FrameType.Call),
  id,
  procedure: fc.oneof(fc.nat(), fc.string({ minLength: 1, maxLength: 20 })),
  input: payload,
  timeoutMs: fc.option(fc.nat(), { nil: undefined }),
  meta: fc.option(fc.constantFrom({ key: 'k1' }, { a: '', b: 'x' }), { nil: undefined }),
})
const ok: fc.Arbitrary<OkFrame> = fc.record({ type: fc.constant(FrameType.Ok), id, output: payload })

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function byLayout(frame: Frame): Uint8Array {
  const writer = new Writer()
  writeByLayout(writer, frame)
  return writer.copy(0)
}

test('CALL and OK are written as the table has them', () => {
  fc.assert(
    fc.property(fc.oneof(call, ok), (frame) => {
      expect(encodeFrame(frame)).toEqual(byLayout(frame))
    }),
  )
})

test('CALL and OK are read as the table has them, also where fields follow that a later version has added', () => {
  fc.assert(
    fc.property(fc.oneof(call, ok), fc.nat({ max: 2 }), (frame, added) => {
      const bytes = byLayout(frame)
      const length = (bytes[0] ?? 0) & 0x0f
      const withMore = Uint8Array.of(...bytes, ...Array.from({ length: added }, () => 0xc0))
      const readerAtFields = (): Reader => {
        const reader = new Reader(withMore, DEFAULT_LIMITS)
        reader.offset = 2
        return reader
      }
      const expected = readByLayout(readerAtFields(), {
        type: frame.type,
        layout: FRAME_LAYOUTS[frame.type]!,
        length: length + added,
      })
      const read = frame.type === FrameType.Call ? readCall : readOk
      expect(read(readerAtFields(), length + added)).toEqual(expected)
    }),
  )
})
