import type { Serving } from '@tautline/adapters/node'
import { createServer, implement, type SocketAcceptor } from '@tautline/server'
import { tableOf, tickOf, todoOf } from '../../workload.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { api } from './api.ts'

/** The megabyte of bytes, and what stands around it, is more than the default lets in. */
const LIMITS = { messageBytes: 2 * 1024 * 1024 }

// Loaded with this file, as what the others serve with is: a restart is not to wait for it.
const { serve } = await importAdapter()

export async function startServer({ port = 0, compression = false }: ServerOptions): Promise<BenchServer> {
  const table = tableOf()
  const server = createServer(
    implement(api).handlers({
      get: ({ input }) => todoOf(input.id),
      table: () => table,
      echo: ({ input }) => input,
      *ticks({ input }) {
        for (let n = 0; n < input.count; n++) yield tickOf(n)
      },
    }),
    { limits: LIMITS, compression: compression ? {} : false },
  )
  const serving = await serve(server, { port, host: '127.0.0.1' })
  return {
    port: serving.port,
    publish(tick) {
      server.publish(api.ticked, tick)
    },
    publishRows(rows) {
      server.publish(api.rowsChanged, [...rows])
    },
    async stop() {
      const stopped = serving.close({ drainMs: 1 })
      for (const connection of server.connections) connection.terminate()
      await stopped
    },
  }
}

interface Adapter {
  readonly serve: (
    server: SocketAcceptor,
    options: { readonly port: number; readonly host: string },
  ) => Promise<Serving>
}

function importAdapter(): Promise<Adapter> {
  if ('Bun' in globalThis) return import('@tautline/adapters/bun')
  return 'Deno' in globalThis ? import('@tautline/adapters/deno') : import('@tautline/adapters/node')
}
