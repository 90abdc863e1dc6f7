import type { Compressor } from './ports.ts'
import { createStreamCompressor } from './stream-compressor.ts'
import { createZlibCompressor } from './zlib-compressor.ts'

/**
 * The best compressor of this platform: `node:zlib` on Node, Bun and Deno, compression streams in browsers.
 *
 * @returns `undefined` where the platform has neither
 */
export function createPlatformCompressor(): Compressor | undefined {
  return createZlibCompressor() ?? ('DecompressionStream' in globalThis ? createStreamCompressor() : undefined)
}
