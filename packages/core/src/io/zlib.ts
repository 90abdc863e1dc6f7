/*
 * The part of `node:zlib` that is used, so that browsers need no types of Node; it is asked for at run time, so that bundles for
 * them hold no trace of it.
 */

export interface Zlib {
  deflateRawSync(body: Uint8Array, options: DeflateOptions): Uint8Array
  inflateRawSync(body: Uint8Array): Uint8Array
  inflateRawSync(body: Uint8Array, options: InflateOptions): InflatedWithEngine
  createDeflateRaw(options: DeflateOptions): ZlibStream
  createInflateRaw(): ZlibStream
}

export interface DeflateOptions {
  readonly level: number
  readonly windowBits: number
  readonly memLevel: number
  readonly chunkSize: number
  /** How a body ends. @default `Z_FINISH`: nothing follows */
  readonly finishFlush?: number
}

interface InflateOptions {
  readonly maxOutputLength: number
  readonly info: true
}

interface InflatedWithEngine {
  readonly buffer: Uint8Array
  /** `bytesWritten`: how much of the input was used. */
  readonly engine: { readonly bytesWritten: number }
}

/** With what no documentation promises: it may be missing. */
export interface ZlibStream {
  on?(event: 'error', listener: () => void): void
  readonly _handle?: {
    onerror: (message: string) => void
    reset(): void
    writeSync(
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputBytes: number,
      output: Uint8Array,
      outputOffset: number,
      outputBytes: number,
    ): void
  }
  readonly _writeState?: unknown
}

/** Bodies in, bodies out. */
export interface ZlibBodies {
  deflate(body: Uint8Array, options: DeflateOptions): Uint8Array
  /** @throws whatever was wrong with it @returns `undefined` where that would be more than `maxBytes` */
  inflate(body: Uint8Array, maxBytes: number): Inflated | undefined
}

export interface Inflated {
  readonly bytes: Uint8Array
  /** Of the body; less than it has where something is behind its end. */
  readonly bytesRead: number
}

interface Process {
  readonly getBuiltinModule?: (name: string) => unknown
}

/** @returns `undefined` where the platform has none */
export function builtinZlib(): Zlib | undefined {
  const { process } = globalThis as { readonly process?: Process }
  return process?.getBuiltinModule?.('node:zlib') as Zlib | undefined
}
