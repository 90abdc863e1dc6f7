import type { BenchServer, ServerOptions } from '../subject.ts'
import { publish, publishRows, router } from './router.ts'

/** On each runtime with the adapter that its documentation has for it. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const serving = await serve(options)
  return { port: serving.port, publish, publishRows, stop: () => serving.stop() }
}

async function serve(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  if ('Bun' in globalThis) return serveByBun(options)
  return 'Deno' in globalThis ? serveByDeno(options) : serveByNode(options)
}

async function serveByNode(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  const { RPCHandler } = await import('@orpc/server/ws')
  const { listenForSockets } = await import('../socket-server.ts')
  const handler = new RPCHandler(router)
  const listening = await listenForSockets(options)
  listening.sockets.on('connection', (socket) => {
    void handler.upgrade(socket)
  })
  return listening
}

async function serveByBun(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  const { RPCHandler } = await import('@orpc/server/bun-ws')
  const { serveOnBun } = await import('../bun-server.ts')
  const handler = new RPCHandler(router)
  const websocket = {
    message(socket: Parameters<typeof handler.close>[0], message: string | Uint8Array) {
      void handler.message(socket, message)
    },
    close(socket: Parameters<typeof handler.close>[0]) {
      handler.close(socket)
    },
  }
  return serveOnBun({ websocket }, options)
}

async function serveByDeno(options: ServerOptions): Promise<Pick<BenchServer, 'port' | 'stop'>> {
  const { RPCHandler } = await import('@orpc/server/websocket')
  const { serveOnDeno } = await import('../deno-server.ts')
  const handler = new RPCHandler(router)
  return serveOnDeno((socket) => {
    handler.upgrade(socket)
  }, options)
}
