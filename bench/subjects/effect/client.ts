import { NodeSocket, NodeWS } from '@effect/platform-node'
import { Context, Effect, Layer, ManagedRuntime, Stream } from 'effect'
import { RpcClient, type RpcClientError, type RpcGroup, RpcSerialization } from 'effect/rpc'
import type { BenchClient } from '../subject.ts'
import { BenchRpcs } from './rpcs.ts'

class Client extends Context.Service<
  Client,
  RpcClient.RpcClient<RpcGroup.Rpcs<typeof BenchRpcs>, RpcClientError.RpcClientError>
>()('bench/Client') {
  static readonly layer = Layer.effect(Client, RpcClient.make(BenchRpcs, { disableTracing: true }))
}

export async function connect(url: string): Promise<BenchClient> {
  const runtime = ManagedRuntime.make(
    Client.layer.pipe(
      Layer.provide(RpcClient.layerProtocolSocket()),
      Layer.provide(RpcSerialization.layerSchemaBinary()),
      Layer.provide(NodeSocket.layerWebSocket(url)),
      Layer.provide(NodeWS.layerWebSocketConstructor),
    ),
  )
  const client = await runtime.runPromise(Client)
  /** A connection keeps order: once this is answered, the subscription before it has been taken. */
  const taken = () => runtime.runPromise(client.get({ id: '' }))
  return {
    get: (id) => runtime.runPromise(client.get({ id })),
    table: () => runtime.runPromise(client.table()),
    echo: (bytes) => runtime.runPromise(client.echo({ bytes })),
    stream: (count) =>
      runtime.runPromise(
        Stream.runFold(
          client.stream({ count }),
          () => 0,
          (items) => items + 1,
        ),
      ),
    async subscribe(onTick) {
      runtime.runFork(Stream.runForEach(client.ticks(), (tick) => Effect.sync(() => onTick(tick))))
      await taken()
    },
    async subscribeRows(onRows) {
      runtime.runFork(Stream.runForEach(client.rows(), (rows) => Effect.sync(() => onRows(rows))))
      await taken()
    },
    close: () => runtime.dispose(),
  }
}
