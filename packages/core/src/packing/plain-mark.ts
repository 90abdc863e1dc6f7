import type { Payload } from '../protocol/frame.ts'

/** A plain value where a packed one is expected: as the value of the only key, the empty one, of a map. */
const PLAIN_HEAD = [0x81, 0xa0] as const

/** What the mark adds to a payload. */
export const PLAIN_MARK_BYTES: number = PLAIN_HEAD.length

/** A payload that says that it is not packed. */
export function markPlain(payload: Payload): Payload {
  const marked = new Uint8Array(PLAIN_HEAD.length + payload.byteLength)
  marked.set(PLAIN_HEAD)
  marked.set(payload, PLAIN_HEAD.length)
  return marked
}

/** What is in a payload that says that it is not packed; `undefined` for a packed one. */
export function plainPart(payload: Payload): Payload | undefined {
  return payload[0] === PLAIN_HEAD[0] && payload[1] === PLAIN_HEAD[1] ? payload.subarray(PLAIN_HEAD.length) : undefined
}
