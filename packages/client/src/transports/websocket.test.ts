import type { TransportListener } from '@tautline/core/io'
import { expect, test } from 'vitest'
import { type WebSocketLike, webSocketConnector } from './websocket.ts'

type Listener = (event: { readonly data: unknown; readonly code: number; readonly reason: string }) => void

/** A socket that does what the test says, as one of the stacks would. */
class FakeSocket implements WebSocketLike {
  static readonly made: FakeSocket[] = []
  binaryType = 'blob'
  bufferedAmount = 0
  protocol = 'tautline.1'
  extensions = ''
  readonly sent: Uint8Array[] = []
  readonly closes: (readonly [number | undefined, string | undefined])[] = []
  readonly url: string
  readonly protocols: readonly string[]
  readonly #listeners = new Map<string, Listener>()

  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
    FakeSocket.made.push(this)
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(data)
  }

  close(code?: number, reason?: string): void {
    this.closes.push([code, reason])
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener)
  }

  fire(type: 'open' | 'message' | 'close' | 'error', event: object = {}): void {
    this.#listeners.get(type)?.({ data: undefined, code: 1005, reason: '', ...event })
  }
}

function connect(url = 'wss://app.example/rpc') {
  const log: unknown[] = []
  const listener: TransportListener = {
    onOpen: () => void log.push('open'),
    onMessage: (message) => void log.push([...message]),
    onClose: (code, reason) => void log.push({ code, reason }),
    onDrain: () => void log.push('drain'),
  }
  const transport = webSocketConnector({ url, WebSocket: FakeSocket }).connect(listener)
  const socket = FakeSocket.made.at(-1)
  if (socket === undefined) throw new Error('Expected a socket to be made')
  return { transport, socket, log }
}

test('offers the subprotocol, asks for array buffers and moves bytes both ways', () => {
  const { transport, socket, log } = connect()
  expect(socket.protocols).toEqual(['tautline.1'])
  expect(socket.binaryType).toBe('arraybuffer')
  transport.send(new Uint8Array([9]))
  expect(socket.sent).toEqual([])
  socket.fire('open')
  socket.fire('message', { data: new Uint8Array([1, 2]).buffer })
  transport.send(new Uint8Array([3]))
  socket.bufferedAmount = 7
  expect(socket.sent).toEqual([new Uint8Array([3])])
  expect(transport.backlogBytes).toBe(7)
  socket.fire('close', { code: 4503, reason: 'restart' })
  expect(log).toEqual(['open', [1, 2], { code: 4503, reason: 'restart' }])
})

test('says whether the socket compresses by itself', () => {
  const { transport, socket } = connect()
  expect(transport.compresses).toBe(false)
  socket.extensions = 'permessage-deflate; client_no_context_takeover'
  expect(transport.compresses).toBe(true)
})

test.each([
  ['https://app.example/rpc', 'wss://app.example/rpc'],
  ['http://app.example/rpc?a=1#top', 'ws://app.example/rpc?a=1'],
  ['ws://app.example', 'ws://app.example/'],
])('%s is connected to as %s', (url, expected) => {
  expect(connect(url).socket.url).toBe(expected)
})

test.each(['ftp://app.example', 'not an address', ''])('the address %j is refused at once', (url) => {
  expect(() => webSocketConnector({ url, WebSocket: FakeSocket })).toThrow(
    `Expected \`url\` to be a ws, wss, http or https address, got \`${url}\``,
  )
})

test('an error before the socket is open is its end, told once (Node 22 tells no close)', () => {
  const { socket, log } = connect()
  socket.fire('error', { message: 'refused' })
  socket.fire('close', { code: 1006 })
  expect(log).toEqual([{ code: 1006, reason: 'refused' }])
})

test('an error of an open socket waits for its close', () => {
  const { socket, log } = connect()
  socket.fire('open')
  socket.fire('error')
  expect(log).toEqual(['open'])
  socket.fire('close', { code: 1006 })
  expect(log).toEqual(['open', { code: 1006, reason: '' }])
})

test('close code 0 of Deno is 1006', () => {
  const { socket, log } = connect()
  socket.fire('open')
  socket.fire('close', { code: 0 })
  expect(log).toEqual(['open', { code: 1006, reason: '' }])
})

test('a socket without our subprotocol never opens (Deno would open it)', () => {
  const { socket, log } = connect()
  socket.protocol = ''
  socket.fire('open')
  socket.fire('message', { data: new ArrayBuffer(1) })
  expect(socket.closes).toHaveLength(1)
  expect(log).toMatchObject([{ code: 1006 }])
})

test('a text message is passed on as one that is malformed', () => {
  const { socket, log } = connect()
  socket.fire('open')
  socket.fire('message', { data: 'hello' })
  expect(log).toEqual(['open', []])
})

test.each([
  [1000, 1000],
  [4400, 4400],
  [3000, 3000],
  [4999, 4999],
  [1001, 1000],
  [1006, 1000],
  [2999, 1000],
  [5000, 1000],
])('a close with %i is sent as %i', (code, sent) => {
  const { transport, socket } = connect()
  socket.fire('open')
  transport.close(code, 'why')
  transport.close(code, 'why')
  transport.send(new Uint8Array(1))
  expect(socket.closes).toEqual([[sent, 'why']])
  expect(socket.sent).toEqual([])
})

test('a reason of 123 bytes is sent, and a longer one is cut between characters', () => {
  const { transport, socket } = connect()
  socket.fire('open')
  transport.close(4400, 'ä'.repeat(62))
  expect(socket.closes).toEqual([[4400, 'ä'.repeat(61)]])
  const exact = connect()
  exact.socket.fire('open')
  exact.transport.close(4400, 'a'.repeat(123))
  expect(exact.socket.closes).toEqual([[4400, 'a'.repeat(123)]])
})

test('closing while it connects is told, though the socket may stay silent', async () => {
  const { transport, socket, log } = connect()
  transport.close(1000, '')
  expect(log).toEqual([])
  await Promise.resolve()
  expect(log).toMatchObject([{ code: 1006 }])
  socket.fire('error')
  socket.fire('close')
  expect(log).toHaveLength(1)
})

test('messages that arrive while it closes are passed on', () => {
  const { transport, socket, log } = connect()
  socket.fire('open')
  transport.close(1000, '')
  socket.fire('message', { data: new Uint8Array([1]).buffer })
  expect(log).toEqual(['open', [1]])
})

test('aborting tells the end at once', () => {
  const { transport, socket, log } = connect()
  socket.fire('open')
  transport.close(1000, '')
  transport.abort?.()
  expect(log).toEqual(['open', { code: 1006, reason: '' }])
  socket.fire('close', { code: 1000 })
  expect(log).toHaveLength(2)
})
