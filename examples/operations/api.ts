/** What this service says of the machine it runs on. */
import { query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const Load = v.object({
  /** Of the last minute, per processor: 1 is all of them busy. */
  load: v.number(),
  freeBytes: v.number(),
  at: v.date(),
})

export const api = router({
  load: {
    now: query({ output: Load }),
    watch: subscription({
      input: v.object({ everyMs: v.pipe(v.number(), v.minValue(100), v.maxValue(60_000)) }),
      output: Load,
    }),
  },
})
