import type { BenchClient } from '../subject.ts'
import { connectSocketIo } from './connect-socket-io.ts'

export const connect = (url: string): Promise<BenchClient> => connectSocketIo(url)
