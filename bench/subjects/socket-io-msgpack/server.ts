import parser from 'socket.io-msgpack-parser'
import { serveSocketIo } from '../socket-io/serve.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'

export const startServer = (options: ServerOptions): Promise<BenchServer> => serveSocketIo(options, { parser })
