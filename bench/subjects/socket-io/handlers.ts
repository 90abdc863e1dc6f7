import type { Server } from 'socket.io'
import { tableOf, tickOf, todoOf } from '../../workload.ts'
import { sendInTurns } from '../send-in-turns.ts'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'

export type BenchIo = Server<ClientToServerEvents, ServerToClientEvents>

const table = tableOf()

export function addHandlers(io: BenchIo): void {
  io.on('connection', (socket) => {
    socket.on('get', (id, answer) => {
      answer(todoOf(id))
    })
    socket.on('table', (answer) => {
      answer(table)
    })
    socket.on('echo', (bytes, answer) => {
      answer(bytes)
    })
    socket.on('stream', (id, count, answer) => {
      void sendInTurns(count, (n) => {
        socket.emit('item', id, tickOf(n))
        return socket.connected
      }).then(answer)
    })
    socket.on('subscribe', (name, answer) => {
      void Promise.resolve(socket.join(name)).then(answer)
    })
  })
}
