import { newWebSocketRpcSession, type RpcStub } from 'capnweb'
import { WebSocket } from 'ws'
import { opened } from '../socket-server.ts'
import type { BenchClient } from '../subject.ts'
import type { BenchApi } from './bench-api.ts'

export async function connect(url: string): Promise<BenchClient> {
  const socket = new WebSocket(url)
  const api: RpcStub<BenchApi> = newWebSocketRpcSession<BenchApi>(socket as unknown as globalThis.WebSocket)
  await opened(socket)
  return {
    get: (id) => api.get(id),
    table: () => api.table(),
    echo: (bytes) => api.echo(bytes),
    async stream(count) {
      let items = 0
      for await (const _ of await api.stream(count)) items += 1
      return items
    },
    async subscribe(onTick) {
      await api.subscribe(onTick)
    },
    async subscribeRows(onRows) {
      await api.subscribeRows(onRows)
    },
    async close() {
      api[Symbol.dispose]()
    },
  }
}
