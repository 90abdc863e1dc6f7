import { type BirpcReturn, createBirpc } from 'birpc'
import type { WebSocket } from 'ws'
import { tableOf, tickOf, todoOf } from '../../workload.ts'
import { sendInTurns } from '../send-in-turns.ts'
import { listenForSockets } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { channelOf } from './channel.ts'
import type { ClientFunctions, EventName, ServerFunctions } from './functions.ts'

type ClientRpc = BirpcReturn<ClientFunctions, ServerFunctions>
type Subscribers = Readonly<Record<EventName, Set<ClientRpc>>>

const table = tableOf()

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const listening = await listenForSockets(options)
  const subscribers: Subscribers = { tick: new Set(), rows: new Set() }
  listening.sockets.on('connection', (socket) => {
    const rpc = serveOne(socket, subscribers)
    socket.once('close', () => {
      subscribers.tick.delete(rpc)
      subscribers.rows.delete(rpc)
      rpc.$close()
    })
  })
  return {
    port: listening.port,
    publish(tick) {
      for (const rpc of subscribers.tick) void rpc.tick.asEvent(tick)
    },
    publishRows(rows) {
      for (const rpc of subscribers.rows) void rpc.rows.asEvent(rows)
    },
    stop: () => listening.stop(),
  }
}

function serveOne(socket: WebSocket, subscribers: Subscribers): ClientRpc {
  const rpc: ClientRpc = createBirpc<ClientFunctions, ServerFunctions>(
    {
      get: todoOf,
      table: () => table,
      echo: (bytes) => bytes,
      stream: (streamId, count) =>
        sendInTurns(count, (n) => {
          // Closed, it rejects whatever is called.
          if (rpc.$closed) return false
          void rpc.item.asEvent(streamId, tickOf(n))
          return true
        }),
      subscribe(name) {
        subscribers[name].add(rpc)
      },
    },
    channelOf(socket),
  )
  return rpc
}
