// node --expose-gc young-garbage.fixture.ts clients|connections: prints how many bytes each closed one has left behind for the
// next collection of the whole heap.
import { setImmediate as turn } from 'node:timers/promises'
import { createClient } from '@tautline/client'
import { query, router } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import { WebSocket } from 'ws'
import { serve } from './serve.ts'

const what = process.argv[2]
const gc = globalThis.gc as NonNullable<typeof globalThis.gc>
const MANY = 150

const api = router({ ping: query() })
const server = createServer(
  implement(api)
    .context(({ signal }) => ({ isGone: () => signal.aborted }))
    .handlers({ ping: () => undefined }),
  { log: false },
)
const { url } = await serve(server, { port: 0 })

async function openAndClose(): Promise<void> {
  const client = createClient(api, { url, WebSocket, lazy: what === 'clients' })
  if (what === 'connections') await client.ping()
  await client.$.close()
}

async function repeat(): Promise<number> {
  for (let times = 0; times < MANY; times += 1) await openAndClose()
  // The ends of the last ones.
  for (let turns = 0; turns < 10; turns += 1) await turn()
  // What survives one collection of the young generation is old after the next.
  for (let times = 0; times < 3; times += 1) gc({ type: 'minor' })
  return process.memoryUsage().heapUsed
}

await repeat()
gc()
const before = process.memoryUsage().heapUsed
process.stdout.write(String(Math.round(((await repeat()) - before) / MANY)))
process.exit()
