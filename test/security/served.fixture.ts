/** A server on a real socket, with something of every kind, for whoever means it harm. */
import { serve } from '@tautline/adapters/node'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import * as v from 'valibot'

export const api = router({
  echo: query({ input: v.any(), output: v.any() }),
  saved: mutation({
    input: v.object({ id: v.string(), extra: v.optional(v.record(v.string(), v.number())) }),
    output: v.any(),
  }),
  who: query({ input: v.number(), output: v.string() }),
  fails: query({ input: v.string(), errors: { NOT_FOUND: null } }),
  ticks: subscription({ input: v.number(), output: v.number() }),
  sum: duplex({ up: v.number(), output: v.number() }),
  news: event({ params: v.string(), payload: v.string() }),
})

/** Never to be told to anybody, and never in a log. */
export const SECRETS = { internal: 'internal-4711', credential: 'credential-0815' } as const

export interface Served {
  readonly url: string
  readonly port: number
  /** Of the log. */
  readonly lines: readonly string[]
  /** Names of the users for whom each call ran. */
  readonly ran: readonly string[]
  readonly sessions: () => number
  readonly close: () => Promise<void>
}

export async function startServed(): Promise<Served> {
  const lines: string[] = []
  const ran: string[] = []
  const implementation = implement(api)
    .context(async ({ auth, fail }) => {
      await Promise.resolve()
      if (auth === undefined) return { user: 'nobody' }
      const { user, token } = auth as { user: string; token: string }
      if (token !== SECRETS.credential) fail('UNAUTHORIZED')
      return { user }
    })
    .use(async ({ ctx, next }) => {
      await Promise.resolve()
      return next({ guarded: ctx.user })
    })
    .handlers({
      echo: ({ input, ctx }): unknown => {
        ran.push(ctx.user)
        return input
      },
      saved: ({ input }): unknown => ({ own: Object.keys(input), extra: Object.keys(input.extra ?? {}) }),
      // Others run meanwhile, in another order each time.
      async who({ input, ctx }) {
        for (let turns = input % 7; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
        return `${ctx.user} ${ctx.guarded}`
      },
      fails: ({ input, fail }) => {
        if (input === 'declared') fail('NOT_FOUND')
        throw Object.assign(new Error(SECRETS.internal), { code: input })
      },
      async *ticks({ input }) {
        for (let n = 0; n < input; n += 1) yield n
      },
      async *sum({ up }) {
        let sum = 0
        for await (const n of up) yield (sum += n)
      },
      news: () => {},
    })
  const server = createServer(implementation, {
    principalOf: ({ user }) => user,
    // Each call of a method is a line.
    log: {
      info: (line) => void lines.push(line),
      warn: (line) => void lines.push(line),
      error: (line) => void lines.push(line),
    },
  })
  const serving = await serve(server, { port: 0, host: '127.0.0.1' })
  return {
    url: `ws://127.0.0.1:${serving.port}/`,
    port: serving.port,
    lines,
    ran,
    sessions: () => server.stats().sessions,
    close: () => serving.close({ drainMs: 0 }),
  }
}
