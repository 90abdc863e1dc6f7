import { NodeSocketServer } from '@effect/platform-node'
import { Context, Effect, Layer, ManagedRuntime, PubSub } from 'effect'
import { RpcSerialization, RpcServer } from 'effect/rpc'
import { SocketServer } from 'effect/socket'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { handlers, RowsEvents, Ticks } from './handlers.ts'
import { BenchRpcs } from './rpcs.ts'

export async function startServer({ port = 0, compression = false }: ServerOptions): Promise<BenchServer> {
  const listening = NodeSocketServer.layerWebSocket({ port, host: '127.0.0.1', perMessageDeflate: compression })
  const serving = RpcServer.layer(BenchRpcs, { disableTracing: true }).pipe(
    Layer.provide(handlers),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provide(RpcSerialization.layerSchemaBinary()),
    Layer.provideMerge(Layer.mergeAll(Ticks.layer, RowsEvents.layer, listening)),
  )
  const runtime = ManagedRuntime.make(serving)
  const context = await runtime.context()
  const { address } = Context.get(context, SocketServer.SocketServer)
  if (!('port' in address)) throw new Error(`Expected a port to listen on, got ${String(address)}`)
  const ticks = Context.get(context, Ticks)
  const rowsEvents = Context.get(context, RowsEvents)
  return {
    port: address.port,
    publish(tick) {
      Effect.runSync(PubSub.publish(ticks, tick))
    },
    publishRows(rows) {
      Effect.runSync(PubSub.publish(rowsEvents, rows))
    },
    stop: () => runtime.dispose(),
  }
}
