import { isDeepStrictEqual } from 'node:util'

/** Whether two values are the same in all that a peer could tell apart. */
export function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return isDeepStrictEqual(a, b)
}
