import { UNDEFINED_BYTES } from './extension-types.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { type Frame, FrameType, type Meta, type Payload, type ProcedureRef } from './frame.ts'
import { writeGoAway } from './go-away.ts'
import { writeHello } from './hello.ts'
import { writeWelcome } from './welcome.ts'
import { Writer } from './writer.ts'

/**
 * Frames to bytes.
 *
 * Owns: the layout of every frame as it is written. Must not know: how messages are put together, when they leave.
 * Normative text: PROTOCOL.md, "Frames".
 *
 * Trailing fields that are absent are left out. Before a later field an absent payload is the value `undefined`, since nil is a
 * value of its own there; any other absent field is nil.
 */
export function writeFrame(writer: Writer, frame: Frame): void {
  switch (frame.type) {
    case FrameType.Call: {
      const { input, timeoutMs, meta } = frame
      const fields = meta ? 6 : timeoutMs !== undefined ? 5 : input ? 4 : 3
      writeHead(writer, frame.type, fields)
      writer.writeUint(frame.id, 'id')
      writeProcedure(writer, frame.procedure)
      if (fields > 3) writePayload(writer, input)
      if (fields > 4) writeDuration(writer, timeoutMs)
      if (meta) writeMeta(writer, meta)
      return
    }
    case FrameType.Open: {
      const { input, timeoutMs, meta, resume } = frame
      const fields = resume ? 7 : meta ? 6 : timeoutMs !== undefined ? 5 : input ? 4 : 3
      writeHead(writer, frame.type, fields)
      writer.writeUint(frame.id, 'id')
      writeProcedure(writer, frame.procedure)
      if (fields > 3) writePayload(writer, input)
      if (fields > 4) writeDuration(writer, timeoutMs)
      if (meta) writeMeta(writer, meta)
      else if (fields > 5) writer.writeNil()
      if (resume) writer.writeEncoded(resume)
      return
    }
    case FrameType.Ok:
      writeHead(writer, frame.type, frame.output ? 3 : 2)
      writer.writeUint(frame.id, 'id')
      if (frame.output) writer.writeEncoded(frame.output)
      return
    case FrameType.Error:
      writeHead(writer, frame.type, frame.data ? 5 : 4)
      writer.writeUint(frame.id, 'id')
      writer.writeString(frame.code)
      writer.writeText(frame.message, FIELD_BOUNDS.errorMessageBytes)
      if (frame.data) writer.writeEncoded(frame.data)
      return
    case FrameType.Item:
      writeHead(writer, frame.type, frame.resume ? 4 : 3)
      writer.writeUint(frame.id, 'id')
      writer.writeEncoded(frame.value)
      if (frame.resume) writer.writeEncoded(frame.resume)
      return
    case FrameType.End:
    case FrameType.Cancel:
      writeHead(writer, frame.type, 2)
      writer.writeUint(frame.id, 'id')
      return
    case FrameType.Credit:
      writeHead(writer, frame.type, 4)
      writer.writeUint(frame.id, 'id')
      writer.writeUint(frame.items, 'items')
      writer.writeUint(frame.bytes, 'bytes')
      return
    case FrameType.Listen:
      writeHead(writer, frame.type, frame.params ? 4 : 3)
      writer.writeUint(frame.id, 'id')
      writeProcedure(writer, frame.event)
      if (frame.params) writer.writeEncoded(frame.params)
      return
    case FrameType.Event: {
      const fields = frame.payload ? 4 : frame.params ? 3 : 2
      writeHead(writer, frame.type, fields)
      writeProcedure(writer, frame.event)
      if (fields > 2) writePayload(writer, frame.params)
      if (frame.payload) writer.writeEncoded(frame.payload)
      return
    }
    case FrameType.VolatileEvent: {
      const fields = frame.key !== undefined ? 5 : frame.payload ? 4 : frame.params ? 3 : 2
      writeHead(writer, frame.type, fields)
      writeProcedure(writer, frame.event)
      if (fields > 2) writePayload(writer, frame.params)
      if (fields > 3) writePayload(writer, frame.payload)
      if (frame.key !== undefined) writer.writeString(frame.key)
      return
    }
    case FrameType.Hello:
      writeHead(writer, frame.type, 2)
      writeHello(writer, frame.hello)
      return
    case FrameType.Welcome:
      writeHead(writer, frame.type, 2)
      writeWelcome(writer, frame.welcome)
      return
    case FrameType.Ping:
    case FrameType.Pong:
      writeHead(writer, frame.type, 3)
      writer.writeUint(frame.n, 'n')
      writer.writeNumber(frame.t, 't')
      return
    case FrameType.GoAway:
      writeHead(writer, frame.type, 2)
      writeGoAway(writer, frame.goAway)
      return
    case FrameType.Auth:
      writeHead(writer, frame.type, 2)
      writer.writeEncoded(frame.auth)
      return
    case FrameType.AuthOk:
      writeHead(writer, frame.type, frame.expiresInMs === undefined ? 1 : 2)
      if (frame.expiresInMs !== undefined) writeDuration(writer, frame.expiresInMs)
      return
    case FrameType.Superseded:
      writeHead(writer, frame.type, 3)
      writer.writeUint(frame.attempt, 'attempt')
      writer.writeUint(frame.gen, 'gen')
      return
    case FrameType.Close:
      writeHead(writer, frame.type, 4)
      writer.writeUint(frame.code, 'code')
      writer.writeText(frame.reason, FIELD_BOUNDS.reasonBytes)
      writer.writeBoolean(frame.retry)
      return
    default:
      frame satisfies never
  }
}

/** One frame alone, to be put into several messages by `MessageBuilder.appendEncoded`. */
export function encodeFrame(frame: Frame): Uint8Array {
  const writer = new Writer()
  writeFrame(writer, frame)
  return writer.copy(0)
}

const ENCODED_UNDEFINED: Payload = Uint8Array.from(UNDEFINED_BYTES)

function writeHead(writer: Writer, type: number, fields: number): void {
  writer.writeArrayHeader(fields)
  writer.writeUint(type, 'type')
}

function writeProcedure(writer: Writer, procedure: ProcedureRef): void {
  if (typeof procedure === 'number') writer.writeUint(procedure, 'procedure')
  else writer.writeString(procedure)
}

function writePayload(writer: Writer, payload: Payload | undefined): void {
  writer.writeEncoded(payload ?? ENCODED_UNDEFINED)
}

/** Whole milliseconds, rounded up: what is left of a deadline must not become nothing on its way. */
function writeDuration(writer: Writer, ms: number | undefined): void {
  if (ms === undefined) writer.writeNil()
  else writer.writeUint(Math.ceil(ms), 'timeoutMs')
}

function writeMeta(writer: Writer, meta: Meta): void {
  const entries = Object.entries(meta)
  writer.writeMapHeader(entries.length)
  for (const [key, value] of entries) {
    writer.writeString(key)
    writer.writeString(value)
  }
}
