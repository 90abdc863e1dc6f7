import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { listenForSockets } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { appRouter, publish, publishRows } from './router.ts'

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const listening = await listenForSockets(options)
  applyWSSHandler({
    wss: listening.sockets,
    router: appRouter,
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 5_000 },
  })
  return { port: listening.port, publish, publishRows, stop: () => listening.stop() }
}
