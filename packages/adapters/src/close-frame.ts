/**
 * What may stand in a close frame. Bun and Deno write nearly anything to the wire
 * (1005, 1015, 2999, even 0), so it is checked here, once for all.
 */

const MAX_REASON_BYTES = 123
const INTERNAL_ERROR = 1011

const utf8 = new TextEncoder()

/** `code`, or 1011 where RFC 6455 does not allow an endpoint to send it. */
export function sendableCode(code: number): number {
  const registered = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
  const own = code >= 3000 && code <= 4999
  return Number.isInteger(code) && (registered || own) ? code : INTERNAL_ERROR
}

/** The longest beginning of `reason` that fits, cut between characters. */
export function sendableReason(reason: string): string {
  // No UTF-16 unit needs more than three bytes.
  if (reason.length * 3 <= MAX_REASON_BYTES) return reason
  const { read } = utf8.encodeInto(reason, new Uint8Array(MAX_REASON_BYTES))
  return reason.slice(0, read)
}
