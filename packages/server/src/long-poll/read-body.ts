import type { Clock } from '@tautline/core/io'
import { BodyChunks } from '@tautline/core/long-poll'

/** For the longest body. Runtimes have limits of their own, of minutes, or none. */
const BODY_MS = 30_000

export type BodyReading =
  | { readonly type: 'whole'; readonly bytes: Uint8Array }
  | { readonly type: 'too-large' }
  | { readonly type: 'too-slow' }

/**
 * The body of a request, and never more of it in memory than `maxBytes`.
 *
 * @throws what reading throws, such as when the client is gone
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
  clock: Clock,
): Promise<BodyReading> {
  const chunks = new BodyChunks(maxBytes)
  const { promise: late, resolve: beLate } = Promise.withResolvers<'late'>()
  const cancelTimer = clock.schedule(clock.now() + BODY_MS, () => beLate('late'))
  const iterator = body?.[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([iterator?.next(), late])
      if (next === 'late') return { type: 'too-slow' }
      if (next === undefined || next.done === true) break
      if (!chunks.add(next.value)) return { type: 'too-large' }
    }
    return { type: 'whole', bytes: chunks.join() }
  } finally {
    cancelTimer()
    // Nobody waits: it may not end before the chunk that is awaited.
    iterator?.return?.().then(undefined, () => {})
  }
}
