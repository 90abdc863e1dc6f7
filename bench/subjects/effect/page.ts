import * as Effect from 'effect/Effect'
import * as Layer from 'effect/Layer'
import * as Rpc from 'effect/rpc/Rpc'
import * as RpcClient from 'effect/rpc/RpcClient'
import * as RpcGroup from 'effect/rpc/RpcGroup'
import * as RpcSerialization from 'effect/rpc/RpcSerialization'
import * as Schema from 'effect/Schema'
import * as Stream from 'effect/Stream'
import * as Socket from 'effect/socket/Socket'

const Todo = Schema.Struct({
  id: Schema.String,
  title: Schema.String,
  done: Schema.Boolean,
  priority: Schema.Number,
  owner: Schema.String,
  createdAt: Schema.Number,
})

const Tick = Schema.Struct({ at: Schema.Number, value: Schema.Number })

// Imported module by module: from the packages' fronts a bundler takes more than twice as much.
const PageRpcs = RpcGroup.make(
  Rpc.make('get', { payload: { id: Schema.String }, success: Todo }),
  Rpc.make('stream', { payload: { count: Schema.Number }, success: Tick, stream: true }),
)

const program = Effect.gen(function* () {
  const client = yield* RpcClient.make(PageRpcs, { disableTracing: true })
  console.log(yield* client.get({ id: '1' }))
  yield* Stream.runForEach(client.stream({ count: 3 }), (tick) => Effect.sync(() => console.log(tick)))
})

await Effect.runPromise(
  program.pipe(
    Effect.scoped,
    Effect.provide(
      RpcClient.layerProtocolSocket().pipe(
        Layer.provide(RpcSerialization.layerSchemaBinary()),
        Layer.provide(Socket.layerWebSocket('wss://app.example/rpc')),
        Layer.provide(Socket.layerWebSocketConstructorGlobal),
      ),
    ),
  ),
)
