import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MOST_JOINED_BYTES } from './ws-frame.ts'
import { openWsPair } from './ws-pair.fixture.ts'
import { WsSocket } from './ws-socket.ts'

/** A socket, the stream that it writes to, and the client at its other end with what it has received. */
async function connect() {
  const { socket, stream, client, close } = await openWsPair()
  onTestFinished(close)
  const messages: number[][] = []
  client.on('message', (data: Buffer) => messages.push([...data]))
  return { socket: new WsSocket(socket, stream), ws: socket, stream, client, messages }
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

test.for([0, 1, 125, 126, 127, 255, 256, MOST_JOINED_BYTES, MOST_JOINED_BYTES + 1, 65_535, 65_536])(
  'a message of %i bytes arrives whole, between others',
  async (byteLength) => {
    const { socket, client, messages } = await connect()
    const message = Uint8Array.from({ length: byteLength }, (_, i) => i % 251)
    socket.send(Uint8Array.of(1))
    socket.send(message)
    socket.send(Uint8Array.of(2))
    while (messages.length < 3) await once(client, 'message')
    expect(messages).toEqual([[1], [...message], [2]])
  },
)

test('what `ws` says itself, and the close, come in their turn', async () => {
  const { socket, ws, client, messages } = await connect()
  const heard: unknown[] = []
  client.on('message', () => heard.push('message'))
  client.on('ping', (data) => heard.push(String(data)))
  const closed = once(client, 'close')
  socket.send(Uint8Array.of(1))
  ws.ping('are you there')
  socket.send(Uint8Array.of(2))
  socket.close(4000, 'done')
  // Nothing may follow a close frame.
  expect(socket.send(Uint8Array.of(3))).toBe(true)
  expect(await closed).toEqual([4000, Buffer.from('done')])
  expect(heard).toEqual(['message', 'are you there', 'message'])
  expect(messages).toEqual([[1], [2]])
})

test('up to its bound a message is written in one piece', async () => {
  const { socket, stream } = await connect()
  const write = vi.spyOn(stream, 'write')
  socket.send(new Uint8Array(MOST_JOINED_BYTES))
  expect(write).toHaveBeenCalledTimes(1)
  socket.send(new Uint8Array(MOST_JOINED_BYTES + 1))
  expect(write).toHaveBeenCalledTimes(3)
})
