import type { BenchServer, ServerOptions } from '../subject.ts'
import { serveCalls } from '../ws-msgpack/serve-calls.ts'
import { batchedMessages } from './batched-messages.ts'

export const startServer = (options: ServerOptions): Promise<BenchServer> => serveCalls(batchedMessages(), options)
