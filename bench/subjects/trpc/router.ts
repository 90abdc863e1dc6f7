import { EventEmitter, on } from 'node:events'
import { initTRPC } from '@trpc/server'
import * as v from 'valibot'
import { type Row, type Tick, tableOf, tickOf, todoOf } from '../../workload.ts'
import { countSchema, idSchema, rowsSchema, tickSchema, todoSchema } from '../workload-schemas.ts'

const t = initTRPC.create()
const table = tableOf()

const events = new EventEmitter<{ tick: [Tick]; rows: [readonly Row[]] }>()
// One listener per subscriber, of which there are many on purpose.
events.setMaxListeners(0)

export const publish = (tick: Tick): void => {
  events.emit('tick', tick)
}

export const publishRows = (rows: readonly Row[]): void => {
  events.emit('rows', rows)
}

export const appRouter = t.router({
  get: t.procedure
    .input(idSchema)
    .output(todoSchema)
    .query(({ input }) => todoOf(input.id)),
  table: t.procedure.output(rowsSchema).query(() => table),
  echo: t.procedure
    .input(v.object({ base64: v.string() }))
    .output(v.object({ base64: v.string() }))
    .mutation(({ input }) => ({ base64: Buffer.from(input.base64, 'base64').toString('base64') })),
  stream: t.procedure.input(countSchema).subscription(async function* ({ input }) {
    for (let n = 0; n < input.count; n += 1) yield v.parse(tickSchema, tickOf(n))
  }),
  ticks: t.procedure.subscription(async function* ({ signal }) {
    for await (const [tick] of on(events, 'tick', { signal })) yield v.parse(tickSchema, tick)
  }),
  rows: t.procedure.subscription(async function* ({ signal }) {
    for await (const [rows] of on(events, 'rows', { signal })) yield v.parse(rowsSchema, rows)
  }),
})

export type AppRouter = typeof appRouter
