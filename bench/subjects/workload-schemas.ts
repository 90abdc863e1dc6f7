import * as v from 'valibot'

/** What `workload.ts` describes, for the subjects that take any Standard Schema. */

export const todoSchema = v.object({
  id: v.string(),
  title: v.string(),
  done: v.boolean(),
  priority: v.number(),
  owner: v.string(),
  createdAt: v.number(),
})

export const rowsSchema = v.array(
  v.object({
    id: v.number(),
    name: v.string(),
    price: v.number(),
    quantity: v.number(),
    active: v.boolean(),
    updatedAt: v.number(),
  }),
)

export const tickSchema = v.object({ at: v.number(), value: v.number() })

export const idSchema = v.object({ id: v.string() })

export const countSchema = v.object({ count: v.number() })
