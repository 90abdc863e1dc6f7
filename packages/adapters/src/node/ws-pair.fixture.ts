import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

export interface WsPair {
  /** The server's end, before anybody listens to it. */
  readonly socket: WebSocket
  /** What `socket` writes to. */
  readonly stream: Duplex
  readonly client: WebSocket
  readonly close: () => void
}

/** Two open ends of one WebSocket of `ws`. */
export async function openWsPair(): Promise<WsPair> {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const webSockets = new WebSocketServer({ noServer: true })
  const accepted = new Promise<Pick<WsPair, 'socket' | 'stream'>>((resolve) => {
    http.on('upgrade', (request, stream, head) => {
      webSockets.handleUpgrade(request, stream, head, (socket) => resolve({ socket, stream }))
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
