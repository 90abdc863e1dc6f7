import type { Payload } from '../../protocol/frame.ts'

const HEAD_BYTES = 3
const NUMBER_BYTES = 4
const BIN16 = 0xc5

/** A MessagePack bin of at least 7 bytes that carries a number. */
export function numberedPayload(number: number, byteLength: number): Payload {
  const payload = new Uint8Array(Math.max(byteLength, HEAD_BYTES + NUMBER_BYTES))
  const view = new DataView(payload.buffer)
  view.setUint8(0, BIN16)
  view.setUint16(1, payload.byteLength - HEAD_BYTES)
  view.setUint32(HEAD_BYTES, number)
  return payload
}

export function numberOf(payload: Payload | undefined): number {
  if (payload === undefined) return Number.NaN
  return new DataView(payload.buffer, payload.byteOffset).getUint32(HEAD_BYTES)
}
