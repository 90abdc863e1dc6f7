import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ServerOptions } from './subject.ts'

/*
 * The listening half that the subjects on `ws` have in common, so that they differ in what they put on it and in nothing
 * else: the same address, the same limit, and the compression that `ws` has, which is off unless asked for.
 */

export interface SocketServer {
  readonly port: number
  readonly sockets: WebSocketServer
  /** Cuts every connection and lets go of the port. */
  stop(): Promise<void>
}

const HOST = '127.0.0.1'

export async function listenForSockets({ port = 0, compression = false }: ServerOptions): Promise<SocketServer> {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: compression })
  sockets.on('connection', ignoreErrors)
  await listen(http, port)
  return {
    port: portOf(http),
    sockets,
    stop() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      return stopListening(http)
    },
  }
}

export function listen(http: Server, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, HOST, resolve)
  })
}

export function portOf(http: Server): number {
  // Listening on a port, not on a pipe, it has an address of this kind.
  return (http.address() as AddressInfo).port
}

export function stopListening(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => {
      resolve()
    })
    http.closeAllConnections()
  })
}

/** Resolves when the socket can carry messages. */
export async function opened(socket: WebSocket): Promise<void> {
  await once(socket, 'open')
  ignoreErrors(socket)
}

/** A connection that dies is told by `close`; without a listener the process would end. */
function ignoreErrors(socket: WebSocket): void {
  socket.on('error', () => {})
}
