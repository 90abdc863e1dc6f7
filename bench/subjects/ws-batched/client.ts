import type { BenchClient } from '../subject.ts'
import { connectCalls } from '../ws-msgpack/connect-calls.ts'
import { batchedMessages } from './batched-messages.ts'

export const connect = (url: string): Promise<BenchClient> => connectCalls(batchedMessages(), url)
