// A server that ends by signals: node drain-program.fixture.ts <runtime> <noticeMs> <drainMs>
import { setTimeout as delay } from 'node:timers/promises'
import { query, router, subscription } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import * as v from 'valibot'

/** Each loads where it runs, and not elsewhere. */
const adapters = {
  node: () => import('./node/index.ts'),
  bun: () => import('./bun/index.ts'),
  deno: () => import('./deno/index.ts'),
}

export const api = router({
  /** Takes the given time. */
  work: query({ input: v.number(), output: v.string() }),
  /** Never ends, whatever happens. */
  hangs: query(),
  ticks: subscription({ output: v.number() }),
})

export type DrainRuntime = keyof typeof adapters

if (import.meta.main) {
  const [runtime = 'node', noticeMs, drainMs] = process.argv.slice(2)
  const { createHealth, drainOnSignals, serve } = await adapters[runtime as DrainRuntime]()
  const server = createServer(
    implement(api).handlers({
      work: async ({ input }) => {
        await delay(input)
        return 'done'
      },
      hangs: () => new Promise<never>(() => {}),
      async *ticks({ signal }) {
        yield 1
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve)
        })
      },
    }),
    { log: false },
  )
  const health = createHealth(server)
  const serving = await serve(server, {
    port: 0,
    host: '127.0.0.1',
    fetch: (request) => health(request) ?? new Response('Not found', { status: 404 }),
  })
  const options = { noticeMs: Number(noticeMs), drainMs: Number(drainMs) }
  void drainOnSignals(server, serving, options).drained.then((signal) => console.log(`DRAINED ${signal}`))
  console.log(`READY ${serving.url}`)
}
