import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createMessageDeflate } from './deflate-extension.ts'
import { MOST_JOINED_BYTES } from './frames.ts'
import { openSocketPair, type SocketPairOptions } from './socket-pair.fixture.ts'

/** Both ends, and what each has received. */
async function connect(options: SocketPairOptions = {}) {
  const heard: unknown[] = []
  const { promise: closed, resolve } = Promise.withResolvers<unknown>()
  const pair = await openSocketPair(
    {
      message: (bytes) => heard.push([...bytes]),
      textMessage: () => heard.push('text'),
      drained: () => heard.push('drained'),
      closed: (code, reason) => resolve([code, reason]),
    },
    options,
  )
  onTestFinished(pair.close)
  const messages: number[][] = []
  pair.client.on('message', (data: Buffer) => messages.push([...data]))
  return { ...pair, heard, closed, messages }
}

const counted = (byteLength: number): Uint8Array => Uint8Array.from({ length: byteLength }, (_, i) => i % 251)

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

const SIZES = [0, 1, 125, 126, 127, 255, 256, MOST_JOINED_BYTES, MOST_JOINED_BYTES + 1, 65_535, 65_536, 300_000]

test.for(SIZES)('a message of %i bytes is sent whole, between others', async (byteLength) => {
  const { socket, client, messages } = await connect()
  socket.send(Uint8Array.of(1))
  socket.send(counted(byteLength))
  socket.send(Uint8Array.of(2))
  while (messages.length < 3) await once(client, 'message')
  expect(messages).toEqual([[1], [...counted(byteLength)], [2]])
})

test.for(SIZES)('a message of %i bytes arrives whole, between others', async (byteLength) => {
  const { client, closed, heard } = await connect()
  client.send(Uint8Array.of(1))
  client.send(counted(byteLength))
  client.send(Uint8Array.of(2))
  client.close()
  await closed
  expect(heard).toEqual([[1], [...counted(byteLength)], [2]])
})

test('text is told as such', async () => {
  const { client, closed, heard } = await connect()
  client.send('text')
  client.close()
  await closed
  expect(heard).toEqual(['text'])
})

test('up to its bound a message is written in one piece', async () => {
  const { socket, stream } = await connect()
  const write = vi.spyOn(stream, 'write')
  socket.send(new Uint8Array(MOST_JOINED_BYTES))
  expect(write).toHaveBeenCalledTimes(1)
  socket.send(new Uint8Array(MOST_JOINED_BYTES + 1))
  expect(write).toHaveBeenCalledTimes(3)
})

test('a close comes behind what was sent, and nothing behind it', async () => {
  const { socket, client, closed, messages } = await connect()
  const clientClosed = once(client, 'close')
  socket.send(Uint8Array.of(1))
  socket.close(4000, 'done')
  expect(socket.send(Uint8Array.of(3))).toBe(true)
  socket.close(4001, 'again')
  expect(await clientClosed).toEqual([4000, Buffer.from('done')])
  expect(messages).toEqual([[1]])
  expect(await closed).toEqual([4000, 'done'])
})

test('a close of the peer is answered with its code', async () => {
  const { client, closed } = await connect()
  const clientClosed = once(client, 'close')
  client.close(4321, 'bye')
  expect(await closed).toEqual([4321, 'bye'])
  expect(await clientClosed).toEqual([4321, Buffer.alloc(0)])
})

test('a peer that is cut off has closed with 1006', async () => {
  const { client, closed } = await connect()
  client.terminate()
  expect(await closed).toEqual([1006, ''])
})

test('a peer that is cut is gone at once, and nothing more is heard of it', async () => {
  const { socket, client, closed, heard } = await connect()
  const clientClosed = once(client, 'close')
  client.send(Uint8Array.of(1))
  socket.terminate()
  expect(await closed).toEqual([1006, ''])
  expect(heard).toEqual([])
  expect((await clientClosed)[0]).toBe(1006)
})

test('a peer that does not answer a close is cut', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { socket, client, closed } = await connect()
  client.pause()
  socket.close(4000, '')
  vi.advanceTimersByTime(29_999)
  expect(client.readyState).toBe(client.OPEN)
  vi.advanceTimersByTime(1)
  expect(await closed).toEqual([1006, ''])
  expect(vi.getTimerCount()).toBe(0)
})

test('a peer that ends its half without a close frame, and reads nothing, is cut', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { socket, stream, client, closed } = await connect()
  client.pause()
  for (let n = 0; n < 32; n += 1) socket.send(new Uint8Array(1024 * 1024))
  const ended = once(stream, 'end')
  stream.push(null)
  await ended
  vi.advanceTimersByTime(29_999)
  expect(stream.destroyed).toBe(false)
  vi.advanceTimersByTime(1)
  expect(await closed).toEqual([1006, ''])
})

test('a close leaves neither a timer nor a listener behind', async () => {
  const { socket, stream, client, closed } = await connect()
  const before = stream.listenerCount('error')
  socket.close(4000, '')
  await once(client, 'close')
  await closed
  expect(['data', 'drain'].map((event) => stream.listenerCount(event))).toEqual([0, 0])
  expect(stream.listenerCount('error')).toBe(before)
})

test('pings are answered; of a peer that does not read, only the last one, when it does', async () => {
  const { socket, stream, client, heard } = await connect()
  const pongs: string[] = []
  client.on('pong', (data) => pongs.push(String(data)))
  client.ping('first')
  await once(client, 'pong')
  client.pause()
  // More than the kernel takes.
  for (let n = 0; n < 32; n += 1) socket.send(new Uint8Array(1024 * 1024))
  expect(stream.writableNeedDrain).toBe(true)
  const backlog = socket.backlogBytes
  const pinged = vi.spyOn(socket, 'ping')
  for (let n = 0; n < 1000; n += 1) client.ping(String(n))
  await vi.waitUntil(() => pinged.mock.calls.length === 1000)
  expect(socket.backlogBytes).toBeLessThanOrEqual(backlog)
  client.resume()
  await once(client, 'pong')
  expect(pongs).toEqual(['first', '999'])
  expect(heard).toContain('drained')
})

test('reading can be stopped and taken up again', async () => {
  const { socket, client, closed, heard } = await connect()
  socket.pauseReading(true)
  client.send(Uint8Array.of(1))
  client.close()
  // The other way is open: what comes back says that ours could have been read.
  socket.send(Uint8Array.of(2))
  await once(client, 'message')
  expect(heard).toEqual([])
  socket.pauseReading(false)
  await closed
  expect(heard).toEqual([[1]])
})

test('reading stops behind the message that had it stopped, also within what came at once', async () => {
  const told: number[] = []
  const pair = await openSocketPair({
    message: ([byte = 0]) => {
      told.push(byte)
      if (byte % 2 === 1) pair.socket.pauseReading(true)
    },
  })
  onTestFinished(pair.close)
  // Masked with zeros, all in one piece.
  const frames = Buffer.from([1, 2, 3, 4, 5].flatMap((byte) => [0x82, 0x81, 0, 0, 0, 0, byte]))
  const next = once(pair.stream, 'data')
  pair.client.send(Uint8Array.of(0))
  await next
  pair.stream.emit('data', frames)
  expect(told).toEqual([0, 1])
  pair.socket.pauseReading(false)
  await vi.waitUntil(() => told.length === 4)
  expect(told).toEqual([0, 1, 2, 3])
  pair.socket.pauseReading(false)
  await vi.waitUntil(() => told.length === 6)
  expect(told).toEqual([0, 1, 2, 3, 4, 5])
})

test('behind a close of ours nothing is inflated', async () => {
  const deflate = createMessageDeflate()
  const inflated = vi.spyOn(deflate as NonNullable<typeof deflate>, 'inflate')
  const { socket, client, closed } = await connect({ deflate })
  socket.close(4000, '')
  client.send(new Uint8Array(20_000))
  client.close()
  await closed
  expect(inflated).not.toHaveBeenCalled()
})

test('a message past the limit closes with 1009, and the peer hears of it', async () => {
  const { client, closed, heard } = await connect({ maxMessageBytes: 1000 })
  client.send(new Uint8Array(1000))
  client.send(new Uint8Array(10_000_000))
  const [code] = (await once(client, 'close')) as [number]
  expect(code).toBe(1009)
  expect(await closed).toEqual([1009, ''])
  expect(heard).toHaveLength(1)
})

test('both ways are compressed where that was agreed on and is worth it', async () => {
  const { socket, stream, client, messages, heard, closed } = await connect({ deflate: createMessageDeflate() })
  const write = vi.spyOn(stream, 'write')
  const small = new Uint8Array(1023)
  const large = new Uint8Array(20_000)
  const written = (): number => Buffer.byteLength(write.mock.lastCall?.[0] as Uint8Array)
  socket.send(small)
  expect(written()).toBeGreaterThan(1023)
  socket.send(large)
  expect(written()).toBeLessThan(200)
  // What does not compress goes as it is.
  const noise = crypto.getRandomValues(new Uint8Array(5000))
  socket.send(noise)
  expect(written()).toBeGreaterThan(5000)
  while (messages.length < 3) await once(client, 'message')
  expect(messages).toEqual([[...small], [...large], [...noise]])
  client.send(large)
  client.close()
  await closed
  expect(heard).toEqual([[...large]])
})

test('a stream has one WebSocket', async () => {
  const { ServerWebSocket } = await import('./server-websocket.ts')
  const { stream } = await connect()
  expect(() => new ServerWebSocket(stream, { maxMessageBytes: 1, deflate: undefined })).toThrow('without a WebSocket')
})
