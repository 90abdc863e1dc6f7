import { duplex, mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench, untilAborted } from './test-bench.fixture.ts'

const api = router({
  greet: query({ input: v.string(), output: v.string(), errors: { RUDE: v.object({ word: v.string() }) } }),
  slow: query(),
  add: mutation({ input: v.number(), output: v.number() }),
  count: subscription({ input: v.number(), output: v.number() }),
  double: duplex({ up: v.number(), output: v.number() }),
})

function serving() {
  let sum = 0
  const app = implement(api)
    .context(() => ({ name: 'nobody' }))
    .use(({ next, ctx, auth }) => next({ greeting: `${ctx.name} ${String(auth)}` }))
  return createBench(
    app.handlers({
      greet: ({ input, ctx, fail }) => (input === 'rude' ? fail('RUDE', { word: input }) : `${input} ${ctx.greeting}`),
      slow: ({ signal }) => untilAborted(signal),
      add: ({ input }) => (sum += input),
      *count({ input }) {
        for (let n = 1; n <= input; n++) yield n
      },
      async *double({ up }) {
        for await (const n of up) yield 2 * n
      },
    }),
    { principalOf: ({ name }) => name },
  )
}

describe('a caller in-process', () => {
  test('goes through validation and middleware, with the context it was given', async () => {
    const { server } = serving()
    const caller = server.caller({ name: 'ada' }, { auth: 'token' })
    expect(await caller.greet('hello')).toBe('hello ada token')
    await expect(caller.greet(5 as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(caller.greet('rude')).rejects.toMatchObject({ code: 'RUDE', data: { word: 'rude' } })
  })

  test('streams, more items than are under way at once', async () => {
    const caller = serving().server.caller({ name: 'ada' })
    const items: number[] = []
    for await (const item of caller.count(100)) items.push(item)
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect((await caller.count(1, { timeoutMs: Number.POSITIVE_INFINITY }).next()).value).toBe(1)
    const doubled: number[] = []
    for await (const item of caller.double(undefined, items)) doubled.push(item)
    expect(doubled).toEqual(items.map((item) => 2 * item))
  })

  test('fails for what cannot be serialised, as over the wire', async () => {
    const caller = serving().server.caller({ name: 'ada' })
    await expect(caller.greet(Symbol('x') as never)).rejects.toMatchObject({ code: 'UNSERIALISABLE' })
    const doubled = caller.double(undefined, [(() => 1) as never])
    await expect(doubled.next()).rejects.toMatchObject({ code: 'UNSERIALISABLE' })
  })

  test('keeps deadlines and cancels', async () => {
    const bench = serving()
    const caller = bench.server.caller({ name: 'ada' })
    const late = caller.slow(undefined, { timeoutMs: 100 })
    late.catch(() => {})
    await bench.clock.advanceAsync(100)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    const controller = new AbortController()
    const cancelled = caller.slow(undefined, { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(caller.slow(undefined, { signal: controller.signal })).rejects.toMatchObject({ outcome: 'not-sent' })
    const timeless = caller.slow(undefined, { timeoutMs: 0 })
    await expect(timeless).rejects.toMatchObject({ code: 'TIMEOUT', outcome: 'not-sent' })
    await expect(caller.count(1, { timeoutMs: 0 }).next()).rejects.toMatchObject({ outcome: 'not-sent' })
    expect(bench.errors).toEqual([])
  })

  test('honours idempotency keys, each principal its own, along with clients', async () => {
    const bench = serving()
    const { server } = bench
    const key = { idempotencyKey: 'once' }
    expect(await server.caller({ name: 'ada' }).add(5, key)).toBe(5)
    expect(await server.caller({ name: 'ada' }).add(5, key)).toBe(5)
    expect(await server.caller({ name: 'bob' }).add(5, key)).toBe(10)
    // Clients of this server are all `nobody`.
    const { api: client } = await bench.connect()
    expect(await bench.run(client.add(5, key))).toBe(15)
    expect(await server.caller({ name: 'nobody' }).add(5, key)).toBe(15)
    await expect(server.caller({ name: 'ada' }).add(6, key)).rejects.toMatchObject({ code: 'KEY_REUSED' })
    await expect(server.caller({ name: 'ada' }).greet('x', key as never)).rejects.toThrow(TypeError)
  })
})
