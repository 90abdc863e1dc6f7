/** Unguessable bytes. A port so that tests can tell what comes. */
export type RandomBytes = (length: number) => Uint8Array

const POOL_BYTES = 4096

/**
 * Takes bytes of the platform in advance: a request of 32 costs Node 7 µs, most of it for being one, and each new connection
 * makes two. What was given is forgotten.
 */
export function createRandomBytes(): RandomBytes {
  const pool = new Uint8Array(POOL_BYTES)
  let next = POOL_BYTES
  return (length) => {
    if (length > POOL_BYTES) return globalThis.crypto.getRandomValues(new Uint8Array(length))
    if (next + length > POOL_BYTES) {
      globalThis.crypto.getRandomValues(pool)
      next = 0
    }
    const given = pool.slice(next, next + length)
    pool.fill(0, next, next + length)
    next += length
    return given
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Two hex digits per byte. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

const ERROR_ID_BYTES = 8
const CLAIM_OWNER_BYTES = 16

/** Names one error to a caller, and tells nothing of it. */
export function createErrorId(randomBytes: RandomBytes): string {
  return toHex(randomBytes(ERROR_ID_BYTES))
}

/** Names one claim of an idempotency key, among those of all processes. */
export function createClaimOwner(randomBytes: RandomBytes): string {
  return toHex(randomBytes(CLAIM_OWNER_BYTES))
}
