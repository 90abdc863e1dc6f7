// node freed-memory.fixture.ts in|out: prints which blocks of 16 MiB and more a process allocates for a small message that goes through
// a socket that way, and then for a large one: `[[], [32505856]]`.
import { EventEmitter, once } from 'node:events'
import { openWsPair } from './ws-pair.fixture.ts'

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

const { socket, stream, client } = await openWsPair()
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
