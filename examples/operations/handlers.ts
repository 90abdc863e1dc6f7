import { availableParallelism, freemem, loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import type { InferOutput } from '@tautline/core'
import { implement } from '@tautline/server'
import { api } from './api.ts'

type Load = InferOutput<typeof api.load.now>

/** A span of its own, inside that of the call that asks. */
function readLoad(): Load {
  return trace.getTracer('load').startActiveSpan('read', (span) => {
    const [lastMinute = 0] = loadavg()
    span.end()
    return { load: lastMinute / availableParallelism(), freeBytes: freemem(), at: new Date() }
  })
}

export const handlers = implement(api).handlers({
  load: {
    now: readLoad,
    async *watch({ input, signal }) {
      while (!signal.aborted) {
        yield readLoad()
        await delay(input.everyMs, undefined, { signal }).catch(() => {})
      }
    },
  },
})
