import process from 'node:process'

/** The part of `node:zlib` that compresses for WebSockets: whole messages at once, or by a stream, of a connection or of all. */
interface Zlib {
  deflateRawSync: (...args: unknown[]) => unknown
  readonly createDeflateRaw: (...args: unknown[]) => Stream
  readonly DeflateRaw: {
    readonly prototype: { write: (this: void, chunk: ArrayLike<unknown>, ...rest: unknown[]) => boolean }
  }
}

interface Stream {
  readonly _handle: {
    writeSync: (this: void, flush: number, input: unknown, inputOffset: number, ...rest: unknown[]) => void
  }
}

/**
 * Counts from now on how often deflate runs in this process. The module's own members are replaced, which is what `ws`
 * and Tautline look up at each use; Bun's sockets compress elsewhere and are not seen.
 */
export function countDeflates(): () => number {
  const zlib = process.getBuiltinModule('node:zlib') as unknown as Zlib
  const { createDeflateRaw, deflateRawSync } = zlib
  const { prototype } = zlib.DeflateRaw
  const { write } = prototype
  let count = 0
  zlib.deflateRawSync = (...args) => {
    count++
    return deflateRawSync(...args)
  }
  const createCounted = (...args: unknown[]): Stream => {
    const stream = createDeflateRaw(...args)
    const { _handle: handle } = stream
    const { writeSync } = handle
    handle.writeSync = function writeSyncCounted(this: unknown, flush, input, inputOffset, ...rest) {
      // What follows of a body is for more room.
      if (inputOffset === 0) count++
      Reflect.apply(writeSync, this, [flush, input, inputOffset, ...rest])
    }
    return stream
  }
  Object.defineProperty(zlib, 'createDeflateRaw', { value: createCounted })
  prototype.write = function writeCounted(this: unknown, chunk, ...rest) {
    // A flush writes nothing.
    if (chunk.length > 0) count++
    return Reflect.apply(write, this, [chunk, ...rest]) as boolean
  }
  return () => count
}
