import { io, type Socket } from 'socket.io-client'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('wss://app.example', {
  transports: ['websocket'],
})
console.log(await socket.emitWithAck('get', '1'))
socket.on('item', (_, tick) => {
  console.log(tick)
})
await socket.emitWithAck('stream', 1, 3)
