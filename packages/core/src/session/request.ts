import type { CallFrame, ListenFrame, Meta, OpenFrame, PeerLimits } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import type { OutgoingCall, OutgoingListen, OutgoingOpen } from './session.ts'

/** What one end can ask of the other. Each kind has its own limit of what may be in flight. */
export type RequestKind = 'call' | 'stream' | 'topic'

export type Request =
  | { readonly kind: 'call'; readonly call: OutgoingCall }
  | { readonly kind: 'stream'; readonly open: OutgoingOpen }
  | { readonly kind: 'topic'; readonly listen: OutgoingListen }

/** How many requests of each kind may be in flight. */
export type Places = Readonly<Record<RequestKind, number>>

export function placesOf(limits: Pick<PeerLimits, 'calls' | 'streams'>, topics: number): Places {
  return places(limits.calls, limits.streams, topics)
}

export function atMost(most: number, { call, stream, topic }: Places): Places {
  return places(Math.min(call, most), Math.min(stream, most), Math.min(topic, most))
}

export function atLeast(least: number, { call, stream, topic }: Places): Places {
  return places(Math.max(call, least), Math.max(stream, least), Math.max(topic, least))
}

let latest: Places = { call: 0, stream: 0, topic: 0 }

/** As long as they are those of the connection before, they are the same object: most connections of a process have the same. */
function places(call: number, stream: number, topic: number): Places {
  if (latest.call !== call || latest.stream !== stream || latest.topic !== topic) latest = { call, stream, topic }
  return latest
}

export function requestFrame(
  request: Request,
  id: number,
  timeoutMs: number | undefined,
): CallFrame | OpenFrame | ListenFrame {
  if (request.kind === 'call') {
    const { procedure, input, meta } = request.call
    return { type: FrameType.Call, id, procedure, input, timeoutMs, meta }
  }
  if (request.kind === 'stream') {
    const { procedure, input, meta, resume } = request.open
    return { type: FrameType.Open, id, procedure, input, timeoutMs, meta, resume }
  }
  const { event, params } = request.listen
  return { type: FrameType.Listen, id, event, params }
}

/** Never less than what the frame takes on the wire, the header of a message of its own included. */
export function frameBytesAtMost(frame: CallFrame | OpenFrame | ListenFrame): number {
  if (frame.type === FrameType.Listen) return FIXED_BYTES + refBytes(frame.event) + (frame.params?.byteLength ?? 0)
  const resumeBytes = frame.type === FrameType.Open ? (frame.resume?.byteLength ?? 0) : 0
  return FIXED_BYTES + refBytes(frame.procedure) + (frame.input?.byteLength ?? 0) + metaBytes(frame.meta) + resumeBytes
}

export function textBytesAtMost(text: string | undefined): number {
  return text === undefined ? 0 : text.length * UTF8_BYTES_PER_UNIT + STRING_HEAD_BYTES
}

/** Message header, array heads, type, id, timeout and the head of the meta map: 27 + 8 + 9 + 9 + 5, rounded up. */
const FIXED_BYTES = 64
const UTF8_BYTES_PER_UNIT = 3
const STRING_HEAD_BYTES = 5

function refBytes(ref: string | number): number {
  return typeof ref === 'string' ? textBytesAtMost(ref) : STRING_HEAD_BYTES
}

function metaBytes(meta: Meta | undefined): number {
  let bytes = 0
  for (const [key, value] of Object.entries(meta ?? {})) bytes += textBytesAtMost(key) + textBytesAtMost(value)
  return bytes
}
