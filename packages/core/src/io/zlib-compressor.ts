import { CloseCode } from '../protocol/close-codes.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { Compressor } from './ports.ts'

/** The part of `node:zlib` that is used, so that browsers need no types of Node. */
interface Zlib {
  deflateRawSync(body: Uint8Array, options: DeflateOptions): Uint8Array
  inflateRawSync(body: Uint8Array, options: InflateOptions): Inflated
}

interface DeflateOptions {
  readonly level: number
  readonly windowBits: number
  readonly memLevel: number
  readonly chunkSize: number
}

interface InflateOptions {
  readonly maxOutputLength: number
  readonly info: true
}

interface Inflated {
  readonly buffer: Uint8Array
  /** `bytesWritten`: how much of the input was used. */
  readonly engine: { readonly bytesWritten: number }
}

interface Process {
  readonly getBuiltinModule?: (name: string) => unknown
}

export interface ZlibCompressorOptions {
  /** 0 (as it is), 1 (fast) to 9 (small). @default 1 */
  readonly level?: number
}

/**
 * `deflate-raw` by `node:zlib`, synchronously: bodies are small, and a thread pool costs more than it saves. The module
 * is asked for at run time, so that bundles for browsers hold no trace of it.
 *
 * @returns `undefined` where the platform has no `node:zlib`
 */
export function createZlibCompressor(options: ZlibCompressorOptions = {}): Compressor | undefined {
  const { process } = globalThis as { readonly process?: Process }
  const zlib = process?.getBuiltinModule?.('node:zlib') as Zlib | undefined
  if (zlib === undefined) return undefined
  const deflateOptions = createDeflateOptions(options.level ?? 1)
  return {
    algorithm: 'deflate-raw',
    deflate: (body) => asPlainBytes(zlib.deflateRawSync(body, deflateOptions(body.byteLength))),
    inflate(body, maxBytes) {
      const { buffer, engine } = inflateWithin(zlib, body, maxBytes)
      if (engine.bytesWritten === body.byteLength) return asPlainBytes(buffer)
      throw new ProtocolViolation(CloseCode.Malformed, 'Expected nothing behind a deflate-raw body')
    },
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
function createDeflateOptions(level: number): (byteLength: number) => DeflateOptions {
  // So that the symbols of the body are one block.
  const withWindow = (windowBits: number): DeflateOptions => {
    return { level, windowBits, memLevel: Math.min(8, windowBits - 6), chunkSize: 2 ** windowBits + SPARE_BYTES }
  }
  const { least, most } = WINDOW_BITS
  const largest = withWindow(most)
  const smaller = Array.from({ length: most - least }, (_, index) => withWindow(least + index))
  return (byteLength) => {
    const bits = 32 - Math.clz32(byteLength + LOOKAHEAD_BYTES)
    return smaller[Math.max(bits, least) - least] ?? largest
  }
}

function inflateWithin(zlib: Zlib, body: Uint8Array, maxBytes: number): Inflated {
  try {
    return zlib.inflateRawSync(body, { maxOutputLength: maxBytes, info: true })
  } catch (error) {
    throw asViolation(error, maxBytes)
  }
}

/** A `Buffer` is not passed on: its `slice` shares memory where that of a `Uint8Array` copies. */
function asPlainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function asViolation(error: unknown, maxBytes: number): ProtocolViolation {
  const { code } = error as { readonly code?: unknown }
  return code === 'ERR_BUFFER_TOO_LARGE'
    ? new ProtocolViolation(CloseCode.TooLarge, `Expected a body of at most ${maxBytes} bytes after inflating`)
    : new ProtocolViolation(CloseCode.Malformed, 'Expected a deflate-raw body')
}
