import { CloseCode } from '../protocol/close-codes.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import { joinBytes } from './join-bytes.ts'
import type { Compressor } from './ports.ts'

/**
 * Some runtimes inflate a whole chunk before they hand anything out (Deno 2: 200 MiB of one). A slice of this size
 * can grow to about 1 MiB, which bounds what is spent before the count says stop.
 */
const INFLATE_SLICE_BYTES = 1024

/** `deflate-raw` by the platform's compression streams: for browsers, where nothing synchronous exists. */
export function createStreamCompressor(): Compressor {
  return {
    algorithm: 'deflate-raw',
    deflate: (body) =>
      collect(
        slicesOf(body, body.byteLength).pipeThrough(new CompressionStream('deflate-raw')),
        Number.POSITIVE_INFINITY,
      ),
    async inflate(body, maxBytes) {
      try {
        const slices = slicesOf(body, INFLATE_SLICE_BYTES)
        return await collect(slices.pipeThrough(new DecompressionStream('deflate-raw')), maxBytes)
      } catch (error) {
        if (error instanceof ProtocolViolation) throw error
        throw new ProtocolViolation(CloseCode.Malformed, 'Expected a deflate-raw body')
      }
    },
  }
}

/** Pulled, never pushed: no slice enters the stream before the one before it was used. */
function slicesOf(body: Uint8Array, sliceBytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let start = 0
  return new ReadableStream(
    {
      pull(controller) {
        // A slice may be transferred away by the stream: it gets memory of its own.
        if (start < body.byteLength) controller.enqueue(body.slice(start, start + sliceBytes))
        start += sliceBytes
        if (start >= body.byteLength) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let byteLength = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return joinBytes(chunks, byteLength)
    byteLength += value.byteLength
    if (byteLength > maxBytes) {
      // Nothing more is read from a stream that is given up, so its own failure is of no interest.
      reader.cancel().catch(() => undefined)
      throw new ProtocolViolation(CloseCode.TooLarge, `Expected a body of at most ${maxBytes} bytes after inflating`)
    }
    chunks.push(value)
  }
}
