import type { BenchClient } from '../subject.ts'
import { connectCalls } from './connect-calls.ts'
import { singleMessages } from './single-messages.ts'

export const connect = (url: string): Promise<BenchClient> => connectCalls(singleMessages(), url)
