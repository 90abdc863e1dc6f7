// RFC 6455, frame by frame.
import { closingRules } from './closing-rules.ts'
import { closePayload, fragments, frameBytes, Opcode } from './frame-bytes.ts'
import { broken, type FrameRule, garbled, oversized } from './frame-rule.ts'
import { ECHO_BYTES } from './wire-stands.ts'

const text = (value: string): Buffer => Buffer.from(value)
const EMPTY = Buffer.alloc(0)
const X = text('x')
const { Binary, Close, Continuation, Ping, Pong, Text } = Opcode

const heads: readonly FrameRule[] = [
  {
    section: '5.1',
    name: 'a frame that is not masked',
    bytes: frameBytes(Binary, X, { masked: false }),
    demands: 'closed 1002',
    unless: ['refusesUnmasked', 'taken', ['binary 1']],
  },
  ...[1, 2, 4, 7].map((rsv) => {
    const bits = rsv.toString(2).padStart(3, '0')
    return broken('5.2', `reserved bits ${bits} that were not agreed on`, frameBytes(Binary, X, { rsv }))
  }),
  broken('5.2', 'a reserved bit in a ping', frameBytes(Ping, X, { rsv: 4 })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    broken('5.2', `the reserved opcode ${String(opcode)}`, frameBytes(opcode, X)),
  ),
  // Only the sender is told to write the shortest.
  ...([2, 8] as const).map(
    (lengthBytes): FrameRule => ({
      section: '5.2',
      name: `a length in ${String(lengthBytes)} bytes where none is needed`,
      bytes: frameBytes(Binary, X, { lengthBytes }),
      demands: 'taken',
      answers: ['binary 1'],
    }),
  ),
]

const control: readonly FrameRule[] = [
  ...[0, 1, 125].map(
    (size): FrameRule => ({
      section: '5.5.2',
      name: `a ping of ${String(size)} bytes`,
      bytes: frameBytes(Ping, Buffer.alloc(size, 7)),
      demands: 'taken',
      answers: [`pong ${String(size)}`],
    }),
  ),
  broken('5.5', 'a ping of 126 bytes', frameBytes(Ping, Buffer.alloc(126))),
  {
    section: '5.5',
    name: 'a pong of 126 bytes',
    bytes: frameBytes(Pong, Buffer.alloc(126)),
    demands: 'closed 1002',
    unless: ['boundedControlFrames', 'taken'],
  },
  {
    section: '5.5',
    name: 'a close frame of 126 bytes',
    bytes: frameBytes(Close, closePayload(1000, 'a'.repeat(124))),
    demands: 'closed 1002',
    unless: ['boundedControlFrames', 'closed 1000'],
  },
  { section: '5.5.3', name: 'a pong that nobody asked for', bytes: frameBytes(Pong, X), demands: 'taken' },
  ...Object.entries({ ping: Ping, pong: Pong, close: Close }).map(([name, opcode]) =>
    broken('5.5', `a ${name} in fragments`, frameBytes(opcode, closePayload(1000), { fin: false })),
  ),
]

const half = Buffer.alloc(ECHO_BYTES / 2, 1)
const whole = Buffer.concat([half, half])

const inFragments = (name: string, message: Uint8Array, fragmentBytes: readonly number[]): FrameRule => ({
  section: '5.4',
  name,
  bytes: fragments(message, fragmentBytes),
  demands: 'taken',
  answers: [`binary ${String(message.byteLength)}`],
})

const fragmentation: readonly FrameRule[] = [
  broken('5.4', 'a continuation of nothing', frameBytes(Continuation, X)),
  broken('5.4', 'a continuation of nothing, to be continued', frameBytes(Continuation, X, { fin: false })),
  {
    section: '5.4',
    name: 'a continuation behind the end of a message',
    bytes: Buffer.concat([fragments(text('ab'), [1, 1]), frameBytes(Continuation, X)]),
    demands: 'closed 1002',
    answers: ['binary 2'],
    unless: ['closeOnViolation', 'dropped', ['binary 2']],
  },
  ...Object.entries({ binary: Binary, text: Text }).map(([name, opcode]) =>
    broken(
      '5.4',
      `a ${name} message within another`,
      Buffer.concat([frameBytes(Binary, X, { fin: false }), frameBytes(opcode, X)]),
    ),
  ),
  inFragments('an empty message', EMPTY, [0]),
  inFragments('an empty message in three fragments', EMPTY, [0, 0, 0]),
  inFragments('a message in two fragments', whole, [half.byteLength, half.byteLength]),
  inFragments('a message between empty fragments', half, [0, half.byteLength, 0]),
  inFragments('a message in a thousand fragments', Buffer.alloc(7000, 2), Array<number>(1000).fill(7)),
  inFragments('a message in fragments of one byte', Buffer.alloc(1000, 3), Array<number>(1000).fill(1)),
  {
    section: '5.4',
    name: 'a ping between any two of five fragments',
    bytes: fragments(text('abcde'), [1, 1, 1, 1, 1], frameBytes(Ping, text('now'))),
    demands: 'taken',
    answers: ['pong 3', 'pong 3', 'pong 3', 'pong 3', 'binary 5'],
  },
]

const sizes: readonly FrameRule[] = [
  {
    section: '10.4',
    name: 'a message of the limit',
    bytes: frameBytes(Binary, whole),
    demands: 'taken',
    answers: [`binary ${String(ECHO_BYTES)}`],
  },
  {
    section: '7.4.1',
    name: 'a message one byte past the limit',
    bytes: frameBytes(Binary, Buffer.alloc(ECHO_BYTES + 1)),
    demands: 'closed 1009',
  },
  {
    section: '7.4.1',
    name: 'fragments that are one byte past the limit together',
    bytes: fragments(Buffer.alloc(ECHO_BYTES + 1), [ECHO_BYTES, 1]),
    demands: 'closed 1009',
  },
  ...[31n, 32n, 53n, 62n].map((bits) =>
    oversized(
      '10.4',
      `a frame that declares 2^${String(bits)} bytes`,
      frameBytes(Binary, EMPTY, { declaredBytes: 1n << bits }),
    ),
  ),
  // 1002 would say it better; ws and Bun see a length past the limit first.
  oversized('5.2', 'a length whose highest bit is set', frameBytes(Binary, EMPTY, { declaredBytes: 1n << 63n })),
]

const inTwo = (first: readonly number[], second: readonly number[]): Uint8Array =>
  Buffer.concat([frameBytes(Text, Buffer.from(first), { fin: false }), frameBytes(Continuation, Buffer.from(second))])

const utf8: readonly FrameRule[] = [
  { section: '5.6', name: 'text', bytes: frameBytes(Text, text('h\u00e9llo')), demands: 'taken' },
  { section: '5.6', name: 'empty text', bytes: frameBytes(Text, EMPTY), demands: 'taken' },
  { section: '5.6', name: 'a character in two fragments', bytes: inTwo([0xe2, 0x82], [0xac]), demands: 'taken' },
  garbled('8.1', 'text that is not UTF-8', frameBytes(Text, Buffer.of(0xff))),
  garbled('8.1', 'half a character', frameBytes(Text, Buffer.of(0xe2, 0x82))),
  garbled('8.1', 'a character that breaks off in the first of two fragments', inTwo([0xe2, 0x82], [0x41])),
]

export const frameRules: readonly FrameRule[] = [
  ...heads,
  ...control,
  ...fragmentation,
  ...sizes,
  ...utf8,
  ...closingRules,
]
