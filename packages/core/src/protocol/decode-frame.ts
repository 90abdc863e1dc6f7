import { CloseCode } from './close-codes.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { FIRST_IGNORED_TYPE, type Frame, FrameType, type Meta, type ProcedureRef } from './frame.ts'
import { readGoAway } from './go-away.ts'
import { readHello } from './hello.ts'
import type { Reader } from './reader.ts'
import { malformed, ProtocolViolation } from './violation.ts'
import { readWelcome } from './welcome.ts'

/**
 * Bytes to frames.
 *
 * Owns: the shape every frame must have to be believed. Must not know: whether a frame is allowed now.
 * Normative text: PROTOCOL.md, "Frames".
 *
 * Returns `undefined` for a frame of a type that is to be ignored. Fields behind the known ones are checked and left.
 */
export function readFrame(reader: Reader): Frame | undefined {
  const fields = reader.readArrayHeader('frame')
  if (fields === 0 || fields > FIELD_BOUNDS.frameFields) {
    throw malformed(`Expected a frame to have 1 to ${FIELD_BOUNDS.frameFields} fields, got ${fields}`)
  }
  const type = reader.readUint('type')
  if (type >= FIRST_IGNORED_TYPE) {
    for (let i = 1; i < fields; i += 1) reader.skip()
    return undefined
  }
  const shape = SHAPES[type]
  if (shape === undefined) throw new ProtocolViolation(CloseCode.ProtocolError, `Unknown frame type ${type}`)
  if (fields < shape.least)
    throw malformed(`Expected a frame of type ${type} to have ${shape.least} fields, got ${fields}`)
  const frame = shape.read(reader, fields)
  for (let i = shape.known; i < fields; i += 1) reader.skip()
  return frame
}

interface Shape {
  /** Fields that must be there, the type among them. */
  readonly least: number
  /** Fields that `read` looks at where they are there. */
  readonly known: number
  /** Reads the fields behind the type. */
  readonly read: (reader: Reader, fields: number) => Frame
}

const SHAPES: readonly (Shape | undefined)[] = shapesByType([
  [
    FrameType.Call,
    {
      least: 3,
      known: 6,
      read: (reader, fields) => ({
        type: FrameType.Call,
        id: readId(reader),
        procedure: readProcedure(reader),
        input: fields > 3 ? reader.readOptionalPayload() : undefined,
        timeoutMs: fields > 4 ? readOptionalUint(reader, 'timeoutMs') : undefined,
        meta: fields > 5 ? readMeta(reader) : undefined,
      }),
    },
  ],
  [
    FrameType.Open,
    {
      least: 3,
      known: 7,
      read: (reader, fields) => ({
        type: FrameType.Open,
        id: readId(reader),
        procedure: readProcedure(reader),
        input: fields > 3 ? reader.readOptionalPayload() : undefined,
        timeoutMs: fields > 4 ? readOptionalUint(reader, 'timeoutMs') : undefined,
        meta: fields > 5 ? readMeta(reader) : undefined,
        resume: fields > 6 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [
    FrameType.Ok,
    {
      least: 2,
      known: 3,
      read: (reader, fields) => ({
        type: FrameType.Ok,
        id: readId(reader),
        output: fields > 2 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [
    FrameType.Error,
    {
      least: 4,
      known: 5,
      read: (reader, fields) => ({
        type: FrameType.Error,
        id: readId(reader),
        code: readWord(reader, 'code', FIELD_BOUNDS.errorCodeBytes),
        message: reader.readString('message', FIELD_BOUNDS.errorMessageBytes),
        data: fields > 4 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [
    FrameType.Item,
    {
      least: 3,
      known: 4,
      read: (reader, fields) => ({
        type: FrameType.Item,
        id: readId(reader),
        value: reader.readPayload(),
        resume: fields > 3 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [FrameType.End, { least: 2, known: 2, read: (reader) => ({ type: FrameType.End, id: readId(reader) }) }],
  [FrameType.Cancel, { least: 2, known: 2, read: (reader) => ({ type: FrameType.Cancel, id: readId(reader) }) }],
  [
    FrameType.Credit,
    {
      least: 4,
      known: 4,
      read: (reader) => ({
        type: FrameType.Credit,
        id: readId(reader),
        items: reader.readUint('items'),
        bytes: reader.readUint('bytes'),
      }),
    },
  ],
  [
    FrameType.Listen,
    {
      least: 3,
      known: 4,
      read: (reader, fields) => ({
        type: FrameType.Listen,
        id: readId(reader),
        event: readProcedure(reader),
        params: fields > 3 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [
    FrameType.Event,
    {
      least: 2,
      known: 4,
      read: (reader, fields) => ({
        type: FrameType.Event,
        event: readProcedure(reader),
        params: fields > 2 ? reader.readOptionalPayload() : undefined,
        payload: fields > 3 ? reader.readOptionalPayload() : undefined,
      }),
    },
  ],
  [FrameType.Hello, { least: 2, known: 2, read: (reader) => ({ type: FrameType.Hello, hello: readHello(reader) }) }],
  [
    FrameType.Welcome,
    { least: 2, known: 2, read: (reader) => ({ type: FrameType.Welcome, welcome: readWelcome(reader) }) },
  ],
  [
    FrameType.Ping,
    {
      least: 3,
      known: 3,
      read: (reader) => ({ type: FrameType.Ping, n: reader.readUint('n'), t: reader.readNumber('t') }),
    },
  ],
  [
    FrameType.Pong,
    {
      least: 3,
      known: 3,
      read: (reader) => ({ type: FrameType.Pong, n: reader.readUint('n'), t: reader.readNumber('t') }),
    },
  ],
  [
    FrameType.GoAway,
    { least: 2, known: 2, read: (reader) => ({ type: FrameType.GoAway, goAway: readGoAway(reader) }) },
  ],
  [FrameType.Auth, { least: 2, known: 2, read: (reader) => ({ type: FrameType.Auth, auth: reader.readPayload() }) }],
  [
    FrameType.AuthOk,
    {
      least: 1,
      known: 2,
      read: (reader, fields) => ({
        type: FrameType.AuthOk,
        expiresInMs: fields > 1 ? readOptionalUint(reader, 'expiresInMs') : undefined,
      }),
    },
  ],
  [
    FrameType.Superseded,
    {
      least: 3,
      known: 3,
      read: (reader) => ({
        type: FrameType.Superseded,
        attempt: reader.readUint('attempt'),
        gen: reader.readUint('gen'),
      }),
    },
  ],
  [
    FrameType.Close,
    {
      least: 4,
      known: 4,
      read: (reader) => ({
        type: FrameType.Close,
        code: readCloseCode(reader),
        reason: reader.readString('reason', FIELD_BOUNDS.reasonBytes),
        retry: reader.readBoolean('retry'),
      }),
    },
  ],
  [
    FrameType.VolatileEvent,
    {
      least: 2,
      known: 5,
      read: (reader, fields) => ({
        type: FrameType.VolatileEvent,
        event: readProcedure(reader),
        params: fields > 2 ? reader.readOptionalPayload() : undefined,
        payload: fields > 3 ? reader.readOptionalPayload() : undefined,
        key: fields > 4 ? readOptionalKey(reader) : undefined,
      }),
    },
  ],
])

function shapesByType(entries: readonly (readonly [number, Shape])[]): readonly (Shape | undefined)[] {
  const byType = new Map(entries)
  return Array.from({ length: FIRST_IGNORED_TYPE }, (_, type) => byType.get(type))
}

function readId(reader: Reader): number {
  const id = reader.readUint('id')
  if (id === 0) throw malformed('Expected `id` to be an integer >= 1, got `0`')
  return id
}

function readProcedure(reader: Reader): ProcedureRef {
  const head = reader.bytes[reader.offset]
  const isString = head !== undefined && ((head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb))
  return isString ? readWord(reader, 'procedure', FIELD_BOUNDS.procedureBytes) : reader.readUint('procedure')
}

function readWord(reader: Reader, field: string, maxBytes: number): string {
  const word = reader.readString(field, maxBytes)
  if (word === '') throw malformed(`Expected \`${field}\` not to be empty`)
  return word
}

function readOptionalUint(reader: Reader, field: string): number | undefined {
  return reader.skipNil() ? undefined : reader.readUint(field)
}

function readOptionalKey(reader: Reader): string | undefined {
  return reader.skipNil() ? undefined : reader.readString('key', FIELD_BOUNDS.keyBytes)
}

function readCloseCode(reader: Reader): number {
  const code = reader.readUint('code')
  if (code < 1000 || code > 4999) throw malformed(`Expected \`code\` to be from 1000 to 4999, got \`${code}\``)
  return code
}

function readMeta(reader: Reader): Meta | undefined {
  if (reader.skipNil()) return undefined
  const entries = reader.readMapHeader('meta')
  if (entries > FIELD_BOUNDS.metaEntries) {
    throw malformed(`Expected \`meta\` to have at most ${FIELD_BOUNDS.metaEntries} entries, got ${entries}`)
  }
  // The keys come from the peer: without a prototype none of them means anything.
  const meta = Object.create(null) as Record<string, string>
  for (let i = 0; i < entries; i += 1) {
    const key = reader.readString('meta key', FIELD_BOUNDS.metaKeyBytes)
    if (key === '__proto__') throw malformed('Expected no key of `meta` to be `__proto__`')
    meta[key] = reader.readString('meta value', FIELD_BOUNDS.metaValueBytes)
  }
  return meta
}
