import type { Compressor } from './ports.ts'

const RUN_BYTES = 3
const MAX_RUN = 0xff_ff

/** A synchronous compressor that every platform has: runs of equal bytes, each as a 16-bit length and the byte. */
export const runLengthCompressor = {
  algorithm: 'deflate-raw',
  deflate(body: Uint8Array): Uint8Array {
    const packed: number[] = []
    for (let start = 0, end = 0; start < body.length; start = end) {
      while (end < body.length && body[end] === body[start] && end - start < MAX_RUN) end++
      const length = end - start
      packed.push(length >> 8, length & 0xff, body[start] ?? 0)
    }
    return Uint8Array.from(packed)
  },
  inflate(body: Uint8Array): Uint8Array {
    const plain: number[] = []
    for (let at = 0; at < body.length; at += RUN_BYTES) {
      const [high = 0, low = 0, byte = 0] = body.subarray(at, at + RUN_BYTES)
      for (let left = (high << 8) | low; left > 0; left--) plain.push(byte)
    }
    return Uint8Array.from(plain)
  },
} satisfies Compressor
