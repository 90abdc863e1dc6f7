import type { ServerOptions } from './subject.ts'

/*
 * `Deno.serve` for the subjects whose documentation has them on it. Deno's types are not among those of this project:
 * here is what is used of it. It compresses nothing.
 */

export interface DenoServing {
  readonly port: number
  stop(): Promise<void>
}

interface DenoGlobal {
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(): void },
    handler: (request: Request) => Response,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response }
}

const HOST = '127.0.0.1'

/** `onSocket` is called with sockets that have not opened yet. */
export function serveOnDeno(onSocket: (socket: WebSocket) => void, { port = 0 }: ServerOptions): DenoServing {
  const { Deno: deno } = globalThis as typeof globalThis & { readonly Deno: DenoGlobal }
  const sockets = new Set<WebSocket>()
  const listener = deno.serve({ port, hostname: HOST, onListen: () => undefined }, (request) => {
    if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 })
    const { socket, response } = deno.upgradeWebSocket(request)
    sockets.add(socket)
    socket.addEventListener('close', () => {
      sockets.delete(socket)
    })
    onSocket(socket)
    return response
  })
  return {
    port: listener.addr.port,
    async stop() {
      for (const socket of sockets) socket.close()
      await listener.shutdown()
    },
  }
}
