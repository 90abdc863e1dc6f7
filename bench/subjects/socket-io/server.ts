import type { BenchServer, ServerOptions } from '../subject.ts'
import { serveSocketIo } from './serve.ts'

export const startServer = (options: ServerOptions): Promise<BenchServer> => serveSocketIo(options)
