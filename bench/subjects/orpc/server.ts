import { RPCHandler } from '@orpc/server/ws'
import { listenForSockets } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { publish, publishRows, router } from './router.ts'

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const listening = await listenForSockets(options)
  const handler = new RPCHandler(router)
  listening.sockets.on('connection', (socket) => {
    void handler.upgrade(socket)
  })
  return { port: listening.port, publish, publishRows, stop: () => listening.stop() }
}
