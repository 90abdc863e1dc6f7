import { EventEmitter, on } from 'node:events'
import { initTRPC } from '@trpc/server'
import * as v from 'valibot'
import { type Tick, tableOf, tickOf, todoOf } from '../../workload.ts'
import { countSchema, idSchema, rowSchema, tickSchema, todoSchema } from '../workload-schemas.ts'

const t = initTRPC.create()
const table = tableOf()

const events = new EventEmitter<{ tick: [Tick] }>()
// One listener per subscriber, of which there are many on purpose.
events.setMaxListeners(0)

export const publish = (tick: Tick): void => {
  events.emit('tick', tick)
}

export const appRouter = t.router({
  get: t.procedure
    .input(idSchema)
    .output(todoSchema)
    .query(({ input }) => todoOf(input.id)),
  table: t.procedure.output(v.array(rowSchema)).query(() => table),
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
})

export type AppRouter = typeof appRouter
