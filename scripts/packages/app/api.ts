import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const Cups = v.object({ cups: v.number() })

/** One procedure of each kind, and one that makes the line break. */
export const api = router({
  greet: query({ input: v.object({ name: v.string() }), output: v.object({ text: v.string(), at: v.date() }) }),
  order: mutation({ input: Cups, output: v.bigint(), errors: { SOLD_OUT: v.object({ left: v.number() }) } }),
  count: subscription({ input: v.object({ to: v.number() }), output: v.number(), resume: v.number() }),
  measure: duplex({ input: v.object({ name: v.string() }), up: v.instance(Uint8Array), output: v.number() }),
  ready: event({ payload: Cups }),
  cut: mutation(),
})
