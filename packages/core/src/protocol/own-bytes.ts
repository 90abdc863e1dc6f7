/** A message of so many bytes may stay in memory as a whole for the sake of a few of them. */
const KEPT_BYTES = 16 * 1024

/**
 * Bytes that may be kept for long. A view keeps all of its buffer in memory, so what is but a small part of a large
 * message is copied out of it.
 */
export function ownBytes(view: Uint8Array): Uint8Array {
  const keptBytes = view.buffer.byteLength
  return keptBytes > KEPT_BYTES && view.byteLength * 2 < keptBytes ? view.slice() : view
}
