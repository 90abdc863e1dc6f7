import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ServerOptions } from '../subject.ts'
import { type BareAcceptor, type BareListening, HOST, MAX_MESSAGE_BYTES } from './bare-socket.ts'

/** The `ws` package on `node:http`: the bare socket of Node, and of Deno too, where it is what can be served to the world. */
export async function listenWs(accept: BareAcceptor, { compression, port }: ServerOptions): Promise<BareListening> {
  const server = new WebSocketServer({
    port: port ?? 0,
    host: HOST,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: compression === true,
  })
  server.on('connection', (socket) => {
    listen(socket, accept)
  })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function listen(socket: WebSocket, accept: BareAcceptor): void {
  const listener = accept({
    get backlogBytes() {
      return socket.bufferedAmount
    },
    send(message) {
      socket.send(message)
    },
  })
  socket.on('message', (bytes: Buffer) => {
    listener.message(bytes)
  })
  socket.on('close', () => {
    listener.closed()
  })
  // A connection that dies is told by `close`; without a listener the process would end.
  socket.on('error', () => {})
}
