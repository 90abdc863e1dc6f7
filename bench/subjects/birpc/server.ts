import { type BirpcReturn, createBirpc } from 'birpc'
import type { WebSocket } from 'ws'
import { tableOf, tickOf, todoOf } from '../../workload.ts'
import { listenForSockets } from '../socket-server.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { channelOf } from './channel.ts'
import type { ClientFunctions, ServerFunctions } from './functions.ts'

type ClientRpc = BirpcReturn<ClientFunctions, ServerFunctions>

const table = tableOf()

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const listening = await listenForSockets(options)
  const subscribers = new Set<ClientRpc>()
  listening.sockets.on('connection', (socket) => {
    const rpc = serveOne(socket, subscribers)
    socket.once('close', () => {
      subscribers.delete(rpc)
      rpc.$close()
    })
  })
  return {
    port: listening.port,
    publish(tick) {
      for (const rpc of subscribers) void rpc.tick.asEvent(tick)
    },
    stop: () => listening.stop(),
  }
}

function serveOne(socket: WebSocket, subscribers: Set<ClientRpc>): ClientRpc {
  const rpc: ClientRpc = createBirpc<ClientFunctions, ServerFunctions>(
    {
      get: todoOf,
      table: () => table,
      echo: (bytes) => bytes,
      async stream(streamId, count) {
        for (let n = 0; n < count; n += 1) await rpc.item.asEvent(streamId, tickOf(n))
      },
      subscribe() {
        subscribers.add(rpc)
      },
    },
    channelOf(socket),
  )
  return rpc
}
