import { event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** `load` keeps apart what several tests do with one server. */
const Load = v.object({ load: v.string() })

/** Procedures that are numbered, so that both ends can tell what was lost, and what happened twice. */
export const faultApi = router({
  /** Answers `n`, notes that it ran, and tells of it by `ran`. Takes so many turns of the event loop. */
  run: mutation({ input: v.object({ load: v.string(), n: v.number(), turns: v.number() }), output: v.number() }),
  /** How often each number below `count` ran. */
  runs: query({ input: v.object({ load: v.string(), count: v.number() }), output: v.array(v.number()) }),
  /** One for each run of the load; serials are 1, 2, 3, … */
  ran: event({ params: Load, payload: v.object({ serial: v.number(), n: v.number() }) }),
  /** 1 to `to`. */
  count: subscription({ input: v.object({ to: v.number() }), output: v.number() }),
  resumableCount: subscription({ input: v.object({ to: v.number() }), output: v.number(), resume: v.number() }),

  /** Both answer with the id of the process once `release` was called in it. */
  held: mutation({ input: Load, output: v.number() }),
  heldQuery: query({ input: Load, output: v.number() }),
  release: mutation({ input: Load }),
  /** How many of the two have begun in this process. */
  heldSoFar: query({ input: Load, output: v.number() }),

  /** Lets nothing else run for so long. */
  spin: mutation({ input: v.object({ ms: v.number() }) }),
  /** Connections that were accepted and are over. */
  disconnections: query({ output: v.number() }),
})
