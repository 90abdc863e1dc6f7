import { newWebSocketRpcSession } from 'capnweb'
import type { BenchApi } from './bench-api.ts'

const api = newWebSocketRpcSession<BenchApi>('wss://app.example/rpc')
console.log(await api.get('1'))
for await (const tick of await api.stream(3)) console.log(tick)
