import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader, type Segment, sizeOf } from './stream-reader.ts'

const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\nUpgrade: WebSocket\r\n\r\n'

const frame = fc.record({
  masked: fc.boolean(),
  payloadBytes: fc.oneof(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536), fc.nat(300)),
})

function encode({ masked, payloadBytes }: { readonly masked: boolean; readonly payloadBytes: number }): Buffer {
  const maskBit = masked ? 0x80 : 0
  const head = payloadBytes < 126 ? [payloadBytes] : payloadBytes < 65_536 ? [126, 0, 0] : [127, 0, 0, 0, 0, 0, 0, 0, 0]
  const bytes = Buffer.from([0x82, ...head, ...(masked ? [1, 2, 3, 4] : [])])
  bytes[1] = (bytes[1] ?? 0) | maskBit
  if (head.length === 3) bytes.writeUInt16BE(payloadBytes, 2)
  else if (head.length === 9) bytes.writeBigUInt64BE(BigInt(payloadBytes), 2)
  return Buffer.concat([bytes, Buffer.alloc(payloadBytes, 7)])
}

function readAll(bytes: Buffer, cuts: readonly number[]): readonly Segment[] {
  const reader = createFrameReader()
  const places = [...cuts.map((cut) => cut % (bytes.byteLength + 1)), 0, bytes.byteLength].sort((a, b) => a - b)
  return places.slice(1).flatMap((end, index) => reader.read(bytes.subarray(places[index], end)))
}

test('finds the same frames however the stream is cut into chunks, and leaves out no byte', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
      const bytes = Buffer.concat([Buffer.from(REQUEST), ...frames.map(encode)])
      const segments = readAll(bytes, cuts)
      expect(Buffer.concat(segments.map((segment) => segment.bytes)).equals(bytes)).toBe(true)
      const ends = segments.filter(
        ({ unit, from, bytes: part }) => unit.type === 'frame' && from + part.byteLength === sizeOf(unit),
      )
      expect(
        ends.map(({ unit }) => unit.type === 'frame' && { masked: unit.masked, payloadBytes: unit.payloadBytes }),
      ).toEqual(frames)
    }),
    { numRuns: 100 },
  )
})

test.for([
  ['a request without an upgrade', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a refusal', 'HTTP/1.1 503 No\r\nupgrade: websocket\r\n\r\n'],
] as const)('takes what follows %s for no frames', ([, head]) => {
  const [first, ...rest] = createFrameReader().read(Buffer.concat([Buffer.from(head), Buffer.of(0x82, 0)]))
  expect(first?.unit).toEqual({ type: 'head' })
  expect(rest.map(({ unit }) => unit.type)).toEqual(['raw'])
})

test('holds a head of 64 KiB back, and takes one byte more for no HTTP', () => {
  const reader = createFrameReader()
  expect(reader.read(Buffer.alloc(64 * 1024, 0x61))).toEqual([])
  expect(reader.read(Buffer.of(0x61)).map(({ bytes }) => bytes.byteLength)).toEqual([64 * 1024 + 1])
  expect(reader.read(Buffer.of(0x61)).map(({ unit }) => unit.type)).toEqual(['raw'])
})
