import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { duplex, event, mutation, query, router, subscription } from '../index.ts'
import { implement } from './implement.ts'
import { tracked } from './tracked.ts'

const Todo = v.object({ id: v.string(), title: v.string() })

const api = router({
  todo: {
    get: query({
      input: v.object({ id: v.string() }),
      output: Todo,
      errors: { NOT_FOUND: v.object({ id: v.string() }), GONE: null },
    }),
    count: query({ output: v.number() }),
    clear: mutation(),
    watch: subscription({ input: v.object({ list: v.string() }), output: Todo, resume: v.number() }),
  },
  ticks: subscription({ output: v.number() }),
  upload: duplex({
    input: v.object({ name: v.string() }),
    up: v.instance(Uint8Array),
    output: v.object({ received: v.number() }),
  }),
  presence: event({ params: v.object({ room: v.string() }), payload: v.object({ online: v.boolean() }) }),
  rooms: { opened: event({ payload: v.string() }) },
})

const clientApi = router({
  confirm: mutation({ input: v.object({ text: v.string() }), output: v.boolean() }),
})

interface User {
  readonly name: string
}

const findUser = (auth: unknown): User | undefined => (auth === 'ada' ? { name: 'ada' } : undefined)

const app = implement(api, { calls: clientApi }).context(async ({ auth }) => ({ user: findUser(auth), level: 1 }))
const signedIn = app.use(({ ctx, next, fail }) => (ctx.user ? next({ user: ctx.user }) : fail('UNAUTHORIZED')))

const watchTodos = async function* (): AsyncGenerator<
  ReturnType<typeof tracked<number, { id: string; title: string }>>
> {
  yield tracked(1, { id: '1', title: 'x' })
}

const todoHandlers = signedIn.todo.handlers({
  get: async ({ input, fail }) => (input.id === '1' ? { id: '1', title: 'x' } : fail('NOT_FOUND', { id: input.id })),
  count: () => 1,
  clear: ({ input }) => {
    expectTypeOf(input).toEqualTypeOf<undefined>()
  },
  async *watch({ input, resume, signal, ctx }) {
    expectTypeOf(input).toEqualTypeOf<{ list: string }>()
    expectTypeOf(resume).toEqualTypeOf<number | undefined>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(ctx.user).toEqualTypeOf<User>()
    expectTypeOf(ctx.level).toEqualTypeOf<number>()
    yield tracked(resume ?? 0, { id: '1', title: 'x' })
  },
})

describe('implement', () => {
  test('takes a handler for everything, events and groups of events left out', () => {
    app.handlers({
      todo: todoHandlers,
      *ticks() {
        yield 1
      },
      async *upload({ up, input }) {
        expectTypeOf(input.name).toEqualTypeOf<string>()
        let received = 0
        for await (const chunk of up) {
          expectTypeOf(chunk).toExtend<Uint8Array>()
          received += chunk.byteLength
          yield { received }
        }
      },
    })
  })

  test('takes guards of events', () => {
    app.handlers({
      todo: todoHandlers,
      ticks: () => [1, 2],
      upload: async function* ({ client }) {
        const sure = await client.confirm({ text: 'sure?' })
        expectTypeOf(sure).toEqualTypeOf<boolean>()
        yield { received: 0 }
      },
      presence: ({ params, ctx, fail }) => {
        if (params.room === 'staff' && ctx.user === undefined) fail('FORBIDDEN')
        return () => {}
      },
      rooms: { opened: () => {} },
    })
  })

  test('refuses a missing handler', () => {
    // @ts-expect-error `upload` is missing
    app.handlers({ todo: todoHandlers, ticks: () => [1] })
    // @ts-expect-error `watch` is missing
    signedIn.todo.handlers({ get: () => ({ id: '1', title: 'x' }), count: () => 1, clear: () => {} })
  })

  test('refuses a surplus handler', () => {
    signedIn.todo.handlers({
      get: () => ({ id: '1', title: 'x' }),
      count: () => 1,
      clear: () => {},
      watch: watchTodos,
      // @ts-expect-error the contract has no `remove`
      remove: () => {},
    })
  })

  test('refuses a wrong output, item or resume value', () => {
    // @ts-expect-error a string is no number
    app.todo.count.handler(() => 'one')
    // @ts-expect-error `title` is missing
    app.todo.get.handler(async () => ({ id: '1' }))
    // @ts-expect-error a string is no number
    app.ticks.handler(() => ['one'])
    // @ts-expect-error items of a resumable subscription are tracked
    app.todo.watch.handler(async function* () {
      yield { id: '1', title: 'x' }
    })
    // @ts-expect-error the resume value is a number
    app.todo.watch.handler(async function* () {
      yield tracked('1', { id: '1', title: 'x' })
    })
    // @ts-expect-error nothing is answered
    app.todo.clear.handler(() => 1)
  })

  test('lets a handler fail with declared and some built-in codes', () => {
    app.todo.get.handler(({ fail }) => fail('NOT_FOUND', { id: '1' }))
    app.todo.get.handler(({ fail }) => fail('GONE'))
    app.todo.get.handler(({ fail }) => fail('FORBIDDEN', undefined, 'not yours'))
    // @ts-expect-error not declared
    app.todo.get.handler(({ fail }) => fail('TITLE_TAKEN'))
    // @ts-expect-error only the line itself says so
    app.todo.get.handler(({ fail }) => fail('CONNECTION_LOST'))
    // @ts-expect-error the data is missing
    app.todo.get.handler(({ fail }) => fail('NOT_FOUND'))
    // @ts-expect-error `id` is a string
    app.todo.get.handler(({ fail }) => fail('NOT_FOUND', { id: 1 }))
    // @ts-expect-error declared elsewhere
    app.todo.count.handler(({ fail }) => fail('NOT_FOUND', { id: '1' }))
  })

  test('narrows the context for what follows a middleware, and only there', () => {
    app.todo.count.handler(({ ctx }) => {
      expectTypeOf(ctx.user).toEqualTypeOf<User | undefined>()
      return ctx.level
    })
    signedIn.todo.count.handler(({ ctx }) => {
      expectTypeOf(ctx.user).toEqualTypeOf<User>()
      return ctx.level
    })
    signedIn.todo.count.handler(({ ctx }) => {
      // One object with the members of both, not an intersection to be read through.
      expectTypeOf(ctx).toEqualTypeOf<{ level: number; user: User }>()
      return ctx.level
    })
    const counted = signedIn.todo.use(async ({ next, ctx, input, procedure }) => {
      expectTypeOf(ctx.user.name).toEqualTypeOf<string>()
      expectTypeOf(input).toEqualTypeOf<unknown>()
      expectTypeOf(procedure.path).toEqualTypeOf<string>()
      return next({ hits: 1 })
    })
    counted.count.handler(({ ctx }) => {
      expectTypeOf(ctx.hits).toEqualTypeOf<number>()
      return ctx.user.name.length
    })
    signedIn.use(({ next }) => next()).todo.count.handler(({ ctx }) => ctx.user.name.length)
  })

  test('asks middleware for the result of `next`', () => {
    // @ts-expect-error `next` was not called
    app.use(() => {})
    // @ts-expect-error `next` was not called
    app.use(async ({ ctx }) => ctx)
  })

  test('lets middleware of one procedure fail with what it declares', () => {
    app.todo.get.use(({ next, ctx, fail }) => (ctx.user ? next() : fail('GONE')))
    // @ts-expect-error declared by one procedure of the group, not by all
    app.todo.use(({ next, ctx, fail }) => (ctx.user ? next() : fail('GONE')))
  })

  test('keeps handlers of another part or another context apart', () => {
    const handlers = { ticks: () => [1], upload: () => [] }
    app.handlers({
      ...handlers,
      // @ts-expect-error handlers of the whole are none of `todo`
      todo: app.rooms.handlers({}),
    })
    const stranger = implement(api, { calls: clientApi }).context(() => ({ tenant: 'x' }))
    app.handlers({
      ...handlers,
      // @ts-expect-error these count on a context with a tenant
      todo: stranger.todo.handlers({
        get: () => ({ id: '1', title: 'x' }),
        count: () => 1,
        clear: () => {},
        watch: watchTodos,
      }),
    })
  })

  test('knows no calls to the other end unless it was given their contract', () => {
    implement(api).todo.count.handler(({ client }) => {
      // @ts-expect-error nothing is served there
      void client.confirm
      return 1
    })
  })
})
