import { Decoder, Encoder } from '@msgpack/msgpack'
import { type Message, Type } from './message.ts'

const encoder = new Encoder()
const decoder = new Decoder()
const socket = new WebSocket('wss://app.example/rpc')
socket.binaryType = 'arraybuffer'
const pending = new Map<number, PromiseWithResolvers<unknown>>()
const listeners = new Map<number, (item: unknown) => void>()
let lastId = 0

socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
  const message = decoder.decode(new Uint8Array(data)) as Message
  if (message[0] === Type.Item) listeners.get(message[1])?.(message[2])
  else if (message[0] === Type.Answer || message[0] === Type.End) settle(message[1], message[2])
})
socket.addEventListener('close', () => {
  for (const { reject } of pending.values()) reject(new Error('The connection was lost'))
  pending.clear()
})

function settle(id: number, value: unknown): void {
  pending.get(id)?.resolve(value)
  pending.delete(id)
  listeners.delete(id)
}

function call(procedure: string, value: unknown, onItem?: (item: unknown) => void): Promise<unknown> {
  lastId++
  const answered = Promise.withResolvers<unknown>()
  pending.set(lastId, answered)
  if (onItem !== undefined) listeners.set(lastId, onItem)
  socket.send(encoder.encode([Type.Call, lastId, procedure, value] satisfies Message))
  return answered.promise
}

await new Promise((resolve) => {
  socket.addEventListener('open', resolve, { once: true })
})
console.log(await call('get', { id: '1' }))
await call('stream', 3, (tick) => {
  console.log(tick)
})
