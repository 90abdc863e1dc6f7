import { Schema } from 'effect'
import { Rpc, RpcGroup } from 'effect/rpc'

const Todo = Schema.Struct({
  id: Schema.String,
  title: Schema.String,
  done: Schema.Boolean,
  priority: Schema.Number,
  owner: Schema.String,
  createdAt: Schema.Number,
})

const Row = Schema.Struct({
  id: Schema.Number,
  name: Schema.String,
  price: Schema.Number,
  quantity: Schema.Number,
  active: Schema.Boolean,
  updatedAt: Schema.Number,
})

const Tick = Schema.Struct({ at: Schema.Number, value: Schema.Number })

export class BenchRpcs extends RpcGroup.make(
  Rpc.make('get', { payload: { id: Schema.String }, success: Todo }),
  Rpc.make('table', { success: Schema.Array(Row) }),
  Rpc.make('echo', { payload: { bytes: Schema.Uint8Array }, success: Schema.Uint8Array }),
  Rpc.make('stream', { payload: { count: Schema.Number }, success: Tick, stream: true }),
  Rpc.make('ticks', { success: Tick, stream: true }),
  Rpc.make('rows', { success: Schema.Array(Row), stream: true }),
) {}
