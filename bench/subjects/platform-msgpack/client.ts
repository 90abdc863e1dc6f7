import { openPlatformClient } from '../sockets/client-socket.ts'
import type { BenchClient } from '../subject.ts'
import { connectCalls } from '../ws-msgpack/connect-calls.ts'
import { singleMessages } from '../ws-msgpack/single-messages.ts'

export const connect = (url: string): Promise<BenchClient> => connectCalls(singleMessages(), url, openPlatformClient)
