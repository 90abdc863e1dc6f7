import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A socket of `ws` as clients of hand-written protocols have it. Compression is what the server agrees to. */
export async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

export async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return
  const closed = once(socket, 'close')
  socket.close()
  await closed
}
