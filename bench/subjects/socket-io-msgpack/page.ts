import { io, type Socket } from 'socket.io-client'
import parser from 'socket.io-msgpack-parser'
import type { ClientToServerEvents, ServerToClientEvents } from '../socket-io/events.ts'

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('wss://app.example', {
  transports: ['websocket'],
  parser,
})
console.log(await socket.emitWithAck('get', '1'))
socket.on('item', (_, tick) => {
  console.log(tick)
})
await socket.emitWithAck('stream', 1, 3)
