/** WebSocket frames as bytes, also those that no implementation would write. Whoever sends them says what is wrong with them. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const

export interface FrameShape {
  /** @default true */
  readonly fin?: boolean
  /** The three reserved bits, RSV1 worth 4. @default 0 */
  readonly rsv?: number
  /** @default true */
  readonly masked?: boolean
  /** Bytes that the length takes beside the first seven bits. @default the fewest that hold it */
  readonly lengthBytes?: 0 | 2 | 8
  /** What the head claims. @default what the payload has */
  readonly declaredBytes?: bigint
}

/** RFC 6455, 5.2. The mask is not zero, so that what is read is right only where it was applied. */
export function frameBytes(opcode: number, payload: Uint8Array, shape: FrameShape = {}): Buffer {
  const { fin = true, rsv = 0, masked = true, declaredBytes = BigInt(payload.byteLength) } = shape
  const lengthBytes = shape.lengthBytes ?? (declaredBytes < 126n ? 0 : declaredBytes < 65_536n ? 2 : 8)
  const head = Buffer.alloc(2 + lengthBytes)
  head.writeUInt8((fin ? 0x80 : 0) | (rsv << 4) | opcode, 0)
  const short = lengthBytes === 0 ? Number(declaredBytes) : lengthBytes === 2 ? 126 : 127
  head.writeUInt8((masked ? 0x80 : 0) | short, 1)
  if (lengthBytes === 2) head.writeUInt16BE(Number(declaredBytes), 2)
  else if (lengthBytes === 8) head.writeBigUInt64BE(declaredBytes, 2)
  return Buffer.concat(masked ? [head, MASK, maskedBytes(payload)] : [head, payload])
}

const MASK = Buffer.of(0x12, 0x34, 0x56, 0x78)

function maskedBytes(payload: Uint8Array): Uint8Array {
  return payload.map((byte, index) => byte ^ (MASK[index & 3] ?? 0))
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: Uint8Array | string = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

/** One message in frames of the given sizes; `between` goes after each but the last. */
export function fragments(
  message: Uint8Array,
  sizes: readonly number[],
  between: Uint8Array = Buffer.alloc(0),
): Buffer {
  let offset = 0
  const pieces = sizes.flatMap((size, index) => {
    const piece = message.subarray(offset, offset + size)
    offset += size
    const last = index === sizes.length - 1
    const frame = frameBytes(index === 0 ? Opcode.Binary : Opcode.Continuation, piece, { fin: last })
    return last ? [frame] : [frame, between]
  })
  if (offset !== message.byteLength) throw new Error(`Expected fragments of ${message.byteLength} bytes, got ${offset}`)
  return Buffer.concat(pieces)
}

/** A message in so many fragments of one byte, or of none: all zeros. */
export function tinyFragments(count: number, size: number): Buffer {
  const payload = Buffer.alloc(size)
  const middle = frameBytes(Opcode.Continuation, payload, { fin: false })
  const all = Buffer.alloc(count * middle.byteLength, middle)
  frameBytes(Opcode.Binary, payload, { fin: false }).copy(all)
  frameBytes(Opcode.Continuation, payload).copy(all, all.byteLength - middle.byteLength)
  return all
}
