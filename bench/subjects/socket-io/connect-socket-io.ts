import { io, type ManagerOptions, type Socket } from 'socket.io-client'
import type { BenchClient } from '../subject.ts'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'

/** Both subjects that are Socket.IO differ in their parser only. */
export async function connectSocketIo(
  url: string,
  options: Partial<Pick<ManagerOptions, 'parser'>> = {},
): Promise<BenchClient> {
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, {
    ...options,
    transports: ['websocket'],
    // Otherwise all clients of a process share one connection.
    multiplex: false,
  })
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
  })
  return {
    get: (id) => socket.emitWithAck('get', id),
    table: () => socket.emitWithAck('table'),
    async echo(bytes) {
      const back = await socket.emitWithAck('echo', bytes)
      // A Buffer by the default parser, an ArrayBuffer by the other.
      return back instanceof Uint8Array ? back : new Uint8Array(back)
    },
    stream: countItems(socket),
    async subscribe(onTick) {
      socket.on('tick', onTick)
      await socket.emitWithAck('subscribe', 'tick')
    },
    async subscribeRows(onRows) {
      socket.on('rows', onRows)
      await socket.emitWithAck('subscribe', 'rows')
    },
    async close() {
      socket.disconnect()
    },
  }
}

function countItems(socket: Socket<ServerToClientEvents, ClientToServerEvents>): BenchClient['stream'] {
  const counts = new Map<number, number>()
  let lastId = 0
  socket.on('item', (id) => {
    counts.set(id, (counts.get(id) ?? 0) + 1)
  })
  return async (count) => {
    lastId += 1
    const id = lastId
    await socket.emitWithAck('stream', id, count)
    const items = counts.get(id) ?? 0
    counts.delete(id)
    return items
  }
}
