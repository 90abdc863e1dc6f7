import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** As little as it takes to fill each limit. */
export const wireApi = router({
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
  /** Takes any value, and says nothing of it. */
  take: query({ input: v.unknown() }),
  /** Under way until it is cancelled. */
  hold: mutation(),
  /** Under way for ever. */
  stubborn: mutation(),
  /** Open until it is cancelled, without an item. */
  silence: subscription({ output: v.number() }),
  one: subscription({ output: v.number() }),
  /** Reads nothing of what is sent up. */
  ignore: duplex({ up: v.instance(Uint8Array), output: v.number() }),
  news: event({ params: v.object({ room: v.number() }), payload: v.string() }),
})
