import { newWebSocketRpcSession } from 'capnweb'
import { listenForSockets } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { BenchApi, publish, publishRows } from './bench-api.ts'

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const listening = await listenForSockets(options)
  listening.sockets.on('connection', (socket) => {
    // Its type is the browser's, its use is what `ws` has of it: so its documentation has it.
    newWebSocketRpcSession(socket as unknown as WebSocket, new BenchApi())
  })
  return { port: listening.port, publish, publishRows, stop: () => listening.stop() }
}
