import type { Compressor } from './ports.ts'
import { createStreamCompressor } from './stream-compressor.ts'

/**
 * The compressor of browsers: bundles for them get this in place of `platform-compressor.ts`, by the `imports` of the package.
 *
 * @returns `undefined` where the platform has no compression streams
 */
export function createPlatformCompressor(): Compressor | undefined {
  return 'DecompressionStream' in globalThis ? createStreamCompressor() : undefined
}
