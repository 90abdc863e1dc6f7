import { createServer } from 'node:http'
import type { BenchServer, ServerOptions } from '../subject.ts'
import type { BenchIo } from './handlers.ts'

type Listening = Pick<BenchServer, 'port' | 'stop'>

/** Its own default is 1 MB, base of ten: a MiB of bytes would close the connection. */
export const MAX_MESSAGE_BYTES: number = 16 * 1_048_576

/** On Bun with the engine that its documentation has for it, elsewhere on Node's server. */
export const listenWith = (io: BenchIo, options: ServerOptions): Promise<Listening> =>
  'Bun' in globalThis ? listenByBun(io, options) : listenByNode(io, options)

async function listenByNode(io: BenchIo, { port }: ServerOptions): Promise<Listening> {
  const { listen, portOf, stopListening } = await import('../socket-server.ts')
  const http = createServer()
  io.attach(http)
  // Its documentation has this for memory: otherwise each connection keeps its first request.
  io.engine.on('connection', (raw: { request: unknown }) => {
    raw.request = null
  })
  await listen(http, port)
  return { port: portOf(http), stop: () => stopListening(http) }
}

async function listenByBun(io: BenchIo, options: ServerOptions): Promise<Listening> {
  const { Server: Engine } = await import('@socket.io/bun-engine')
  const { serveOnBun } = await import('../bun-server.ts')
  const engine = new Engine({ path: '/socket.io/', maxHttpBufferSize: MAX_MESSAGE_BYTES })
  io.bind(engine)
  return serveOnBun(engine.handler(), options)
}
