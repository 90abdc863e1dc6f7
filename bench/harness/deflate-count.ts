import process from 'node:process'

/** The part of `node:zlib` that compresses for WebSockets: whole messages at once, or as a stream per connection. */
interface Zlib {
  deflateRawSync: (...args: unknown[]) => unknown
  readonly DeflateRaw: {
    readonly prototype: { write: (this: void, chunk: ArrayLike<unknown>, ...rest: unknown[]) => boolean }
  }
}

/**
 * Counts from now on how often deflate runs in this process. The module's own members are replaced, which is what `ws`
 * and Tautline look up at each use; Bun's sockets compress elsewhere and are not seen.
 */
export function countDeflates(): () => number {
  const zlib = process.getBuiltinModule('node:zlib') as unknown as Zlib
  const { deflateRawSync } = zlib
  const { prototype } = zlib.DeflateRaw
  const { write } = prototype
  let count = 0
  zlib.deflateRawSync = (...args) => {
    count++
    return deflateRawSync(...args)
  }
  prototype.write = function writeCounted(this: unknown, chunk, ...rest) {
    // A flush writes nothing.
    if (chunk.length > 0) count++
    return Reflect.apply(write, this, [chunk, ...rest]) as boolean
  }
  return () => count
}
