// <runtime> server-process.ts '{"subject":"tautline","compression":false,"start":"now"}': one server, under orders from stdin.
import process from 'node:process'
import type { BenchServer, ServerOptions } from '../subjects/subject.ts'
import { rowsOf, tickOf } from '../workload.ts'
import { countDeflates } from './deflate-count.ts'
import type { ServerOrders } from './orders.ts'
import { takeOrders } from './take-orders.ts'
import { countTcpBytes } from './tcp-bytes.ts'
import { collectGarbage, readUsage } from './usage.ts'

export interface ServerProcessOptions {
  readonly subject: string
  readonly compression: boolean
  /** `when-told`: loads everything and waits for the order to listen. */
  readonly start: 'now' | 'when-told'
}

const options = JSON.parse(process.argv[2] ?? '') as ServerProcessOptions
// Before the subject is loaded, which may take what it needs of `node:zlib` then.
const counts =
  'Bun' in globalThis || 'Deno' in globalThis ? undefined : { tcp: countTcpBytes(), deflates: countDeflates() }
// By name: peers need not be installed unless they are measured.
const { startServer } = (await import(`../subjects/${options.subject}/server.ts`)) as {
  readonly startServer: (options: ServerOptions) => Promise<BenchServer>
}

const start = (port: number): Promise<BenchServer> => startServer({ compression: options.compression, port })
let server = options.start === 'now' ? await start(0) : undefined

function listening(): BenchServer {
  if (server === undefined) throw new Error('Expected an order to listen before any other')
  return server
}

takeOrders<ServerOrders>(
  {
    usage(given) {
      if (given.collectGarbage === true) collectGarbage()
      return {
        ...readUsage(),
        ...(counts === undefined ? {} : { wire: { ...counts.tcp(), deflates: counts.deflates() } }),
      }
    },
    async listen(given) {
      server = await start(given.port)
      return { port: server.port, at: performance.timeOrigin + performance.now() }
    },
    publish({ event, number }) {
      if (event === 'tick') listening().publish(tickOf(number))
      else listening().publishRows?.(rowsOf(number))
      return null
    },
  },
  { port: server?.port },
)
