import parser from 'socket.io-msgpack-parser'
import { connectSocketIo } from '../socket-io/connect-socket-io.ts'
import type { BenchClient } from '../subject.ts'

export const connect = (url: string): Promise<BenchClient> => connectSocketIo(url, { parser })
