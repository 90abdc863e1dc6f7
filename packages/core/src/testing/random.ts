import type { Random } from '../io/ports.ts'

/**
 * A small random source that gives the same numbers for the same seed on every runtime (mulberry32). For tests and
 * simulations: nothing secret may come from it.
 *
 * @param seed any integer; its lowest 32 bits count
 */
export function createRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
