import { createBirpc } from 'birpc'
import { pack, unpack } from 'msgpackr'
import type { ClientFunctions, ServerFunctions } from './functions.ts'

const socket = new WebSocket('wss://app.example/rpc')
socket.binaryType = 'arraybuffer'
const rpc = createBirpc<ServerFunctions, Pick<ClientFunctions, 'item'>>(
  {
    item(_, tick) {
      console.log(tick)
    },
  },
  {
    post: (bytes: Uint8Array<ArrayBuffer>) => {
      socket.send(bytes)
    },
    on: (listener) => {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        listener(new Uint8Array(data))
      })
    },
    serialize: pack,
    deserialize: unpack,
  },
)
await new Promise((resolve) => {
  socket.addEventListener('open', resolve, { once: true })
})
console.log(await rpc.get('1'))
await rpc.stream(1, 3)
