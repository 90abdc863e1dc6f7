import { isUpgradeRequest } from './request-head.ts'

/** One frame as it was seen on its way. */
export interface FrameUnit {
  readonly type: 'frame'
  /** 0 for the first frame behind the HTTP head of its direction. */
  readonly index: number
  readonly opcode: number
  readonly fin: boolean
  readonly masked: boolean
  readonly headBytes: number
  readonly payloadBytes: number
}

/** What a direction's bytes belong to. `raw`: whatever is no WebSocket. */
export type Unit = FrameUnit | { readonly type: 'head' } | { readonly type: 'raw' }

/** Bytes of one unit, `from` so many bytes behind its start. */
export interface Segment {
  readonly unit: Unit
  readonly from: number
  readonly bytes: Buffer
}

/** Cuts a direction's bytes where units end. A frame's head comes in one piece, so that its end is known at its start. */
export interface StreamReader {
  read(chunk: Buffer): readonly Segment[]
}

type State =
  | { readonly at: 'head'; readonly held: Buffer }
  | { readonly at: 'frame-head'; readonly held: Buffer }
  | { readonly at: 'payload'; readonly unit: FrameUnit; readonly passedBytes: number }
  | { readonly at: 'raw' }

const HEAD_END = '\r\n\r\n'
/** Longer than any stack takes. What has no end by then is no HTTP. */
const MOST_HEAD_BYTES = 64 * 1024
const EMPTY = Buffer.alloc(0)
const HEAD: Unit = { type: 'head' }
const RAW: Unit = { type: 'raw' }

/** For TLS, or where frames do not matter. */
export function createByteReader(): StreamReader {
  return { read: (chunk) => [{ unit: RAW, from: 0, bytes: chunk }] }
}

/** Reads an HTTP head, and WebSocket frames behind it if it asks for an upgrade or grants one. */
export function createFrameReader(): StreamReader {
  let state: State = { at: 'head', held: EMPTY }
  let frames = 0

  function step(bytes: Buffer, into: Segment[]): Buffer {
    if (state.at === 'head') return readHead(Buffer.concat([state.held, bytes]), into)
    if (state.at === 'frame-head') return readFrameHead(Buffer.concat([state.held, bytes]), into)
    if (state.at === 'payload') return readPayload(state.unit, state.passedBytes, { bytes, into })
    into.push({ unit: RAW, from: 0, bytes })
    return EMPTY
  }

  function readHead(held: Buffer, into: Segment[]): Buffer {
    const end = held.indexOf(HEAD_END)
    if (end < 0 && held.byteLength <= MOST_HEAD_BYTES) {
      state = { at: 'head', held }
      return EMPTY
    }
    const byteLength = end < 0 ? held.byteLength : end + HEAD_END.length
    const bytes = held.subarray(0, byteLength)
    into.push({ unit: HEAD, from: 0, bytes })
    state = end >= 0 && isUpgrade(bytes.toString('latin1')) ? { at: 'frame-head', held: EMPTY } : { at: 'raw' }
    return held.subarray(byteLength)
  }

  function readFrameHead(held: Buffer, into: Segment[]): Buffer {
    const unit = toFrame(held, frames)
    if (unit === undefined) {
      state = { at: 'frame-head', held }
      return EMPTY
    }
    frames += 1
    into.push({ unit, from: 0, bytes: held.subarray(0, unit.headBytes) })
    state = unit.payloadBytes === 0 ? { at: 'frame-head', held: EMPTY } : { at: 'payload', unit, passedBytes: 0 }
    return held.subarray(unit.headBytes)
  }

  function readPayload(
    unit: FrameUnit,
    passedBytes: number,
    { bytes, into }: { readonly bytes: Buffer; readonly into: Segment[] },
  ): Buffer {
    const part = bytes.subarray(0, unit.payloadBytes - passedBytes)
    into.push({ unit, from: unit.headBytes + passedBytes, bytes: part })
    const passed = passedBytes + part.byteLength
    state =
      passed === unit.payloadBytes ? { at: 'frame-head', held: EMPTY } : { at: 'payload', unit, passedBytes: passed }
    return bytes.subarray(part.byteLength)
  }

  return {
    read(chunk) {
      const segments: Segment[] = []
      for (let rest = chunk; rest.byteLength > 0; ) rest = step(rest, segments)
      return segments
    },
  }
}

/** Of a whole frame on the wire, in bytes. */
export function sizeOf(unit: FrameUnit): number {
  return unit.headBytes + unit.payloadBytes
}

function isUpgrade(head: string): boolean {
  return head.startsWith('HTTP/1.1 101 ') || isUpgradeRequest(head)
}

/** RFC 6455, section 5.2; `undefined` until all of the head is there. */
function toFrame(held: Buffer, index: number): FrameUnit | undefined {
  if (held.byteLength < 2) return undefined
  const [first, second] = [held.readUInt8(0), held.readUInt8(1)]
  const masked = (second & 0x80) !== 0
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const headBytes = 2 + lengthBytes + (masked ? 4 : 0)
  if (held.byteLength < headBytes) return undefined
  const payloadBytes =
    lengthBytes === 0 ? short : lengthBytes === 2 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2))
  return { type: 'frame', index, opcode: first & 0x0f, fin: (first & 0x80) !== 0, masked, headBytes, payloadBytes }
}
