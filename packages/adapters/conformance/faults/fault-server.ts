// <runtime> fault-server.ts <kind> <port> <drainMs>: serves `faultApi`. Prints READY with its address; ends with its stdin.
import process from 'node:process'
import { createServer } from '@tautline/server'
import type { ServerKind } from '../capabilities.ts'
import { listen } from '../listen.ts'
import type { Usage } from '../stands.ts'
import { faultApi } from './fault-api.ts'
import { createFaultHandlers } from './fault-handlers.ts'

const kind = process.argv[2] as ServerKind
const port = Number(process.argv[3])
const drainMs = Number(process.argv[4])
let disconnections = 0

const server = createServer(
  createFaultHandlers({
    tell: (load, ran) => {
      server.publish(faultApi.ran, { load }, ran)
    },
    disconnections: () => disconnections,
  }),
  {
    log: false,
    // A session here moves more often within a second than it may within a minute.
    rates: { resumesPerMinute: Number.POSITIVE_INFINITY },
    onDisconnection: () => {
      disconnections += 1
    },
  },
)

function usage(): Usage {
  return { rssBytes: process.memoryUsage().rss, connections: server.stats().connections }
}

const serving = await listen(kind, server, { port, fetch: () => Response.json(usage()) })
console.log(`READY ${JSON.stringify({ main: serving.url })}`)

process.stdin.resume()
process.stdin.once('end', () => {
  // `shutdown()` of Deno.serve never ends once a client was reset right behind its request for an upgrade (Deno 2.9).
  void (kind === 'deno-serve' ? server : serving).close({ drainMs }).then(() => {
    process.exit(0)
  })
})
