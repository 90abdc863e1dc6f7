import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const Count = v.object({ to: v.number(), itemBytes: v.number() })
const Item = v.object({ n: v.number(), filler: v.instance(Uint8Array) })

/** One of each kind, each with an answer that its caller can check. */
export const soakApi = router({
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
  /** Counts that it ran, by who calls. */
  tally: mutation({ input: v.object({ slot: v.number(), n: v.number() }), output: v.number() }),
  /** The same text, which can be compressed. */
  echo: query({ input: v.object({ text: v.string() }), output: v.string() }),
  /** The same bytes, which cannot. */
  echoBytes: query({ input: v.object({ bytes: v.instance(Uint8Array) }), output: v.instance(Uint8Array) }),
  /** Lets nothing else run for so long. */
  spin: query({ input: v.object({ ms: v.number() }) }),
  /** Waits for so long, unless it is cancelled. */
  wait: query({ input: v.object({ ms: v.number() }) }),
  /** 1 to `to`. */
  count: subscription({ input: Count, output: Item }),
  resumableCount: subscription({ input: Count, output: Item, resume: v.number() }),
  /** The sum of what has come so far. */
  sum: duplex({ input: v.object({}), up: v.number(), output: v.number() }),
  /** Counts up in every room, all the time. */
  tick: event({ params: v.object({ room: v.number() }), payload: v.object({ serial: v.number() }) }),
  /** Counts up as well; those that are behind get the latest. */
  cursor: event({ payload: v.object({ serial: v.number() }), volatile: true }),
})

/** Rooms of `tick`. */
export const ROOMS = 16
