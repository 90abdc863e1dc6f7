import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { WsSocket } from './ws-socket.ts'

/** A socket of `ws`, the stream that it writes to, and the client at its other end. */
async function connect() {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const webSockets = new WebSocketServer({ noServer: true })
  const accepted = new Promise<{ readonly socket: WebSocket; readonly stream: Duplex }>((resolve) => {
    http.on('upgrade', (request, stream, head) => {
      webSockets.handleUpgrade(request, stream, head, (socket) => resolve({ socket, stream }))
    })
  })
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  const messages: number[][] = []
  client.on('message', (data: Buffer) => messages.push([...data]))
  const { socket, stream } = await accepted
  await once(client, 'open')
  onTestFinished(() => {
    client.terminate()
    http.close()
  })
  return { socket: new WsSocket(socket, stream), stream, client, messages }
}

test('messages that are sent together are written at once', async () => {
  const { socket, stream, client, messages } = await connect()
  socket.together(() => {
    for (const byte of [1, 2, 3]) socket.send(Uint8Array.of(byte))
    // Nothing has been handed to the network yet: heads and messages.
    expect(stream.writableLength).toBe(3 * (2 + 1))
  })
  expect(stream.writableCorked).toBe(0)
  while (messages.length < 3) await once(client, 'message')
  expect(messages).toEqual([[1], [2], [3]])
})

test('what fails while they are sent does not hold them back', async () => {
  const { socket, client, messages } = await connect()
  expect(() =>
    socket.together(() => {
      socket.send(Uint8Array.of(1))
      throw new Error('wrong')
    }),
  ).toThrow('wrong')
  if (messages.length === 0) await once(client, 'message')
  expect(messages).toEqual([[1]])
})
