import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps the sockets on which nothing was asked yet: browsers open some in advance, and the `fetch` of Node leaves one behind
 * when a request is given up. To Node they are busy, and its `close` waits for them.
 *
 * @returns cuts them
 */
export function watchUnusedSockets(http: HttpServer, event: 'connection' | 'secureConnection'): () => void {
  const unused = new Set<Socket>()
  // One for all of them, and gone with the first request: a WebSocket need not keep it for all its life.
  function forget(this: Socket): void {
    unused.delete(this)
  }
  const use = ({ socket }: IncomingMessage): void => {
    if (unused.delete(socket)) socket.off('close', forget)
  }
  http.on(event, (socket: Socket) => {
    unused.add(socket)
    socket.on('close', forget)
  })
  http.on('request', use)
  http.on('upgrade', use)
  return () => {
    for (const socket of unused) socket.destroy()
  }
}
