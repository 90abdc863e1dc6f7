import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMessageDeflate } from './deflate-extension.ts'
import { FrameReader } from './frame-reader.ts'
import { FIN, Opcode, RSV1 } from './frames.ts'

const MAX_BYTES = 100_000

/** A reader, and what it tells. */
function createReader(inflates = false) {
  const told: unknown[] = []
  const reader = new FrameReader(
    {
      message: (bytes) => told.push(['message', [...bytes]]),
      text: () => told.push(['text']),
      ping: (payload) => told.push(['ping', [...payload]]),
      peerClosed: (code, reason) => told.push(['closed', code, reason]),
      violation: (code) => told.push(['violation', code]),
    },
    MAX_BYTES,
    inflates ? (bytes) => createMessageDeflate()?.inflate(bytes, MAX_BYTES) ?? 0 : undefined,
  )
  return { reader, told }
}

/** A frame as a client sends it, by what the RFC says and nothing of ours. */
function frame(first: number, payload: readonly number[], mask: readonly number[] = [1, 2, 3, 4]): number[] {
  const { length } = payload
  const head =
    length < 126 ? [length] : length < 65_536 ? [126, ...bigEndian(length, 2)] : [127, ...bigEndian(length, 8)]
  head[0] = (head[0] as number) | 0x80
  return [first, ...head, ...mask, ...payload.map((byte, at) => byte ^ (mask[at % 4] as number))]
}

function bigEndian(value: number, byteLength: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(value))
  return [...new Uint8Array(view.buffer)].slice(8 - byteLength)
}

/** What a reader tells of `bytes` that come in pieces of those sizes, the sizes over and over. */
function read(bytes: readonly number[], sizes: readonly number[], inflates = false): unknown[] {
  const { reader, told } = createReader(inflates)
  let at = 0
  for (let piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length] as number
    reader.read(Uint8Array.from(bytes.slice(at, at + size)))
    at += size
  }
  return told
}

const mask = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
const payload = fc.oneof(
  fc.array(fc.nat(255), { maxLength: 10 }),
  fc.integer({ min: 100, max: 300 }).map((length) => Array.from({ length }, (_, at) => at % 251)),
  fc.constant(Array.from({ length: 66_000 }, (_, at) => at % 251)),
)
const ping = fc.record({ payload: fc.array(fc.nat(255), { maxLength: 125 }), mask })

interface Sent {
  readonly bytes: number[]
  readonly told: unknown[]
}

/** A message in fragments, with pings between them. */
const message: fc.Arbitrary<Sent> = fc
  .record({
    payload,
    cuts: fc.array(fc.nat(300), { maxLength: 4 }),
    masks: fc.array(mask, { minLength: 5, maxLength: 5 }),
    ping: fc.option(ping),
  })
  .map(({ payload: whole, cuts, masks, ping: between }) => {
    const bytes: number[] = []
    const told: unknown[] = []
    let at = 0
    for (const [n, cut] of [...cuts, whole.length].entries()) {
      const end = n === cuts.length ? whole.length : Math.min(whole.length, at + cut)
      const first = (n === cuts.length ? FIN : 0) | (n === 0 ? Opcode.Binary : Opcode.Continuation)
      bytes.push(...frame(first, whole.slice(at, end), masks[n]))
      at = end
      if (between === null || n === cuts.length) continue
      bytes.push(...frame(FIN | Opcode.Ping, between.payload, between.mask))
      told.push(['ping', between.payload])
    }
    return { bytes, told: [...told, ['message', whole]] }
  })

test('what was sent is told, however it was cut into fragments and pieces', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40_000 })), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), sizes, (messages, pieces) => {
      const told = read(
        messages.flatMap(({ bytes }) => bytes),
        pieces,
      )
      expect(told).toEqual(messages.flatMap((one) => one.told))
    }),
    { numRuns: 60 },
  )
})

test('no bytes at all make it throw, and nothing is told behind an end', () => {
  const first = fc.oneof(fc.nat(255), fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0xc2))
  const piece = fc
    .tuple(first, fc.array(fc.nat(255), { maxLength: 40 }))
    .map(([byte, rest]) => rest.toSpliced(0, 0, byte))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, inflates) => {
      const { reader, told } = createReader(inflates)
      for (const bytes of pieces) reader.read(Uint8Array.from(bytes))
      const end = told.findIndex((entry) => ['closed', 'violation'].includes((entry as [string])[0]))
      expect(end === -1 || end === told.length - 1).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

describe('a violation', () => {
  const fragment = frame(Opcode.Binary, [1])
  test.each<[string, number, number[]]>([
    ['a frame without a mask', 1002, [0x82, 1, 1]],
    ['a reserved bit', 1002, frame(0xa2, [1])],
    ['the bit of compression that was not agreed on', 1002, frame(FIN | RSV1 | Opcode.Binary, [0])],
    ['a reserved opcode', 1002, frame(FIN | 3, [1])],
    ['a reserved opcode of a control frame', 1002, frame(FIN | 11, [1])],
    ['a ping in fragments', 1002, frame(Opcode.Ping, [])],
    ['a ping of 126 bytes', 1002, frame(FIN | Opcode.Ping, Array<number>(126).fill(0))],
    ['a continuation of nothing', 1002, frame(FIN | Opcode.Continuation, [1])],
    ['a message within another', 1002, [...fragment, ...frame(FIN | Opcode.Binary, [1])]],
    ['a close frame of one byte', 1002, frame(FIN | Opcode.Close, [3])],
    ['a close code that nobody may send', 1002, frame(FIN | Opcode.Close, [0x03, 0xed])],
    ['a close reason that is no UTF-8', 1007, frame(FIN | Opcode.Close, [0x03, 0xe8, 0xff])],
    ['text that is no UTF-8', 1007, frame(FIN | Opcode.Text, [0xff])],
    ['a message past the limit', 1009, [0x82, 0xff, ...bigEndian(MAX_BYTES + 1, 8), 1, 2, 3, 4]],
    ['fragments past the limit', 1009, [...fragment, 0x80, 0xff, ...bigEndian(MAX_BYTES, 8), 1, 2, 3, 4]],
    ['a length of 2^63', 1009, [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    [
      'more fragments than are allowed',
      1008,
      [...fragment, ...Array.from({ length: 16_384 }, () => frame(0, [])).flat()],
    ],
  ])('%s: %i, told as soon as it is there, and nothing after it', (_, code, bytes) => {
    const behind = frame(FIN | Opcode.Binary, [9])
    for (const sizes of [[1], [bytes.length + behind.length]]) {
      expect(read([...bytes, ...behind], sizes)).toEqual([['violation', code]])
    }
    expect(read(bytes, [bytes.length])).toEqual([['violation', code]])
  })

  test('of a frame is seen before its payload is there', () => {
    expect(read([0xa2, 0xff], [2])).toEqual([['violation', 1002]])
  })
})

test('a close frame is told with its reason, and is the end', () => {
  const reason = [...new TextEncoder().encode('adieu, à bientôt')]
  const bytes = [...frame(FIN | Opcode.Close, [0x0f, 0xa0, ...reason]), ...frame(FIN | Opcode.Binary, [1])]
  expect(read(bytes, [3])).toEqual([['closed', 4000, 'adieu, à bientôt']])
  expect(read(frame(FIN | Opcode.Close, []), [100])).toEqual([['closed', 1005, '']])
})

test('a compressed message may come in fragments, of which the first one says so', () => {
  const compressed = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
  const bytes = [...frame(RSV1 | Opcode.Binary, compressed.slice(0, 3)), ...frame(FIN, compressed.slice(3))]
  for (const size of [1, 5, 100]) {
    expect(read(bytes, [size], true)).toEqual([['message', [...new TextEncoder().encode('Hello')]]])
  }
  expect(read(frame(FIN | RSV1 | Opcode.Continuation, [0]), [100], true)).toEqual([['violation', 1002]])
  expect(read(frame(FIN | RSV1 | Opcode.Ping, [0]), [100], true)).toEqual([['violation', 1002]])
})

test('what is left of a piece comes again once reading goes on', () => {
  const { reader, told } = createReader()
  const piece = Uint8Array.from([1, 2].flatMap((byte) => frame(FIN | Opcode.Binary, [byte])))
  reader.isPaused = true
  expect(reader.read(piece)).toEqual(piece)
  expect(told).toEqual([])
  reader.isPaused = false
  expect(reader.read(piece)).toBeUndefined()
  expect(told).toEqual([
    ['message', [1]],
    ['message', [2]],
  ])
})

test('nothing is told once it was stopped, in the middle of a piece either', () => {
  const told: unknown[] = []
  const reader = new FrameReader(
    {
      message: (bytes) => {
        told.push([...bytes])
        reader.stop()
      },
      text: () => told.push('text'),
      ping: () => told.push('ping'),
      peerClosed: () => told.push('closed'),
      violation: () => told.push('violation'),
    },
    MAX_BYTES,
  )
  reader.read(Uint8Array.from([1, 2].flatMap((byte) => frame(FIN | Opcode.Binary, [byte]))))
  reader.read(Uint8Array.from(frame(FIN | Opcode.Ping, [])))
  expect(told).toEqual([[1]])
})
