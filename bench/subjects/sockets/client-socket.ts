import { once } from 'node:events'
import { closeSocket, openSocket } from './open-socket.ts'

/** What a protocol written by hand needs of a socket at its client. */
export interface ClientSocket {
  send(bytes: Uint8Array): void
  /** Called once, before anything is sent. */
  listen(listener: ClientSocketListener): void
  close(): Promise<void>
}

interface ClientSocketListener {
  readonly message: (bytes: Uint8Array) => void
  readonly closed: () => void
}

export async function openWsClient(url: string): Promise<ClientSocket> {
  const socket = await openSocket(url)
  return {
    send: (bytes) => {
      socket.send(bytes)
    },
    listen({ message, closed }) {
      socket.on('message', message)
      socket.on('close', closed)
    },
    close: () => closeSocket(socket),
  }
}

/** Over the `WebSocket` that the runtime has itself. */
export async function openPlatformClient(url: string): Promise<ClientSocket> {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  await once(socket, 'open')
  return {
    send: (bytes) => {
      socket.send(bytes as Uint8Array<ArrayBuffer>)
    },
    listen({ message, closed }) {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        message(new Uint8Array(data))
      })
      socket.addEventListener('close', closed)
    },
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}
