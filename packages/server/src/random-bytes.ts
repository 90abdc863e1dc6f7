/** Unguessable bytes. A port so that tests can tell what comes. */
export type RandomBytes = (length: number) => Uint8Array

export const platformRandomBytes: RandomBytes = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length))

/** Two hex digits per byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
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
