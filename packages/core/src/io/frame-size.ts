import { type Frame, FrameType, type Meta, type Payload, type ProcedureRef } from '../protocol/frame.ts'

/** Array header, frame number, id and the other numbers of a frame, each at its longest. */
const FIXED_BYTES = 64
/** All control fields together: each has a bound of its own in PROTOCOL.md, "Handshake". */
const CONTROL_BYTES = 4096
/** Header of one string at its longest. */
const STRING_HEADER_BYTES = 5
/** UTF-8 bytes of one UTF-16 unit at most. */
const BYTES_PER_UNIT = 3

/** Bytes that `frame` takes at most: known before it is encoded, so that it can be kept out of a full message. */
export function maxFrameBytes(frame: Frame): number {
  switch (frame.type) {
    case FrameType.Call:
      return FIXED_BYTES + refBytes(frame.procedure) + payloadBytes(frame.input) + metaBytes(frame.meta)
    case FrameType.Open:
      return (
        FIXED_BYTES +
        refBytes(frame.procedure) +
        payloadBytes(frame.input) +
        metaBytes(frame.meta) +
        payloadBytes(frame.resume)
      )
    case FrameType.Ok:
      return FIXED_BYTES + payloadBytes(frame.output)
    case FrameType.Error:
      return FIXED_BYTES + stringBytes(frame.code) + stringBytes(frame.message) + payloadBytes(frame.data)
    case FrameType.Item:
      return FIXED_BYTES + frame.value.byteLength + payloadBytes(frame.resume)
    case FrameType.Listen:
      return FIXED_BYTES + refBytes(frame.event) + payloadBytes(frame.params)
    case FrameType.Event:
      return FIXED_BYTES + refBytes(frame.event) + payloadBytes(frame.params) + payloadBytes(frame.payload)
    case FrameType.VolatileEvent:
      return (
        FIXED_BYTES +
        refBytes(frame.event) +
        payloadBytes(frame.params) +
        payloadBytes(frame.payload) +
        stringBytes(frame.key ?? '')
      )
    case FrameType.Hello:
      return CONTROL_BYTES + payloadBytes(frame.hello.auth)
    case FrameType.Auth:
      return FIXED_BYTES + frame.auth.byteLength
    case FrameType.Close:
      return FIXED_BYTES + stringBytes(frame.reason)
    case FrameType.Welcome:
    case FrameType.GoAway:
      return CONTROL_BYTES
    case FrameType.End:
    case FrameType.Cancel:
    case FrameType.Credit:
    case FrameType.Ping:
    case FrameType.Pong:
    case FrameType.AuthOk:
    case FrameType.Superseded:
      break
  }
  return FIXED_BYTES
}

function payloadBytes(payload: Payload | undefined): number {
  return payload === undefined ? 1 : payload.byteLength
}

function refBytes(ref: ProcedureRef): number {
  return typeof ref === 'number' ? 0 : stringBytes(ref)
}

function stringBytes(text: string): number {
  return STRING_HEADER_BYTES + BYTES_PER_UNIT * text.length
}

function metaBytes(meta: Meta | undefined): number {
  if (meta === undefined) return 0
  let bytes = 0
  for (const [key, value] of Object.entries(meta)) bytes += stringBytes(key) + stringBytes(value)
  return bytes
}
