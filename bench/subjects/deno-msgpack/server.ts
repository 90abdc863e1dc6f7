import { listenDeno } from '../sockets/listen-deno.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { serveCalls } from '../ws-msgpack/serve-calls.ts'
import { singleMessages } from '../ws-msgpack/single-messages.ts'

export const startServer = (options: ServerOptions): Promise<BenchServer> =>
  serveCalls(singleMessages(), options, listenDeno)
