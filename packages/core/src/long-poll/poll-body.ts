/**
 * Bodies of a long poll: bytes <-> parts of messages, with the numbers that make repeating them harmless.
 *
 * Owns: their shape. Must not know: HTTP, connections, what messages hold. Normative text: PROTOCOL.md, "Long poll".
 */
import { FIELD_BOUNDS } from '../protocol/field-bounds.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Reader } from '../protocol/reader.ts'
import { malformed, tooLarge } from '../protocol/violation.ts'
import { Writer } from '../protocol/writer.ts'
import { POLL_LIMITS } from './poll-limits.ts'

/** What a request is for. */
export const PollMode = {
  /** The first one of a connection, sent once: what carries these parts again is a poll. */
  Open: 0,
  /** Brings parts, and is answered at once. */
  Send: 1,
  /** Is held until there is something to say. */
  Poll: 2,
} as const

export type PollMode = (typeof PollMode)[keyof typeof PollMode]

/** One numbered unit of a direction. */
export type Part =
  | {
      readonly type: 'piece'
      readonly bytes: Uint8Array
      /** Whether the message ends here. */
      readonly last: boolean
    }
  /** The last part of its direction. */
  | { readonly type: 'close'; readonly code: number; readonly reason: string }

export interface PollAnswer {
  /** Number of the first part; 0 where there is none. */
  readonly seq: number
  /** Number of the last part taken from the other end. */
  readonly ack: number
  readonly parts: readonly Part[]
}

export interface PollRequest extends PollAnswer {
  readonly mode: PollMode
  /** Names the connection, and is the right to it. */
  readonly id: Uint8Array
}

const PartType = { Last: 0, More: 1, Close: 2 } as const

/** The header with its numbers at their longest, and the head of the parts. */
const HEAD_BYTES = 1 + 1 + (2 + POLL_LIMITS.idBytes) + 9 + 9 + 3
/** Of a part, around its bytes. */
const PART_HEAD_BYTES = 1 + 1 + 5
const CLOSE_BYTES = 1 + 1 + 3 + 3

/** Room for parts in one body. */
export const BODY_ROOM_BYTES: number = POLL_LIMITS.bodyBytes - HEAD_BYTES

/** Longest piece that fits into a body. */
export const PIECE_BYTES: number = BODY_ROOM_BYTES - PART_HEAD_BYTES

/** What a part takes of a body, at most. */
export function partBytes(part: Part): number {
  if (part.type === 'piece') return PART_HEAD_BYTES + part.bytes.byteLength
  // What `writeText` lets through, at three bytes for each UTF-16 unit.
  return CLOSE_BYTES + Math.min(part.reason.length * 3, POLL_LIMITS.reasonBytes)
}

export function encodePollRequest({ mode, id, ...rest }: PollRequest): Uint8Array {
  const writer = createWriter(rest.parts)
  writer.writeArrayHeader(4)
  writer.writeUint(mode, 'mode')
  writer.writeBytes(id)
  return finish(writer, rest)
}

export function encodePollAnswer(answer: PollAnswer): Uint8Array {
  const writer = createWriter(answer.parts)
  writer.writeArrayHeader(2)
  return finish(writer, answer)
}

/** @throws ProtocolViolation and nothing else. */
export function decodePollRequest(body: Uint8Array): PollRequest {
  const reader = createReader(body)
  const fields = readHead(reader, 'header', 4)
  const mode = reader.readUint('mode')
  if (mode !== PollMode.Open && mode !== PollMode.Send && mode !== PollMode.Poll) {
    throw malformed(`Expected \`mode\` to be 0, 1 or 2, got ${mode}`)
  }
  const id = reader.readBytes('id', POLL_LIMITS.idBytes)
  if (id.byteLength !== POLL_LIMITS.idBytes) {
    throw malformed(`Expected \`id\` to have ${POLL_LIMITS.idBytes} bytes, got ${id.byteLength}`)
  }
  return { mode, id, ...readRest(reader, fields - 4) }
}

/** @throws ProtocolViolation and nothing else. */
export function decodePollAnswer(body: Uint8Array): PollAnswer {
  const reader = createReader(body)
  const fields = readHead(reader, 'header', 2)
  return readRest(reader, fields - 2)
}

function createWriter(parts: readonly Part[]): Writer {
  return new Writer(parts.reduce((sum, part) => sum + partBytes(part), HEAD_BYTES))
}

function finish(writer: Writer, { seq, ack, parts }: PollAnswer): Uint8Array {
  writer.writeUint(seq, 'seq')
  writer.writeUint(ack, 'ack')
  writer.writeArrayHeader(parts.length)
  for (const part of parts) writePart(writer, part)
  return writer.view(0)
}

function writePart(writer: Writer, part: Part): void {
  if (part.type === 'piece') {
    writer.writeArrayHeader(2)
    writer.writeUint(part.last ? PartType.Last : PartType.More, 'type')
    writer.writeBytes(part.bytes)
  } else {
    writer.writeArrayHeader(3)
    writer.writeUint(PartType.Close, 'type')
    writer.writeUint(part.code, 'code')
    writer.writeText(part.reason, POLL_LIMITS.reasonBytes)
  }
}

function createReader(body: Uint8Array): Reader {
  const { bodyBytes } = POLL_LIMITS
  if (body.byteLength > bodyBytes) {
    throw tooLarge(`Expected a body of at most ${bodyBytes} bytes, got ${body.byteLength}`)
  }
  // What runtimes hand out may be a Buffer, whose `slice` shares memory.
  return new Reader(new Uint8Array(body.buffer, body.byteOffset, body.byteLength), DEFAULT_LIMITS)
}

function readRest(reader: Reader, surplus: number): PollAnswer {
  const seq = reader.readUint('seq')
  const ack = reader.readUint('ack')
  skip(reader, surplus)
  const count = reader.readArrayHeader('parts', POLL_LIMITS.bodyParts)
  if ((seq === 0) !== (count === 0)) {
    throw malformed(`Expected \`seq\` to be 0 just where there are no parts, got ${seq} and ${count}`)
  }
  if (!Number.isSafeInteger(seq + count)) throw malformed('Expected `seq` to leave room for the parts')
  const parts: Part[] = []
  for (let i = 0; i < count; i += 1) parts.push(readPart(reader))
  if (!reader.atEnd) throw malformed('Bytes behind the last part')
  return { seq, ack, parts }
}

function readPart(reader: Reader): Part {
  const fields = readHead(reader, 'part', 2)
  const type = reader.readUint('type')
  if (type === PartType.Close) {
    if (fields < 3) throw malformed('Expected a close to have a code and a reason')
    const code = reader.readUint('code')
    if (code < 1000 || code > 4999) throw malformed(`Expected \`code\` to be from 1000 to 4999, got ${code}`)
    const reason = reader.readString('reason', POLL_LIMITS.reasonBytes)
    skip(reader, fields - 3)
    return { type: 'close', code, reason }
  }
  if (type !== PartType.Last && type !== PartType.More) {
    throw malformed(`Expected the type of a part to be 0, 1 or 2, got ${type}`)
  }
  const bytes = reader.readBytes('bytes', POLL_LIMITS.bodyBytes)
  const last = type === PartType.Last
  if (!last && bytes.byteLength === 0) throw malformed('Expected a piece with more to follow to have bytes')
  skip(reader, fields - 2)
  return { type: 'piece', bytes, last }
}

/** Of an array that a later version may lengthen. */
function readHead(reader: Reader, field: string, least: number): number {
  const fields = reader.readArrayHeader(field, FIELD_BOUNDS.frameFields)
  if (fields < least) throw malformed(`Expected \`${field}\` to have at least ${least} fields, got ${fields}`)
  return fields
}

function skip(reader: Reader, fields: number): void {
  for (let i = 0; i < fields; i += 1) reader.skip()
}
