import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import type { ContractTree, RouterTree } from './contract.ts'
import { duplex, event, mutation, query, subscription } from './procedure.ts'
import { router } from './router.ts'

const get = query({ input: v.string() })

test('a router is the tree it was given', () => {
  const todo = router({ get })
  const api = router({ todo, group: { todo }, ...router({ add: mutation() }) })
  expectTypeOf(api.todo.get).toEqualTypeOf(get)
  expectTypeOf(api.group.todo.get).toEqualTypeOf(get)
  expectTypeOf(api.add).toEqualTypeOf(mutation())
  expectTypeOf<keyof typeof api>().toEqualTypeOf<'todo' | 'group' | 'add'>()
})

test('a router takes procedures and groups only', () => {
  // @ts-expect-error a schema is not a procedure
  router({ get: v.string() })
  // @ts-expect-error a number is not a group
  router({ todo: { get: 5 } })
  // @ts-expect-error an array is not a group
  router({ todo: [get] })
  // @ts-expect-error a procedure is not a tree
  router(get)
})

test('what a router gives can be said without the compiler looking into it', () => {
  const groups = { todo: { get } }
  const api: typeof groups = router(groups)
  expectTypeOf(api).toEqualTypeOf(router(groups))
  expectTypeOf(api).toExtend<ContractTree>()
  // The router has looked at the rest.
  expectTypeOf<{ todo: 5 }>().not.toExtend<ContractTree>()
  expectTypeOf<{ todo: { get: 5 } }>().not.toExtend<RouterTree>()
})

test('a router refuses names that clash, at every level', () => {
  // @ts-expect-error an object with `catch` is taken for a promise
  router({ catch: get })
  // @ts-expect-error the server side has a method of that name
  router({ todo: { use: get } })
})

test('procedures take the parts of their kind only', () => {
  // @ts-expect-error misspelt
  query({ inptu: v.string() })
  // @ts-expect-error a query is idempotent by nature
  query({ idempotent: true })
  // @ts-expect-error only a subscription resumes
  mutation({ resume: v.number() })
  // @ts-expect-error only a duplex sends items up
  subscription({ up: v.string() })
  // @ts-expect-error a duplex does not resume
  duplex({ resume: v.number() })
  // @ts-expect-error an event has no input
  event({ input: v.string() })
  // @ts-expect-error not a schema
  query({ input: { id: 'string' } })
  // @ts-expect-error not a schema
  query({ errors: { NOT_FOUND: true } })
})
