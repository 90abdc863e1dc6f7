import { newWebSocketRpcSession } from 'capnweb'
import type { BunSocketHandlers } from '../bun-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { BenchApi, publish, publishRows } from './bench-api.ts'

/** On each runtime as its documentation has it. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const serving = await serve(options)
  return { port: serving.port, publish, publishRows, stop: () => serving.stop() }
}

async function serve(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  if ('Bun' in globalThis) return serveByBun(options)
  return 'Deno' in globalThis ? serveByDeno(options) : serveByNode(options)
}

async function serveByNode(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  const { listenForSockets } = await import('../socket-server.ts')
  const listening = await listenForSockets(options)
  listening.sockets.on('connection', (socket) => {
    // Its type is the browser's, its use is what `ws` has of it: so its documentation has it.
    newWebSocketRpcSession(socket as unknown as WebSocket, new BenchApi())
  })
  return listening
}

async function serveByBun(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  // Exported where Bun imports it, and not in the types that other runtimes are given.
  const { newBunWebSocketRpcHandler } = (await import('capnweb')) as unknown as {
    readonly newBunWebSocketRpcHandler: (createMain: () => BenchApi) => BunSocketHandlers
  }
  const { serveOnBun } = await import('../bun-server.ts')
  return serveOnBun({ websocket: newBunWebSocketRpcHandler(() => new BenchApi()) }, options)
}

async function serveByDeno(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  const { serveOnDeno } = await import('../deno-server.ts')
  return serveOnDeno((socket) => {
    socket.addEventListener('open', () => {
      newWebSocketRpcSession(socket, new BenchApi())
    })
  }, options)
}
