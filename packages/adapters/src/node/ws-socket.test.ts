import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { openWsPair } from './ws-pair.fixture.ts'
import { WsSocket } from './ws-socket.ts'

/** A socket, the stream that it writes to, and the client at its other end with what it has received. */
async function connect() {
  const { socket, stream, client, close } = await openWsPair()
  onTestFinished(close)
  const messages: number[][] = []
  client.on('message', (data: Buffer) => messages.push([...data]))
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
