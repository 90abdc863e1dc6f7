import { createServer } from 'node:http'
import { Server, type ServerOptions as SocketIoOptions } from 'socket.io'
import { tableOf, tickOf, todoOf } from '../../workload.ts'
import { listen, portOf, stopListening } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'

const table = tableOf()

/** Its own default is 1 MB, base of ten: a MiB of bytes would close the connection. */
const MAX_MESSAGE_BYTES = 16 * 1_048_576

/** Both subjects that are Socket.IO differ in their parser only. */
export async function serveSocketIo(
  { port = 0, compression = false }: ServerOptions,
  options: Partial<Pick<SocketIoOptions, 'parser'>> = {},
): Promise<BenchServer> {
  const http = createServer()
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
    ...options,
    transports: ['websocket'],
    perMessageDeflate: compression,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
  })
  // Its documentation has this for memory: otherwise each connection keeps its first request.
  io.engine.on('connection', (raw: { request: unknown }) => {
    raw.request = null
  })
  addHandlers(io)
  await listen(http, port)
  return {
    port: portOf(http),
    publish(tick) {
      io.to('tick').emit('tick', tick)
    },
    publishRows(rows) {
      io.to('rows').emit('rows', rows)
    },
    async stop() {
      io.disconnectSockets(true)
      await stopListening(http)
    },
  }
}

function addHandlers(io: Server<ClientToServerEvents, ServerToClientEvents>): void {
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
      for (let n = 0; n < count; n += 1) socket.emit('item', id, tickOf(n))
      answer()
    })
    socket.on('subscribe', (name, answer) => {
      void Promise.resolve(socket.join(name)).then(answer)
    })
  })
}
