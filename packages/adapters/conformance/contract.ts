import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** One procedure of every kind and for everything that may go wrong, for all runtimes to agree about. */
export const api = router({
  echo: query({ input: v.unknown(), output: v.unknown() }),
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
  bytes: query({
    input: v.object({ length: v.number(), of: v.picklist(['rows', 'noise']) }),
    output: v.instance(Uint8Array),
  }),
  withdraw: mutation({
    input: v.object({ amount: v.number() }),
    output: v.object({ left: v.number() }),
    errors: { INSUFFICIENT: v.object({ missing: v.number() }) },
  }),
  whoami: query({
    output: v.object({
      user: v.optional(v.string()),
      remoteAddress: v.optional(v.string()),
      origin: v.optional(v.string()),
      secure: v.boolean(),
    }),
  }),

  fails: {
    throws: mutation(),
    answersWithFunction: query({ output: v.unknown() }),
    /** Runs until the process ends, whatever happens to its caller. */
    hangs: query(),
  },

  /** Answers when its signal is aborted, or never. */
  wait: mutation({ input: v.object({ key: v.string() }) }),
  /** Items 1 to `to`, each with so many bytes. */
  count: subscription({
    input: v.object({ key: v.string(), to: v.number(), itemBytes: v.number() }),
    output: v.object({ n: v.number(), padding: v.instance(Uint8Array) }),
  }),
  /** Item 1, and then silence. */
  oneAndSilence: subscription({ input: v.object({ key: v.string() }), output: v.number() }),
  /** Numbers in order without end, one for each `beat`; goes on after the last one seen. */
  beats: subscription({ input: v.object({ key: v.string() }), output: v.number(), resume: v.number() }),
  beat: mutation({ input: v.object({ key: v.string() }) }),
  /** For each chunk, how many bytes have come so far. */
  received: duplex({
    input: v.object({ key: v.string() }),
    up: v.instance(Uint8Array),
    output: v.object({ bytes: v.number() }),
  }),

  news: event({ params: v.object({ room: v.string() }), payload: v.object({ text: v.string() }) }),
  announce: mutation({ input: v.object({ room: v.string(), text: v.string() }) }),
  /** Asks the caller itself, by `clientApi`. */
  askBack: mutation({ input: v.object({ question: v.string() }), output: v.object({ answer: v.string() }) }),

  /** What the handlers called with this key went through. */
  traceOf: query({
    input: v.object({ key: v.string() }),
    output: v.object({ started: v.number(), ended: v.number(), items: v.number() }),
  }),
  /** Cuts the sockets of the clients that connected with `?client=` of this name. */
  cut: mutation({ input: v.object({ client: v.string() }) }),
})

/** What clients serve to the server. */
export const clientApi = router({
  confirm: query({ input: v.object({ question: v.string() }), output: v.object({ answer: v.string() }) }),
})
