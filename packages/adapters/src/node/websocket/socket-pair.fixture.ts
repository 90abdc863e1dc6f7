import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SocketListener } from '@tautline/server'
import { WebSocket } from 'ws'
import type { MessageDeflate } from './deflate-extension.ts'
import { AGREED } from './deflate-extension.ts'
import { handshakeAnswer } from './handshake-answer.ts'
import { ignore, ServerWebSocket } from './server-websocket.ts'

export interface SocketPair {
  readonly socket: ServerWebSocket
  /** What `socket` writes to. */
  readonly stream: Duplex
  /** Of `ws`. */
  readonly client: WebSocket
  readonly close: () => void
}

export interface SocketPairOptions {
  /** @default 1 MiB */
  readonly maxMessageBytes?: number
  readonly deflate?: MessageDeflate | undefined
}

/** Two open ends of one WebSocket: ours, and one of `ws`. */
export async function openSocketPair(
  listener: Partial<SocketListener>,
  { maxMessageBytes = 1024 * 1024, deflate }: SocketPairOptions = {},
): Promise<SocketPair> {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const accepted = new Promise<Pick<SocketPair, 'socket' | 'stream'>>((resolve) => {
    http.on('upgrade', ({ headers }, stream, head) => {
      stream.on('error', ignore)
      const key = headers['sec-websocket-key'] ?? ''
      const extensions = deflate === undefined ? undefined : AGREED
      stream.write(handshakeAnswer({ key, subprotocol: undefined, extensions }))
      const socket = new ServerWebSocket(stream, { maxMessageBytes, deflate })
      socket.listen({ message: ignore, textMessage: ignore, drained: ignore, closed: ignore, ...listener }, head)
      resolve({ socket, stream })
    })
  })
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  const { socket, stream } = await accepted
  await once(client, 'open')
  return {
    socket,
    stream,
    client,
    close: () => {
      client.terminate()
      http.close()
    },
  }
}
