/**
 * Tokens as they are stored: hashed, so that what reads the memory of a server cannot take its sessions over.
 *
 * Source: FIPS 180-4, by the platform's `node:crypto`, which Node, Bun and Deno have; it is asked for at run time.
 */

import { toHex } from './random-bytes.ts'

/** The part of `node:crypto` that is used. */
interface Crypto {
  hash(algorithm: 'sha256', bytes: Uint8Array, encoding: 'hex'): string
}

interface Process {
  readonly getBuiltinModule?: (name: string) => unknown
}

/**
 * SHA-256 of a token, in hex: a text takes a third of the memory of an array. Where the platform has none, the token itself: it is
 * random and lives as long as its session.
 */
export function hashToken(token: Uint8Array): string {
  const { process } = globalThis as { readonly process?: Process }
  const crypto = process?.getBuiltinModule?.('node:crypto') as Crypto | undefined
  return crypto === undefined ? toHex(token) : crypto.hash('sha256', token, 'hex')
}

/** Takes the same time wherever the first difference is. */
export function isSameHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
