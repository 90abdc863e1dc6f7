import type { ServerOptions } from '../subject.ts'
import { type BareAcceptor, type BareListening, type BareSocketListener, HOST } from './bare-socket.ts'

/** What is used of Deno, whose types are not among those of this project. */
interface DenoGlobal {
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(): void },
    handler: (request: Request) => Response,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  upgradeWebSocket(
    request: Request,
    options: { readonly idleTimeout: number },
  ): { readonly socket: WebSocket; readonly response: Response }
}

/** `Deno.serve` with `Deno.upgradeWebSocket`, which bounds no message, does not compress and cannot be paused. */
export async function listenDeno(accept: BareAcceptor, { port }: ServerOptions): Promise<BareListening> {
  const { Deno: deno } = globalThis as typeof globalThis & { readonly Deno: DenoGlobal }
  const open = new Set<WebSocket>()
  const server = deno.serve({ port: port ?? 0, hostname: HOST, onListen: () => {} }, (request) => {
    const { socket, response } = deno.upgradeWebSocket(request, { idleTimeout: 0 })
    socket.binaryType = 'arraybuffer'
    let listener: BareSocketListener | undefined
    socket.addEventListener('open', () => {
      open.add(socket)
      listener = accept({
        get backlogBytes() {
          return socket.bufferedAmount
        },
        send(message) {
          socket.send(message as Uint8Array<ArrayBuffer>)
        },
      })
    })
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      listener?.message(new Uint8Array(data))
    })
    socket.addEventListener('close', () => {
      open.delete(socket)
      listener?.closed()
    })
    return response
  })
  return {
    port: server.addr.port,
    async stop() {
      for (const socket of open) socket.close()
      await server.shutdown()
    },
  }
}
