import { joinBytes } from './join-bytes.ts'
import { builtinZlib } from './zlib.ts'
import { createDeflateOptions, zlibBodies } from './zlib-compressor.ts'

/** Messages as RFC 7692 has them, each for itself: no window is kept from one to the next (7.1.1), and no memory with it. */
export interface MessageCompressor {
  deflate(message: Uint8Array): Uint8Array
  /**
   * @returns `undefined` where that would be more than `maxBytes`
   * @throws Error for what is not deflated, cut off, or followed by something
   */
  inflate(compressed: Uint8Array, maxBytes: number): Uint8Array | undefined
}

/** Fast, as for bodies. */
const LEVEL = 1
/** `Z_SYNC_FLUSH`: ends with `FLUSHED`, which is not sent (7.2.1). */
const SYNC_FLUSH = 2
const FLUSHED = [0x00, 0x00, 0xff, 0xff]
/** An empty block that says of itself to be the last: with it, a message that was cut off is told from one that was not. */
const LAST_BLOCK = [0x01, 0x00, 0x00, 0xff, 0xff]
const END = Uint8Array.from([...FLUSHED, ...LAST_BLOCK])
/** Behind a block that said so already may be one byte, so that it can go without `FLUSHED` (7.2.3.4). */
const PADDING_BYTES = 1

/** @returns `undefined` where the platform has no `node:zlib` */
export function createMessageCompressor(): MessageCompressor | undefined {
  const zlib = builtinZlib()
  if (zlib === undefined) return undefined
  const optionsFor = createDeflateOptions(LEVEL, SYNC_FLUSH)
  // Only what was finished can be tried out.
  const bodies = zlibBodies(zlib, createDeflateOptions(LEVEL)(0))
  return {
    deflate(message) {
      return bodies.deflate(message, optionsFor(message.byteLength)).subarray(0, -FLUSHED.length)
    },
    inflate(compressed, maxBytes) {
      const { byteLength } = compressed
      const inflated = bodies.inflate(joinBytes([compressed, END], byteLength + END.byteLength), maxBytes)
      if (inflated !== undefined && inflated.bytesRead < byteLength - PADDING_BYTES) {
        throw new Error('Expected nothing behind the last block of a compressed message')
      }
      return inflated?.bytes
    },
  }
}
