// node freed-memory.fixture.ts in|out: prints which blocks of 16 MiB and more a process allocates for a small message that goes through
// a socket that way, and then for a large one: `[[], [32505856]]`.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

const way = process.argv[2]
const SMALL_BYTES = 1024
const LARGE_BYTES = 1024 * 1024
const BLOCK_BYTES = 16 * LARGE_BYTES

const blocks: number[] = []
globalThis.ArrayBuffer = new Proxy(ArrayBuffer, {
  construct(target, args: ConstructorParameters<typeof ArrayBuffer>, newTarget) {
    if (args[0] >= BLOCK_BYTES) blocks.push(args[0])
    return Reflect.construct(target, args, newTarget) as ArrayBuffer
  },
})
// Behind that, since it may take what it needs when it is loaded.
const { listenToWsSocket, WsSocket } = await import('./ws-socket.ts')

const http = createServer().listen(0, '127.0.0.1')
await once(http, 'listening')
const webSockets = new WebSocketServer({ noServer: true })
const accepted = new Promise<{ readonly socket: WebSocket; readonly stream: Duplex }>((resolve) => {
  http.on('upgrade', (request, stream, head) => {
    webSockets.handleUpgrade(request, stream, head, (socket) => resolve({ socket, stream }))
  })
})
const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
const { socket, stream } = await accepted
await once(client, 'open')

const arrivals = new EventEmitter()
listenToWsSocket(socket, stream, {
  message: () => void arrivals.emit('message'),
  textMessage() {},
  drained() {},
  closed() {},
})
const server = new WsSocket(socket, stream)

async function pass(bytes: number): Promise<readonly number[]> {
  const received = way === 'in' ? once(arrivals, 'message') : once(client, 'message')
  if (way === 'in') client.send(new Uint8Array(bytes))
  else server.send(new Uint8Array(bytes))
  await received
  return blocks.splice(0)
}

const forSmall = await pass(SMALL_BYTES)
process.stdout.write(JSON.stringify([forSmall, await pass(LARGE_BYTES)]))
process.exit()
