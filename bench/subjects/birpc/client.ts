import { createBirpc } from 'birpc'
import { WebSocket } from 'ws'
import type { Row, Tick } from '../../workload.ts'
import { opened } from '../socket-server.ts'
import type { BenchClient } from '../subject.ts'
import { channelOf } from './channel.ts'
import type { ClientFunctions, ServerFunctions } from './functions.ts'

export async function connect(url: string): Promise<BenchClient> {
  const socket = new WebSocket(url)
  const counts = new Map<number, number>()
  const tickListeners = new Set<(tick: Tick) => void>()
  const rowsListeners = new Set<(rows: readonly Row[]) => void>()
  let lastStreamId = 0
  const rpc = createBirpc<ServerFunctions, ClientFunctions>(
    {
      item(streamId) {
        counts.set(streamId, (counts.get(streamId) ?? 0) + 1)
      },
      tick(tick) {
        for (const listener of tickListeners) listener(tick)
      },
      rows(rows) {
        for (const listener of rowsListeners) listener(rows)
      },
    },
    channelOf(socket),
  )
  await opened(socket)
  return {
    get: (id) => rpc.get(id),
    table: () => rpc.table(),
    echo: (bytes) => rpc.echo(bytes),
    async stream(count) {
      lastStreamId += 1
      const id = lastStreamId
      await rpc.stream(id, count)
      const items = counts.get(id) ?? 0
      counts.delete(id)
      return items
    },
    async subscribe(onTick) {
      tickListeners.add(onTick)
      await rpc.subscribe('tick')
    },
    async subscribeRows(onRows) {
      rowsListeners.add(onRows)
      await rpc.subscribe('rows')
    },
    async close() {
      rpc.$close()
      socket.close()
    },
  }
}
