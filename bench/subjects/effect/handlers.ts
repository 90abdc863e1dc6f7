import { Context, Effect, Layer, PubSub, Stream } from 'effect'
import { type Row, type Tick, tableOf, tickOf, todoOf } from '../../workload.ts'
import { BenchRpcs } from './rpcs.ts'

const table = tableOf()

export class Ticks extends Context.Service<Ticks, PubSub.PubSub<Tick>>()('bench/Ticks') {
  static readonly layer = Layer.effect(Ticks, PubSub.unbounded<Tick>())
}

export class RowsEvents extends Context.Service<RowsEvents, PubSub.PubSub<readonly Row[]>>()('bench/RowsEvents') {
  static readonly layer = Layer.effect(RowsEvents, PubSub.unbounded<readonly Row[]>())
}

export const handlers = BenchRpcs.toLayer(
  Effect.gen(function* () {
    const ticks = yield* Ticks
    const rows = yield* RowsEvents
    return {
      get: ({ id }) => Effect.succeed(todoOf(id)),
      table: () => Effect.succeed(table),
      echo: ({ bytes }) => Effect.succeed(bytes),
      stream: ({ count }) => (count === 0 ? Stream.empty : Stream.map(Stream.range(0, count - 1), tickOf)),
      ticks: () => Stream.fromPubSub(ticks),
      rows: () => Stream.fromPubSub(rows),
    }
  }),
)
