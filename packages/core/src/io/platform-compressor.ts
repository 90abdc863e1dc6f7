import { createPlatformCompressor as createBrowserCompressor } from './browser-compressor.ts'
import type { Compressor } from './ports.ts'
import { createZlibCompressor } from './zlib-compressor.ts'

/**
 * The best compressor of this platform: `node:zlib` on Node, Bun and Deno, compression streams elsewhere.
 *
 * @returns `undefined` where the platform has neither
 */
export function createPlatformCompressor(): Compressor | undefined {
  return createZlibCompressor() ?? createBrowserCompressor()
}
