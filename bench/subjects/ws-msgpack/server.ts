import type { BenchServer, ServerOptions } from '../subject.ts'
import { serveCalls } from './serve-calls.ts'
import { singleMessages } from './single-messages.ts'

export const startServer = (options: ServerOptions): Promise<BenchServer> => serveCalls(singleMessages(), options)
