// Run by code-generation.test.ts in a process of its own: every kind of call, by packed values, over a real socket.
import { serve } from '@tautline/adapters/node'
import { createClient } from '@tautline/client'
import { duplex, event, isTautlineError, query, router, subscription } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import * as v from 'valibot'

const api = router({
  rows: query({ input: v.number(), output: v.array(v.object({ id: v.string(), n: v.number() })) }),
  items: subscription({ input: v.pipe(v.number(), v.maxValue(9)), output: v.number() }),
  sum: duplex({ input: v.null(), up: v.number(), output: v.number() }),
  news: event({ payload: v.string() }),
})

const server = createServer(
  implement(api).handlers({
    rows: ({ input }) => Array.from({ length: input }, (_, n) => ({ id: String(n), n })),
    items: ({ input }) => Array.from({ length: input }, (_, n) => n),
    async *sum({ up }) {
      let sum = 0
      for await (const n of up) yield (sum += n)
    },
  }),
  { log: false },
)
const serving = await serve(server, { port: 0, host: '127.0.0.1' })
const client = createClient(api, { url: `ws://127.0.0.1:${serving.port}` })
await client.$.connected()

function refusedCode(): string {
  try {
    // The flag is on: else this run would prove nothing.
    // oxlint-disable-next-line no-implied-eval
    return String(new Function('return 1')())
  } catch (error) {
    return error instanceof Error ? error.name : 'nothing'
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const heard = Promise.withResolvers<string>()
const listening = client.news.on((text) => heard.resolve(text))
await listening.ready
server.publish(api.news, 'hello')
const invalid: unknown = await all(client.items(10)).catch((error: unknown) => error)
console.log(
  JSON.stringify({
    refused: refusedCode(),
    rows: await client.rows(2),
    issues: isTautlineError(invalid, 'INVALID_INPUT') ? invalid.data.issues.length : invalid,
    items: await all(client.items(3)),
    sum: await all(client.sum(null, [1, 2, 3])),
    event: await heard.promise,
  }),
)
await client.$.close()
await serving.close({ drainMs: 0 })
