import { EventPublisher, implement } from '@orpc/server'
import { type Row, type Tick, tableOf, tickOf, todoOf } from '../../workload.ts'
import { contract } from './contract.ts'

const os = implement(contract)
const table = tableOf()
const publisher = new EventPublisher<{ tick: Tick; rows: Row[] }>()

export const publish = (tick: Tick): void => {
  publisher.publish('tick', tick)
}

export const publishRows = (rows: readonly Row[]): void => {
  publisher.publish('rows', [...rows])
}

export const router = os.router({
  get: os.get.handler(({ input }) => todoOf(input.id)),
  table: os.table.handler(() => table),
  echo: os.echo.handler(async ({ input }) => new Blob([await input.arrayBuffer()])),
  stream: os.stream.handler(async function* ({ input }) {
    for (let n = 0; n < input.count; n += 1) yield tickOf(n)
  }),
  ticks: os.ticks.handler(async function* ({ signal }) {
    yield* publisher.subscribe('tick', { signal })
  }),
  rows: os.rows.handler(async function* ({ signal }) {
    yield* publisher.subscribe('rows', { signal })
  }),
})
