import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { BuiltInError, TautlineError } from './error.ts'
import type { FailableCode } from './error-codes.ts'
import type {
  FailCode,
  FailData,
  HandlerInput,
  HandlerItem,
  HandlerOutput,
  HandlerResume,
  HandlerUp,
  InferErrors,
  InferEventParams,
  InferEventPayload,
  InferInput,
  InferItem,
  InferOutput,
  InferResume,
  InferUp,
  PublishPayload,
} from './infer.ts'
import { duplex, event, mutation, query, subscription } from './procedure.ts'
import type { Query } from './procedure-types.ts'
import { router } from './router.ts'
import type { Issue } from './validate.ts'

/** Text on the side of the sender, a number on the side of the receiver. */
const length = v.pipe(
  v.string(),
  v.transform((text) => text.length),
)

const api = router({
  todo: {
    get: query({
      input: v.object({ id: v.string(), limit: v.optional(v.number(), 10) }),
      output: length,
      errors: { NOT_FOUND: v.object({ id: length }), LOCKED: null },
    }),
    clear: mutation(),
    watch: subscription({ input: z.object({ list: z.string() }), output: length, resume: length }),
  },
  upload: duplex({ up: length, output: length }),
  tick: subscription(),
  seen: event({ params: v.object({ room: v.string() }), payload: length }),
  bell: event(),
})

type Get = typeof api.todo.get
type Clear = typeof api.todo.clear
type Watch = typeof api.todo.watch
type Upload = typeof api.upload

describe('values', () => {
  test('have a side that sends and a side that receives', () => {
    expectTypeOf<InferInput<Get>>().toEqualTypeOf<{ id: string; limit?: number | undefined }>()
    expectTypeOf<HandlerInput<Get>>().toEqualTypeOf<{ id: string; limit: number }>()
    expectTypeOf<HandlerOutput<Get>>().toEqualTypeOf<string>()
    expectTypeOf<InferOutput<Get>>().toEqualTypeOf<number>()
    expectTypeOf<HandlerItem<Watch>>().toEqualTypeOf<string>()
    expectTypeOf<InferItem<Watch>>().toEqualTypeOf<number>()
    expectTypeOf<InferUp<Upload>>().toEqualTypeOf<string>()
    expectTypeOf<HandlerUp<Upload>>().toEqualTypeOf<number>()
    expectTypeOf<InferResume<Watch>>().toEqualTypeOf<string>()
    expectTypeOf<HandlerResume<Watch>>().toEqualTypeOf<number>()
    expectTypeOf<PublishPayload<typeof api.seen>>().toEqualTypeOf<string>()
    expectTypeOf<InferEventPayload<typeof api.seen>>().toEqualTypeOf<number>()
    expectTypeOf<InferEventParams<typeof api.seen>>().toEqualTypeOf<{ room: string }>()
  })

  test('that a procedure leaves out are undefined, and an answer that a handler leaves out is void', () => {
    expectTypeOf<InferInput<Clear>>().toEqualTypeOf<undefined>()
    expectTypeOf<HandlerInput<Clear>>().toEqualTypeOf<undefined>()
    expectTypeOf<InferOutput<Clear>>().toEqualTypeOf<undefined>()
    expectTypeOf<HandlerOutput<Clear>>().toEqualTypeOf<void>()
    expectTypeOf<InferInput<Upload>>().toEqualTypeOf<undefined>()
    expectTypeOf<InferItem<typeof api.tick>>().toEqualTypeOf<undefined>()
    expectTypeOf<InferResume<typeof api.tick>>().toEqualTypeOf<undefined>()
    expectTypeOf<InferEventParams<typeof api.bell>>().toEqualTypeOf<undefined>()
    expectTypeOf<InferEventPayload<typeof api.bell>>().toEqualTypeOf<undefined>()
  })

  test('come from any Standard Schema', () => {
    expectTypeOf<InferInput<Watch>>().toEqualTypeOf<{ list: string }>()
  })

  test('belong to their kinds', () => {
    // @ts-expect-error a query has no items
    type _Item = InferItem<Get>
    // @ts-expect-error a subscription sends nothing up
    type _Up = InferUp<Watch>
    // @ts-expect-error a query does not resume
    type _Resume = InferResume<Get>
    // @ts-expect-error a query is not an event
    type _Payload = InferEventPayload<Get>
  })
})

describe('errors', () => {
  test('are the declared and the built-in ones, discriminated by code', () => {
    expectTypeOf<InferErrors<Get>>().toEqualTypeOf<
      TautlineError<'NOT_FOUND', { id: number }> | TautlineError<'LOCKED', undefined> | BuiltInError
    >()
    expectTypeOf<InferErrors<Clear>>().toEqualTypeOf<BuiltInError>()

    const check = (error: InferErrors<Get>): number | readonly Issue[] | undefined => {
      if (error.code === 'NOT_FOUND') return error.data.id
      if (error.code === 'INVALID_INPUT') return error.data.issues
      if (error.code === 'TIMEOUT') return error.data
      // @ts-expect-error not declared
      if (error.code === 'GONE') return 0
      // @ts-expect-error not every error has that data
      const id: number = error.data.id
      return id
    }
    expectTypeOf(check).toBeFunction()
  })

  test('that a handler may fail with are the declared ones and those meant for it', () => {
    expectTypeOf<FailCode<Get>>().toEqualTypeOf<'NOT_FOUND' | 'LOCKED' | FailableCode>()
    expectTypeOf<FailableCode>().toEqualTypeOf<'UNAUTHORIZED' | 'FORBIDDEN' | 'LIMIT_EXCEEDED' | 'OVERLOADED' | 'GAP'>()
    expectTypeOf<FailData<Get, 'NOT_FOUND'>>().toEqualTypeOf<{ id: string }>()
    expectTypeOf<FailData<Get, 'LOCKED'>>().toEqualTypeOf<undefined>()
    expectTypeOf<FailData<Get, 'UNAUTHORIZED'>>().toEqualTypeOf<undefined>()
    // @ts-expect-error not declared
    type _Gone = FailData<Get, 'GONE'>
    // @ts-expect-error made by Tautline alone
    type _Timeout = FailData<Get, 'TIMEOUT'>
  })
})

test('a procedure is the same type inside a router as outside of one', () => {
  const clear = query({ output: v.string() })
  expectTypeOf(clear).toEqualTypeOf<Query<undefined, v.StringSchema<undefined>, Readonly<Record<never, never>>>>()
  expectTypeOf(router({ a: query({ output: v.string() }) }).a).toEqualTypeOf(clear)
  expectTypeOf(router({ a: { b: query({ output: v.string() }) } }).a.b).toEqualTypeOf(clear)
})
