import type { ServerOptions } from '../subject.ts'
import {
  type BareAcceptor,
  type BareListening,
  type BareSocketListener,
  HOST,
  MAX_MESSAGE_BYTES,
} from './bare-socket.ts'

/** What is used of Bun, whose types are not among those of this project. */
interface BunSocket {
  data: { listener: BareSocketListener | undefined }
  send(message: Uint8Array, compress: boolean): number
  getBufferedAmount(): number
}

interface BunServer {
  readonly port: number
  upgrade(request: Request, options: { readonly data: BunSocket['data'] }): boolean
  stop(closeConnections: boolean): Promise<void>
}

interface BunGlobal {
  serve(options: {
    readonly port: number
    readonly hostname: string
    fetch(request: Request, server: BunServer): Response | undefined
    readonly websocket: {
      readonly maxPayloadLength: number
      readonly backpressureLimit: number
      readonly perMessageDeflate: boolean
      open(socket: BunSocket): void
      message(socket: BunSocket, message: Uint8Array): void
      close(socket: BunSocket): void
    }
  }): BunServer
}

/** `Bun.serve`: the bare socket of Bun. */
export async function listenBun(accept: BareAcceptor, options: ServerOptions): Promise<BareListening> {
  const { Bun: bun } = globalThis as typeof globalThis & { readonly Bun: BunGlobal }
  const compression = options.compression === true
  const server = bun.serve({
    port: options.port ?? 0,
    hostname: HOST,
    fetch: (request, listening) =>
      listening.upgrade(request, { data: { listener: undefined } }) ? undefined : new Response(null, { status: 426 }),
    websocket: {
      maxPayloadLength: MAX_MESSAGE_BYTES,
      // Beyond it Bun drops messages without a word: `send` gives 0.
      backpressureLimit: MAX_MESSAGE_BYTES * 4,
      perMessageDeflate: compression,
      open(socket) {
        socket.data.listener = accept({
          get backlogBytes() {
            return socket.getBufferedAmount()
          },
          send(message) {
            socket.send(message, compression)
          },
        })
      },
      message(socket, message) {
        socket.data.listener?.message(message)
      },
      close(socket) {
        socket.data.listener?.closed()
      },
    },
  })
  return {
    port: server.port,
    stop: () => server.stop(true),
  }
}
