import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createServer } from './server.ts'
import { createBench } from './test-bench.fixture.ts'

const api = router({
  todo: {
    get: query({ input: v.string(), output: v.string(), errors: { NOT_FOUND: null } }),
    watch: subscription({ output: v.number() }),
  },
  admin: { reset: mutation({ output: v.string() }) },
  mirror: duplex({ up: v.number(), output: v.number() }),
  news: event({ params: v.string(), payload: v.string() }),
})

const rest = { mirror: () => [], admin: { reset: () => '' } }
const todo = { get: ({ input }: { input: string }) => input, watch: () => [1] }

/** An implementer that notes what happens, in order. */
function noting() {
  const notes: string[] = []
  const app = implement(api).context(({ auth }) => ({ name: String(auth), level: 0 }))
  const noted = (name: string) =>
    app.use(async ({ next, procedure }) => {
      notes.push(`${name} ${procedure.path}`)
      const result = await next()
      notes.push(`${name} done`)
      return result
    })
  return { notes, app, noted }
}

describe('middleware', () => {
  test('runs around the handler, outermost first, and sees the answer', async () => {
    const { notes, noted } = noting()
    const both = noted('outer').use(async ({ next, input, auth }) => {
      notes.push(`inner ${String(input)} ${String(auth)}`)
      const result = await next()
      notes.push(`inner ${String(result.output)}`)
      return result
    })
    const bench = createBench(both.handlers({ todo, ...rest }))
    const { api: client } = await bench.connect({ auth: 'ada' })
    expect(await bench.run(client.todo.get('x'))).toBe('x')
    expect(notes).toEqual(['outer todo.get', 'inner x ada', 'inner x', 'outer done'])
  })

  test('adds to the context of what follows, and of nothing else', async () => {
    const { app } = noting()
    const seen: unknown[] = []
    const leveled = app.use(({ next, ctx }) => next({ level: ctx.level + 1 }))
    const bench = createBench(
      app.handlers({
        todo: leveled
          .use(({ next }) => next({ extra: true }))
          .todo.handlers({
            ...todo,
            get: ({ ctx }) => {
              seen.push({ ...ctx })
              return ''
            },
          }),
        ...rest,
        admin: {
          reset: ({ ctx }) => {
            seen.push({ ...ctx })
            return ''
          },
        },
      }),
    )
    const { api: client } = await bench.connect({ auth: 'ada' })
    await bench.run(client.todo.get('x'))
    await bench.run(client.admin.reset())
    expect(seen).toEqual([
      { name: 'ada', level: 1, extra: true },
      { name: 'ada', level: 0 },
    ])
  })

  test('fails for the handler, which does not run', async () => {
    const { app } = noting()
    const guarded = app.use(({ next, ctx, fail }) => (ctx.name === 'ada' ? next() : fail('UNAUTHORIZED')))
    const bench = createBench(guarded.handlers({ todo: { ...todo, get: () => 'secret' }, ...rest }))
    const { api: stranger } = await bench.connect({ auth: 'bob' })
    await expect(bench.run(stranger.todo.get('x'))).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(bench.run(stranger.todo.watch().next())).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const { api: ada } = await bench.connect({ auth: 'ada' })
    expect(await bench.run(ada.todo.get('x'))).toBe('secret')
  })

  test('of the whole guards parts that were implemented without it', async () => {
    const { app } = noting()
    const guarded = app.use(({ fail }) => fail('FORBIDDEN'))
    const bench = createBench(guarded.handlers({ todo: app.todo.handlers(todo), ...rest }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.todo.get('x'))).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('runs once, also where part and whole were made from the same implementer', async () => {
    const { notes, noted } = noting()
    const outer = noted('outer')
    const get = outer.todo.get.handler(({ input }) => input)
    const bench = createBench(outer.handlers({ todo: outer.todo.handlers({ ...todo, get }), ...rest }))
    const { api: client } = await bench.connect()
    await bench.run(client.todo.get('x'))
    expect(notes).toEqual(['outer todo.get', 'outer done'])
  })

  test('sees errors of the handler, which reach the caller where it lets them', async () => {
    const { app } = noting()
    const codes: unknown[] = []
    const watching = app.use(async ({ next }) => {
      try {
        return await next()
      } catch (error) {
        codes.push(error)
        throw error
      }
    })
    const bench = createBench(watching.handlers({ todo: { ...todo, get: ({ fail }) => fail('NOT_FOUND') }, ...rest }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.todo.get('x'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(codes).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  test('lasts as long as the stream', async () => {
    const { notes, noted } = noting()
    const bench = createBench(noted('around').handlers({ todo, ...rest }))
    const { api: client } = await bench.connect()
    const items = client.todo.watch()
    await bench.run(items.next())
    expect((await bench.run(items.next())).done).toBe(true)
    expect(notes).toEqual(['around todo.watch', 'around done'])
  })

  test('is told when a stream is cancelled', async () => {
    const { app } = noting()
    const ends: unknown[] = []
    const around = app.use(async ({ next }) => {
      try {
        return await next()
      } catch (error) {
        ends.push(error)
        throw error
      }
    })
    const endless = (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    })
    const bench = createBench(around.handlers({ todo: { ...todo, watch: endless }, ...rest }))
    const { api: client } = await bench.connect()
    const items = client.todo.watch()
    await bench.clock.settle()
    await bench.run(Promise.resolve(items.return?.()))
    expect(ends).toMatchObject([{ code: 'CANCELLED' }])
    expect(bench.errors).toEqual([])
  })

  test('that fails once the stream is through changes nothing for the caller', async () => {
    const { app } = noting()
    const late = app.use(async ({ next, fail }) => {
      await next()
      return fail('OVERLOADED')
    })
    const bench = createBench(late.handlers({ todo, ...rest }))
    const { api: client } = await bench.connect()
    const items = client.todo.watch()
    expect((await bench.run(items.next())).value).toBe(1)
    expect((await bench.run(items.next())).done).toBe(true)
    expect(bench.server.stats().running).toBe(0)
  })

  test('that calls `next` twice or returns something else is at fault', async () => {
    const { app } = noting()
    const twice = app.use(async ({ next }) => {
      await next()
      return next()
    })
    const bench = createBench(
      app.handlers({
        todo: twice.todo.handlers(todo),
        ...rest,
        admin: app.use(() => ({ output: 'forged' })).admin.handlers({ reset: () => '' }),
      }),
    )
    const { api: client } = await bench.connect()
    await expect(bench.run(client.todo.get('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(bench.run(client.admin.reset())).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toHaveLength(2)
  })

  test('that does not wait for what follows causes no unhandled rejection', async () => {
    const { app } = noting()
    const careless = app.use(({ next, fail }) => {
      void next()
      return fail('OVERLOADED')
    })
    const bench = createBench(
      careless.handlers({ todo: { ...todo, get: () => Promise.reject(new Error('late')) }, ...rest }),
    )
    const { api: client } = await bench.connect()
    await expect(bench.run(client.todo.get('x'))).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  test('runs before somebody listens to an event', async () => {
    const { notes, noted } = noting()
    const bench = createBench(noted('around').handlers({ todo, ...rest }))
    const client = await bench.connect()
    await bench.run(client.listen('news', 'x').accepted)
    expect(notes).toEqual(['around news', 'around done'])
  })
})

describe('handlers that were bound without the compiler looking', () => {
  const { app } = noting()

  test('are refused where one is missing, surplus or no function', () => {
    // @ts-expect-error `admin` is missing
    expect(() => app.handlers({ todo, mirror: () => [] })).toThrow('Expected handlers for `admin`, got `undefined`')
    // @ts-expect-error there are none at all
    expect(() => app.handlers()).toThrow('Expected handlers for the contract, got `undefined`')
    // @ts-expect-error they were never given
    expect(() => createServer(app)).toThrow('Expected what `implement(api).handlers({ … })` returns')
    // @ts-expect-error `watch` is missing
    expect(() => app.todo.handlers({ get: todo.get })).toThrow('Expected a handler for subscription `todo.watch`')
    // @ts-expect-error the contract has no such
    expect(() => app.handlers({ todo, ...rest, other: () => {} })).toThrow('The contract has no `other`')
    // @ts-expect-error a number is no handler
    expect(() => app.handlers({ todo, ...rest, mirror: 5 })).toThrow('got `5` (number)')
    expect(() => app.handlers({ todo, ...rest, news: undefined })).not.toThrow()
  })

  test('are refused where they belong elsewhere', () => {
    const other = router({ todo: { get: query({ output: v.string() }), watch: subscription() } })
    const stranger = implement(other).todo.handlers({ get: () => '', watch: () => [] })
    expect(() => app.handlers({ ...rest, todo: stranger as never })).toThrow('those of another one')
    expect(() => app.handlers({ ...rest, todo: app.admin.handlers({ reset: () => '' }) as never })).toThrow(
      'Expected handlers for `todo`, got those of `admin.reset`',
    )
    expect(() => implement({} as never)).toThrow(TypeError)
  })
})
