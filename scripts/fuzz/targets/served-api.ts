// A server with something of every kind, as hostile clients and hostile bodies meet it.
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createVirtualClock } from '@tautline/core/testing'
import { createServer, type ErrorContext, implement, tracked } from '@tautline/server'
import * as v from 'valibot'

const Row = v.object({ id: v.string(), at: v.optional(v.date()), n: v.number() })

export const api = router({
  echo: query({ input: v.any(), output: v.any() }),
  rows: query({ input: v.object({ ids: v.array(v.string()), n: v.optional(v.number()) }), output: v.array(Row) }),
  who: query({ output: v.number() }),
  fails: query({ input: v.any(), errors: { NO: v.object({ why: v.string() }), GONE: null } }),
  save: mutation({ input: Row, output: Row }),
  ticks: subscription({ input: v.any(), output: v.number(), resume: v.number() }),
  table: subscription({ input: v.nullish(v.number()), output: Row }),
  waits: query({ input: v.any() }),
  sum: duplex({ up: v.any(), output: v.any() }),
  pack: duplex({ input: v.string(), up: Row, output: Row }),
  news: event({ params: v.any(), payload: v.any() }),
  spot: event({ params: v.object({ room: v.string() }), payload: v.object({ x: v.number() }), volatile: true }),
})

/** Never to be in anything that leaves. */
export const SECRET = 'secret-7c1f0d'

export function createServed() {
  const clock = createVirtualClock({ afterPromises: (task) => void setImmediate(task) })
  /** What `onError` was told of that no handler here throws. */
  const faults: unknown[] = []
  const lines: string[] = []
  let contexts = 0
  const implementation = implement(api)
    .context(({ auth, fail }) => {
      if (auth === 'refuse') fail('UNAUTHORIZED')
      contexts += 1
      return { n: contexts, user: typeof auth === 'string' ? auth : 'nobody' }
    })
    .handlers({
      echo: ({ input }): unknown => input,
      rows: ({ input }) => input.ids.map((id, n) => ({ id, n, ...(n % 2 === 0 ? {} : { at: new Date(n) }) })),
      async who({ ctx }) {
        const before = ctx.n
        await Promise.resolve()
        if (ctx.n !== before) throw new TypeError('Expected the context to stay')
        return ctx.n
      },
      fails: ({ input, fail }) => {
        if (input === 1) fail('NO', { why: 'one' })
        if (input === 2) fail('GONE')
        throw new Error(SECRET)
      },
      save: ({ input }) => input,
      *ticks({ resume = 0 }) {
        for (let n = resume; n < resume + 40; n += 1) yield tracked(n, n)
      },
      async *table({ input, signal }) {
        for (let n = 0; n < (input ?? 3) && n < 100 && !signal.aborted; n += 1) yield { id: 'r', n }
      },
      waits: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
      async *sum({ up }) {
        yield* up
      },
      async *pack({ up }) {
        yield* up
      },
      news: () => {},
      spot: ({ params, fail }) => {
        if (params.room === 'closed') fail('FORBIDDEN')
      },
    })
  const server = createServer(implementation, {
    clock,
    limits: { calls: 4, streams: 4, topics: 4, streamItems: 4, maxStreamItems: 16 },
    resume: { windowMs: 5000, bytes: 16 * 1024, frames: 32, maxDetached: 4, maxDetachedBytes: 32 * 1024 },
    principalOf: ({ user }) => user,
    onError(error: unknown, _context: ErrorContext) {
      if (!(error instanceof Error && error.message === SECRET)) faults.push(error)
    },
    log: {
      info: (line) => void lines.push(line),
      warn: (line) => void lines.push(line),
      error: (line) => void lines.push(line),
    },
  })
  return { clock, server, implementation, faults, lines }
}

export type Served = ReturnType<typeof createServed>

/** What must hold whatever a client has sent. */
export function checkServed({ faults, lines }: Served): void {
  const [fault] = faults.splice(0)
  if (fault !== undefined) throw new Error(`Expected no error of the server, got ${describe(fault)}`, { cause: fault })
  for (const line of lines.splice(0)) {
    if (CONTROL.test(line)) throw new Error(`Expected one printable line, got ${JSON.stringify(line)}`)
    if (line.includes(SECRET)) throw new Error('Expected no secret in the log')
  }
}

// Anything of this kind must not be in a line.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function describe(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
}
