/** What simulated clients and servers say to each other: one procedure of every kind, each telling how long it is to take. */
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** `n` is unique in a schedule. `pad` makes messages as large as the schedule wants them. */
const Work = v.object({ n: v.number(), client: v.number(), waitMs: v.number(), pad: v.instance(Uint8Array) })
const Answer = v.object({ n: v.number(), pad: v.instance(Uint8Array) })
const Source = v.object({ n: v.number(), to: v.number(), everyMs: v.number(), bytes: v.number() })

export const api = router({
  ask: query({ input: Work, output: Answer }),
  add: mutation({ input: Work, output: Answer }),
  put: mutation({ input: Work, output: Answer, idempotent: true }),
  /** From 1 to `to`; goes on behind the last number. */
  count: subscription({ input: Source, output: Answer, resume: v.number() }),
  /** As `count`, but each time from the beginning, and each run with a number of its own. */
  live: subscription({ input: Source, output: v.object({ run: v.number(), n: v.number() }) }),
  sum: duplex({ input: Work, up: v.object({ n: v.number(), pad: v.instance(Uint8Array) }), output: v.number() }),
  tick: event({
    params: v.object({ topic: v.number() }),
    payload: v.object({ server: v.number(), n: v.number(), pad: v.instance(Uint8Array) }),
  }),
})

/** What clients serve. */
export const clientApi = router({
  confirm: mutation({ input: Work, output: Answer }),
})

/** Events have one of so many topics. */
export const TOPICS = 2

export type CallKind = 'ask' | 'add' | 'put'

/** Bytes that differ from each other, and do not deflate to nothing. */
export function padOf(bytes: number, salt: number): Uint8Array<ArrayBuffer> {
  const pad = new Uint8Array(bytes)
  for (let index = 0; index < bytes; index++) pad[index] = (index * 7 + salt * 31 + (index >> 3) * salt) & 0xff
  return pad
}
