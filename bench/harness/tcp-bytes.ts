import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

export interface TcpBytes {
  readonly received: number
  readonly sent: number
}

/**
 * Counts what passes through every TCP socket that this process accepts from now on, WebSocket frames and upgrades
 * included. Costs nothing per message: the sockets count anyway. Only Node tells of accepted sockets.
 */
export function countTcpBytes(): () => TcpBytes {
  const open = new Set<Socket>()
  let [received, sent] = [0, 0]
  diagnostics.subscribe('net.server.socket', (message) => {
    const { socket } = message as { readonly socket: Socket }
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      received += socket.bytesRead
      sent += socket.bytesWritten
    })
  })
  return () => {
    const total = { received, sent }
    for (const socket of open) {
      total.received += socket.bytesRead
      total.sent += socket.bytesWritten
    }
    return total
  }
}
