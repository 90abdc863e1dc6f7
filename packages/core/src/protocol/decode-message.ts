import { readFrame } from './decode-frame.ts'
import { DEFLATED_BODY } from './extension-types.ts'
import type { Frame, MessageHeader } from './frame.ts'
import type { WireLimitName } from './limit-name.ts'
import type { Limits } from './limits.ts'
import { Reader } from './reader.ts'
import { malformed, protocolError, tooLarge } from './violation.ts'

/** A message taken apart, its body still closed. */
export interface Envelope {
  readonly header: MessageHeader
  /** A view: an array of frames, or what inflates to one. */
  readonly body: Uint8Array
  readonly compressed: boolean
}

/**
 * Reads the header and finds the body, without a look into it: a repeated message costs no more than this.
 *
 * Normative text: PROTOCOL.md, "Messages".
 *
 * @throws ProtocolViolation and nothing else.
 */
export function decodeEnvelope(message: Uint8Array, limits: Limits): Envelope {
  expectAtMost(limits, 'messageBytes', message.byteLength)
  const bytes = plainBytes(message)
  const reader = new Reader(bytes, limits)
  const header = readHeader(reader, limits)
  const head = bytes[reader.offset]
  if (head !== undefined && isArrayHead(head)) {
    return { header, body: bytes.subarray(reader.offset), compressed: false }
  }
  return { header, body: reader.readLastExtension('body', DEFLATED_BODY), compressed: true }
}

/**
 * Reads the frames of a body that is not, or no longer, compressed. The payloads in them are views of `body`, scanned and
 * not decoded. Either all frames are well-formed or none is returned.
 *
 * @throws ProtocolViolation and nothing else.
 */
export function decodeBody(body: Uint8Array, limits: Limits): readonly Frame[] {
  expectAtMost(limits, 'inflatedBytes', body.byteLength)
  const reader = new Reader(plainBytes(body), limits)
  const length = reader.readArrayHeader('body')
  expectAtMost(limits, 'framesPerMessage', length)
  const frames: Frame[] = []
  for (let i = 0; i < length; i += 1) {
    const frame = readFrame(reader)
    if (frame) frames.push(frame)
  }
  if (!reader.atEnd) throw malformed('Bytes behind the last frame')
  return frames
}

function readHeader(reader: Reader, limits: Limits): MessageHeader {
  const fields = reader.readArrayHeader('header')
  if (fields !== 3) throw malformed(`Expected \`header\` to have 3 fields, got ${fields}`)
  const seq = reader.readUint('seq')
  const count = reader.readUint('count')
  const ack = reader.readUint('ack')
  if ((seq === 0) !== (count === 0)) {
    throw protocolError(`Expected \`seq\` to be 0 just where \`count\` is, got ${seq} and ${count}`)
  }
  expectAtMost(limits, 'framesPerMessage', count)
  if (!Number.isSafeInteger(seq + count)) throw malformed('Expected `seq` to leave room for `count`')
  return { seq, count, ack }
}

const COUNTED = {
  messageBytes: 'bytes in a message',
  inflatedBytes: 'bytes in a body',
  framesPerMessage: 'frames in a message',
} satisfies Partial<Record<WireLimitName, string>>

function expectAtMost(limits: Limits, name: keyof typeof COUNTED, actual: number): void {
  if (actual > limits[name]) throw tooLarge(`Expected at most ${limits[name]} ${COUNTED[name]}, got ${actual}`, name)
}

function isArrayHead(head: number): boolean {
  return (head >= 0x90 && head < 0xa0) || head === 0xdc || head === 0xdd
}

/** Some runtimes hand out subclasses whose `slice` shares memory. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
