/**
 * Tokens as they are stored: hashed, so that what reads the memory of a server cannot take its sessions over.
 *
 * Source: FIPS 180-4, by the platform's `node:crypto`, which Node, Bun and Deno have; it is asked for at run time.
 */

/** The part of `node:crypto` that is used. */
interface Crypto {
  hash(algorithm: 'sha256', bytes: Uint8Array, encoding: 'buffer'): Uint8Array
}

interface Process {
  readonly getBuiltinModule?: (name: string) => unknown
}

/** SHA-256 of a token. Where the platform has none, the token itself: it is random and lives as long as its session. */
export function hashToken(token: Uint8Array): Uint8Array {
  const { process } = globalThis as { readonly process?: Process }
  const crypto = process?.getBuiltinModule?.('node:crypto') as Crypto | undefined
  return crypto === undefined ? token.slice() : new Uint8Array(crypto.hash('sha256', token, 'buffer'))
}

/** Takes the same time wherever the first difference is. */
export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  let difference = 0
  for (let i = 0; i < a.byteLength; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
