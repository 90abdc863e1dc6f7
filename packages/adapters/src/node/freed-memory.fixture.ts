// node freed-memory.fixture.ts in|out: prints which blocks of 16 MiB and more a process allocates for a small message that goes through
// a socket that way, and then for a large one: `[[], [32505856]]`.
import { EventEmitter, once } from 'node:events'

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
const { openSocketPair } = await import('./websocket/socket-pair.fixture.ts')

const arrivals = new EventEmitter()
const { socket, client } = await openSocketPair({ message: () => void arrivals.emit('message') })

async function pass(bytes: number): Promise<readonly number[]> {
  const received = way === 'in' ? once(arrivals, 'message') : once(client, 'message')
  if (way === 'in') client.send(new Uint8Array(bytes))
  else socket.send(new Uint8Array(bytes))
  await received
  return blocks.splice(0)
}

const forSmall = await pass(SMALL_BYTES)
process.stdout.write(JSON.stringify([forSmall, await pass(LARGE_BYTES)]))
process.exit()
