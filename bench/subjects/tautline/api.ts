import { event, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const Todo = v.object({
  id: v.string(),
  title: v.string(),
  done: v.boolean(),
  priority: v.number(),
  owner: v.string(),
  createdAt: v.number(),
})

const Row = v.object({
  id: v.number(),
  name: v.string(),
  price: v.number(),
  quantity: v.number(),
  active: v.boolean(),
  updatedAt: v.number(),
})

const Tick = v.object({ at: v.number(), value: v.number() })

export const api = router({
  get: query({ input: v.object({ id: v.string() }), output: Todo }),
  table: query({ output: v.array(Row) }),
  echo: query({ input: v.instance(Uint8Array), output: v.instance(Uint8Array) }),
  ticks: subscription({ input: v.object({ count: v.number() }), output: Tick }),
  ticked: event({ payload: Tick }),
  rowsChanged: event({ payload: v.array(Row) }),
})
