import { Server, type ServerOptions as SocketIoOptions } from 'socket.io'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { addHandlers, type BenchIo } from './handlers.ts'
import { listenWith, MAX_MESSAGE_BYTES } from './listen.ts'

/** Both subjects that are Socket.IO differ in their parser only. */
export async function serveSocketIo(
  options: ServerOptions,
  chosen: Partial<Pick<SocketIoOptions, 'parser'>> = {},
): Promise<BenchServer> {
  const io: BenchIo = new Server({
    ...chosen,
    transports: ['websocket'],
    perMessageDeflate: options.compression ?? false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    serveClient: false,
  })
  addHandlers(io)
  const listening = await listenWith(io, options)
  return {
    port: listening.port,
    publish(tick) {
      io.to('tick').emit('tick', tick)
    },
    publishRows(rows) {
      io.to('rows').emit('rows', rows)
    },
    async stop() {
      io.disconnectSockets(true)
      await listening.stop()
    },
  }
}
