/**
 * A 64-bit hash of a text, as 16 hex digits: two 32-bit lanes in the manner of MurmurHash3, over UTF-16 code units,
 * so that it needs neither TextEncoder nor BigInt. Tells contracts apart; who wants to make two texts collide can.
 */
export function hash64(text: string): string {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = mix(a, unit, 0xcc9e2d51, 0x1b873593)
    b = mix(b, unit, 0x85ebca6b, 0xc2b2ae35)
  }
  a = finish(a ^ text.length)
  b = finish(b ^ Math.imul(text.length, 0x9e3779b1))
  return toHex(finish(a ^ b)) + toHex(finish(b ^ rotate(a, 16)))
}

function mix(lane: number, unit: number, first: number, second: number): number {
  const scattered = Math.imul(rotate(Math.imul(unit, first), 15), second)
  return (Math.imul(rotate(lane ^ scattered, 13), 5) + 0xe6546b64) | 0
}

function finish(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function rotate(lane: number, bits: number): number {
  return (lane << bits) | (lane >>> (32 - bits))
}

function toHex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0')
}
