/*
 * Compression by the WebSocket itself: RFC 7692. Without context takeover each message stands alone, so that a connection needs no memory for
 * it, and no secret shares a window with a guess.
 *
 * Owns: what is agreed to, and which messages are compressed. Must not know: frames.
 */
import { createMessageCompressor } from '@tautline/core/io'

/** What the server answers to an offer that it agrees to: of every client it may ask so much. */
export const AGREED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'

/** Below, deflating costs more than it saves. */
const LEAST_BYTES = 1024
const GARBLED = 1007
const TOO_BIG = 1009

const NAME = 'permessage-deflate'
/** `server_max_window_bits` is not among them: a client that cannot look back over all of it is served without. */
const PARAMETERS = [
  /^server_no_context_takeover$/,
  /^client_no_context_takeover$/,
  /^client_max_window_bits(?:\s*=\s*(?<quote>"?)(?:8|9|1[0-5])\k<quote>)?$/,
]

/** @param offered `Sec-WebSocket-Extensions` of a client: what may be agreed to, the best first */
export function canAgree(offered: string): boolean {
  return offered.split(',').some((offer) => {
    const [name, ...parameters] = offer.split(';').map((part) => part.trim())
    const known = PARAMETERS.map((pattern) => parameters.filter((parameter) => pattern.test(parameter)).length)
    const areUnique = known.every((count) => count <= 1)
    return name === NAME && areUnique && known.reduce((sum, count) => sum + count, 0) === parameters.length
  })
}

/** Compresses for all sockets that agreed. */
export interface MessageDeflate {
  /** @returns `undefined` for what is better sent as it is */
  deflate(message: Uint8Array): Uint8Array | undefined
  /** @returns the message, or else the code to close with */
  inflate(compressed: Uint8Array, maxBytes: number): Uint8Array | number
}

/** @returns `undefined` where the platform has no `node:zlib` */
export function createMessageDeflate(): MessageDeflate | undefined {
  const compressor = createMessageCompressor()
  if (compressor === undefined) return undefined
  return {
    deflate(message) {
      if (message.byteLength < LEAST_BYTES) return undefined
      const compressed = compressor.deflate(message)
      return compressed.byteLength < message.byteLength ? compressed : undefined
    },
    inflate(compressed, maxBytes) {
      try {
        return compressor.inflate(compressed, maxBytes) ?? TOO_BIG
      } catch {
        return GARBLED
      }
    },
  }
}
