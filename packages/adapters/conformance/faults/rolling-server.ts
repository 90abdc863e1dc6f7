// <runtime> rolling-server.ts <kind> <port> <drainMs>: serves `faultApi`, and says what has run in it when it ends. Prints READY
// with its address, and RAN with the numbers of all runs, in order; ends with its stdin.
import process from 'node:process'
import { createServer } from '@tautline/server'
import type { ServerKind } from '../capabilities.ts'
import { listen } from '../listen.ts'
import type { Usage } from '../stands.ts'
import { createFaultHandlers } from './fault-handlers.ts'

const kind = process.argv[2] as ServerKind
const port = Number(process.argv[3])
const drainMs = Number(process.argv[4])
const ran: number[] = []

const server = createServer(
  createFaultHandlers({
    tell: (_, { n }) => {
      ran.push(n)
    },
    disconnections: () => 0,
  }),
  { log: false },
)

function usage(): Usage {
  return { rssBytes: process.memoryUsage().rss, connections: server.stats().connections }
}

const serving = await listen(kind, server, { port, fetch: () => Response.json(usage()) })
console.log(`READY ${JSON.stringify({ main: serving.url })}`)

process.stdin.resume()
process.stdin.once('end', () => {
  void serving.close({ drainMs }).then(() => {
    console.log(`RAN ${JSON.stringify(ran)}`)
    process.exit(0)
  })
})
