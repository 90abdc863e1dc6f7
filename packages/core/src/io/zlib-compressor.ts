import { CloseCode } from '../protocol/close-codes.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { Compressor } from './ports.ts'
import { reuseZlib } from './reused-zlib.ts'
import { builtinZlib, type DeflateOptions, type Inflated, type Zlib, type ZlibBodies } from './zlib.ts'

export interface ZlibCompressorOptions {
  /** 0 (as it is), 1 (fast) to 9 (small). @default 1 */
  readonly level?: number
}

/** For each level: a compressor keeps nothing of a body, and what it keeps in place of that is up to 0.6 MiB. */
const made = new Map<number, Compressor>()

/**
 * `deflate-raw` by `node:zlib`, synchronously: bodies are small, and a thread pool costs more than it saves.
 *
 * @returns `undefined` where the platform has no `node:zlib`
 */
export function createZlibCompressor({ level = 1 }: ZlibCompressorOptions = {}): Compressor | undefined {
  const zlib = builtinZlib()
  if (zlib === undefined) return undefined
  let compressor = made.get(level)
  if (compressor === undefined) {
    compressor = zlibCompressor(zlib, level)
    made.set(level, compressor)
  }
  return compressor
}

/** @param level as of `ZlibCompressorOptions` */
export function zlibCompressor(zlib: Zlib, level: number): Compressor {
  const deflateOptions = createDeflateOptions(level)
  const bodies = zlibBodies(zlib, deflateOptions(0))
  return {
    algorithm: 'deflate-raw',
    deflate: (body) => bodies.deflate(body, deflateOptions(body.byteLength)),
    inflate(body, maxBytes) {
      const inflated = inflateOrRefuse(bodies, body, maxBytes)
      if (inflated === undefined) {
        throw new ProtocolViolation(CloseCode.TooLarge, `Expected a body of at most ${maxBytes} bytes after inflating`)
      }
      if (inflated.bytesRead === body.byteLength) return inflated.bytes
      throw new ProtocolViolation(CloseCode.Malformed, 'Expected nothing behind a deflate-raw body')
    },
  }
}

function inflateOrRefuse(bodies: ZlibBodies, body: Uint8Array, maxBytes: number): Inflated | undefined {
  try {
    return bodies.inflate(body, maxBytes)
  } catch {
    throw new ProtocolViolation(CloseCode.Malformed, 'Expected a deflate-raw body')
  }
}

/** Of what deflate looks back on: the least and the most that zlib knows. */
const WINDOW_BITS = { least: 9, most: 15 }
/** Deflate looks back over so much less than its window. */
const LOOKAHEAD_BYTES = 262
/** Block headers, for bytes that do not compress. */
const SPARE_BYTES = 64

/**
 * As much memory as a body needs, for zlib takes 256 KiB otherwise, each time: bodies of up to 4 KiB cost half, and are no
 * larger for it.
 *
 * @returns what to deflate a body of so many bytes with
 */
export function createDeflateOptions(level: number, finishFlush?: number): (byteLength: number) => DeflateOptions {
  const withWindow = (windowBits: number): DeflateOptions => ({
    level,
    windowBits,
    // So that the symbols of the body are one block.
    memLevel: Math.min(8, windowBits - 6),
    chunkSize: 2 ** windowBits + SPARE_BYTES,
    ...(finishFlush === undefined ? {} : { finishFlush }),
  })
  const { least, most } = WINDOW_BITS
  const largest = withWindow(most)
  const smaller = Array.from({ length: most - least }, (_, index) => withWindow(least + index))
  return (byteLength) => {
    const bits = 32 - Math.clz32(byteLength + LOOKAHEAD_BYTES)
    return smaller[Math.max(bits, least) - least] ?? largest
  }
}

/** @param tryout what to deflate with, for once */
export function zlibBodies(zlib: Zlib, tryout: DeflateOptions): ZlibBodies {
  return reuseZlib(zlib, tryout) ?? withStreamsOfTheirOwn(zlib)
}

function withStreamsOfTheirOwn(zlib: Zlib): ZlibBodies {
  return {
    deflate: (body, options) => asPlainBytes(zlib.deflateRawSync(body, options)),
    inflate(body, maxBytes) {
      try {
        const { buffer, engine } = zlib.inflateRawSync(body, { maxOutputLength: maxBytes, info: true })
        return { bytes: asPlainBytes(buffer), bytesRead: engine.bytesWritten }
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return undefined
        throw error
      }
    },
  }
}

/** A `Buffer` is not passed on: its `slice` shares memory where that of a `Uint8Array` copies. */
function asPlainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
