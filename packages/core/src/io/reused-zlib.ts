import { joinBytes } from './join-bytes.ts'
import type { DeflateOptions, Inflated, Zlib, ZlibBodies, ZlibStream } from './zlib.ts'

/*
 * Bodies through streams of `node:zlib` that are made once, one body after the other. `deflateRawSync` and its like make a stream
 * for each, and only a collection of the whole heap frees its native part: a server that compressed 5,000 messages a second had two
 * to five of these a second, of 7 ms each. A body of 1 KB takes half of the time on Node, Bun and Deno, and a third of it to inflate.
 *
 * Such a stream is reached by `_handle` and `_writeState`, which all three have and none promises. So it is tried out first, and
 * given up where it does anything else than what `node:zlib` documents of its functions.
 */

/** @returns `undefined` where the streams of this platform cannot be used again */
export function reuseZlib(zlib: Zlib, tryout: DeflateOptions): ZlibBodies | undefined {
  try {
    const reused = new Streams(zlib)
    return worksLike(zlib, reused, tryout) ? reused : undefined
  } catch {
    return undefined
  }
}

class Streams implements ZlibBodies {
  readonly #zlib: Zlib
  /** By what they were made with. */
  readonly #deflaters = new Map<DeflateOptions, BodyStream>()
  readonly #inflater: BodyStream

  constructor(zlib: Zlib) {
    this.#zlib = zlib
    this.#inflater = new BodyStream(zlib.createInflateRaw())
  }

  deflate(body: Uint8Array, options: DeflateOptions): Uint8Array {
    let deflater = this.#deflaters.get(options)
    if (deflater === undefined) {
      deflater = new BodyStream(this.#zlib.createDeflateRaw(options))
      this.#deflaters.set(options, deflater)
    }
    const deflated = deflater.run(body, 2 * body.byteLength + SCRATCH_BYTES, options.finishFlush)
    if (deflated === undefined) throw new Error('Expected a deflated body to be about as large as the body, or smaller')
    return deflated.bytes
  }

  inflate(body: Uint8Array, maxBytes: number): Inflated | undefined {
    return this.#inflater.run(body, maxBytes)
  }
}

const SAMPLE = new TextEncoder().encode('to be deflated, and inflated, and deflated again')
/** A block of a type that does not exist. */
const MALFORMED = Uint8Array.of(0x07)

function worksLike(zlib: Zlib, reused: ZlibBodies, options: DeflateOptions): boolean {
  // Twice, and after a failure: each body must find the stream as new.
  for (let times = 0; times < 2; times += 1) {
    const deflated = reused.deflate(SAMPLE, options)
    const behindEnd = new Uint8Array(deflated.byteLength + 1)
    behindEnd.set(deflated)
    if (!isEqual(zlib.inflateRawSync(deflated), SAMPLE) || !fails(() => reused.inflate(MALFORMED, 1))) return false
    if (!fails(() => reused.inflate(deflated.subarray(0, -1), SAMPLE.byteLength))) return false
    if (reused.inflate(deflated, SAMPLE.byteLength - 1) !== undefined) return false
    const inflated = reused.inflate(behindEnd, SAMPLE.byteLength)
    if (inflated?.bytesRead !== deflated.byteLength || !isEqual(inflated.bytes, SAMPLE)) return false
  }
  return true
}

function fails(act: () => unknown): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
}

const SCRATCH_BYTES = 64 * 1024
let scratch: Uint8Array | undefined

/** A stream that each body finds as if it were new. */
class BodyStream {
  readonly #handle: NonNullable<ZlibStream['_handle']>
  /** What the last write has left: of the room for output, of the input. */
  readonly #left: Uint32Array
  #failure: string | undefined

  constructor(stream: ZlibStream) {
    const { _handle: handle, _writeState: left } = stream
    if (handle === undefined || !(left instanceof Uint32Array))
      throw new TypeError('Expected the parts of a zlib stream')
    this.#handle = handle
    this.#left = left
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no event target
    handle.onerror = (message) => {
      this.#failure = message
    }
    // Where that is not how failures are told, they must not end the process.
    stream.on?.('error', () => {})
  }

  /** @returns `undefined` where more than `maxBytes` come of it */
  run(body: Uint8Array, maxBytes: number, flush: number = FINISH): Inflated | undefined {
    const room = (scratch ??= new Uint8Array(SCRATCH_BYTES))
    const parts: Uint8Array[] = []
    let bytesRead = 0
    let byteLength = 0
    this.#failure = undefined
    this.#handle.reset()
    for (;;) {
      const unread = body.byteLength - bytesRead
      this.#handle.writeSync(flush, body, bytesRead, unread, room, 0, SCRATCH_BYTES)
      if (this.#failure !== undefined) throw new Error(this.#failure)
      const [roomLeft = 0, stillUnread = 0] = this.#left
      bytesRead += unread - stillUnread
      byteLength += SCRATCH_BYTES - roomLeft
      if (byteLength > maxBytes) return undefined
      parts.push(room.slice(0, SCRATCH_BYTES - roomLeft))
      if (roomLeft > 0) return { bytes: joinBytes(parts, byteLength), bytesRead }
    }
  }
}

/** `Z_FINISH`: nothing follows. */
const FINISH = 4
