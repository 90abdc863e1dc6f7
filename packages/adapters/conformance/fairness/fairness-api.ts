import { query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** What one connection can ask too much of, and what others ask meanwhile. */
export const fairnessApi = router({
  light: query({ input: v.object({ n: v.number() }), output: v.number() }),
  /** Lets nothing else run for `ms`: at once, or behind an `await`. */
  heavy: query({ input: v.object({ ms: v.number(), behindAwait: v.boolean() }) }),
  /** Waits until it is cancelled. */
  hold: query(),
  large: query({ input: v.object({ bytes: v.number() }), output: v.instance(Uint8Array) }),
  endless: subscription({ input: v.object({ itemBytes: v.number() }), output: v.instance(Uint8Array) }),
  /** How many of `heavy` have begun so far. */
  begun: query({ output: v.number() }),
})
