import { duplex, entryOf, isTautlineError, mutation, query, router, subscription } from '@tautline/core'
import { implement, tracked } from '@tautline/core/peer'
import { FrameType } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench, untilAborted } from './test-bench.fixture.ts'

const api = router({
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
  find: query({
    input: v.string(),
    output: v.string(),
    errors: { NOT_FOUND: v.object({ id: v.string() }), GONE: null },
  }),
  forget: mutation(),
  anything: mutation({ input: v.any(), output: v.any() }),
  watch: subscription({ input: v.number(), output: v.number(), resume: v.number() }),
  ticks: subscription({ output: v.any() }),
  sum: duplex({ up: v.number(), output: v.number() }),
})

const nothing = {
  add: ({ input }: { input: { a: number; b: number } }) => input.a + input.b,
  find: ({ input }: { input: string }) => input,
  forget: () => {},
  anything: ({ input }: { input: unknown }) => input,
  watch: () => [],
  ticks: () => [],
  sum: () => [],
}

const app = implement(api)

describe('a handler', () => {
  test('answers at once, later, and with nothing', async () => {
    const bench = createBench(app.handlers({ ...nothing, find: async ({ input }) => `${input}!` }))
    const { api: client } = await bench.connect()
    expect(await bench.run(client.add({ a: 1, b: 2 }))).toBe(3)
    expect(await bench.run(client.find('x'))).toBe('x!')
    expect(await bench.run(client.forget())).toBe(undefined)
  })

  test('gets values and answers them as what they are', async () => {
    const bench = createBench(app.handlers(nothing))
    const { api: client } = await bench.connect()
    const value = { at: new Date(0), big: 2n ** 70n, map: new Map([[1, new Set(['a'])]]), bytes: new Uint8Array([1]) }
    expect(await bench.run(client.anything(value))).toEqual(value)
    expect(await bench.run(client.anything(undefined))).toBe(undefined)
  })

  test('is not run for input that its schema refuses, and the caller is told what is wrong', async () => {
    const bench = createBench(app.handlers({ ...nothing, add: () => expect.unreachable() }))
    const { caller } = await bench.connect()
    const errors: unknown[] = []
    caller.call(
      {
        procedure: 'add',
        input: new Uint8Array([0x81, 0xa1, 0x61, 0x01]),
        timeoutMs: undefined,
        meta: undefined,
        compress: true,
      },
      { ok: () => {}, error: (code) => errors.push(code), timeout: () => {}, lost: () => {} },
    )
    await bench.clock.settle()
    expect(errors).toEqual(['INVALID_INPUT'])
    const { api: client } = await bench.connect()
    const error = await bench.run(client.find(1 as never)).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      data: { issues: [{ path: [], message: expect.any(String) }] },
    })
    expect(bench.errors).toEqual([])
  })

  test('fails with what the procedure declares', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: ({ input, fail }) => {
          if (input === 'gone') return fail('GONE')
          return input === 'secret' ? fail('FORBIDDEN', undefined, 'not yours') : fail('NOT_FOUND', { id: input })
        },
      }),
    )
    const { api: client } = await bench.connect()
    await expect(bench.run(client.find('x'))).rejects.toMatchObject({ code: 'NOT_FOUND', data: { id: 'x' } })
    await expect(bench.run(client.find('gone'))).rejects.toMatchObject({ code: 'GONE', data: undefined })
    await expect(bench.run(client.find('secret'))).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'not yours' })
    expect(bench.errors).toEqual([])
  })

  test('tells nothing of an error that it did not declare', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: () => {
          throw new Error('password: hunter2')
        },
      }),
    )
    const { api: client } = await bench.connect()
    const error = await bench.run(client.find('x')).catch((caught: unknown) => caught)
    if (!isTautlineError(error, 'INTERNAL')) throw error
    expect(JSON.stringify([error.message, error.data])).not.toContain('hunter2')
    expect(bench.errors).toMatchObject([
      { error: { message: 'password: hunter2' }, context: { id: error.data.id, procedure: 'find', connection: '1' } },
    ])
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })

  test('is not taken for failing by an error of another call, whatever its code', async () => {
    const inner = createBench(app.handlers({ ...nothing, find: ({ fail }) => fail('NOT_FOUND', { id: 'inner' }) }))
    const service = inner.server.caller({})
    const bench = createBench(app.handlers({ ...nothing, find: () => service.find('x') }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.find('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toMatchObject([{ error: { code: 'NOT_FOUND' } }])
  })

  test('cannot fail with the `fail` of another call', async () => {
    let failOther: ((code: 'NOT_FOUND', data: { id: string }) => never) | undefined
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: ({ input, fail }) => {
          failOther = fail
          return input
        },
        add: () => failOther?.('NOT_FOUND', { id: 'x' }) ?? 0,
      }),
    )
    const { api: client } = await bench.connect()
    await bench.run(client.find('x'))
    await expect(bench.run(client.add({ a: 1, b: 1 }))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toMatchObject([{ error: { code: 'NOT_FOUND' }, context: { procedure: 'add' } }])
  })

  test('that fails with a code or data that is not declared is at fault itself', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: ({ input, fail }) =>
          input === 'code' ? (fail as (code: string) => never)('NO_SUCH_CODE') : fail('NOT_FOUND', { id: 1 } as never),
      }),
    )
    const { api: client } = await bench.connect()
    await expect(bench.run(client.find('code'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(bench.run(client.find('data'))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toHaveLength(2)
  })

  test('that answers what its schema does not allow, or what cannot travel, costs one error', async () => {
    const bench = createBench(app.handlers({ ...nothing, find: () => 1 as never, anything: () => () => {} }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.find('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(bench.run(client.anything(1))).rejects.toMatchObject({ code: 'UNSERIALISABLE' })
    expect(bench.errors).toHaveLength(2)
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })

  test('that answers more than fits into a message costs one error', async () => {
    const bench = createBench(app.handlers({ ...nothing, anything: () => 'x'.repeat(2 * 1024 * 1024) }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.anything(1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The answer is larger than one message may be',
    })
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })

  test('may say anything in a message: what does not fit is cut', async () => {
    const bench = createBench(
      app.handlers({ ...nothing, find: ({ fail }) => fail('GONE', undefined, `${'x'.repeat(100_000)}\ud800`) }),
    )
    const { api: client } = await bench.connect()
    await expect(bench.run(client.find('x'))).rejects.toMatchObject({ code: 'GONE' })
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })

  test('is not found under names of `Object.prototype`, another kind, or a number too far', async () => {
    const bench = createBench(app.handlers(nothing))
    const peer = await bench.connectRaw()
    await bench.run(peer.hello())
    for (const [index, procedure] of ['constructor', '__proto__', 'ticks', 'add.', 99].entries()) {
      const request = { id: 2 * index + 1, procedure, input: undefined, timeoutMs: undefined, meta: undefined }
      peer.send({ type: FrameType.Call, ...request })
      expect((await bench.run(peer.next(FrameType.Error))).code).toBe('UNKNOWN_PROCEDURE')
    }
    peer.send({
      type: FrameType.Open,
      id: 101,
      procedure: 'add',
      input: undefined,
      timeoutMs: undefined,
      meta: undefined,
      resume: undefined,
    })
    expect((await bench.run(peer.next(FrameType.Error))).code).toBe('UNKNOWN_PROCEDURE')
  })

  test('is found by its index where both ends hold the same contract, and only there', async () => {
    const implementation = app.handlers(nothing)
    const bench = createBench(implementation)
    const { index } = entryOf(api.forget)
    const frame = {
      type: FrameType.Call,
      id: 1,
      procedure: index,
      input: undefined,
      timeoutMs: undefined,
      meta: undefined,
    } as const
    const same = await bench.connectRaw()
    await bench.run(same.hello({ contractHash: implementation['~contract'].hash }))
    same.send(frame)
    expect((await bench.run(same.next(FrameType.Ok))).id).toBe(1)
    const other = await bench.connectRaw()
    await bench.run(other.hello({ contractHash: 'ffffffffffffffff' }))
    other.send(frame)
    expect((await bench.run(other.next(FrameType.Error))).code).toBe('UNKNOWN_PROCEDURE')
  })

  test('sees meta and what is left of the deadline', async () => {
    const seen: unknown[] = []
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: (call) => {
          seen.push(call.meta, call.timeLeftMs)
          bench.clock.advance(100)
          seen.push(call.timeLeftMs)
          return ''
        },
      }),
    )
    const { api: client } = await bench.connect()
    await bench.run(client.find('x', { meta: { trace: '1' }, timeoutMs: 1000 }))
    expect(seen).toEqual([{ trace: '1' }, 1000, 900])
  })
})

describe("a handler's signal", () => {
  const waiting = () => {
    const signals: AbortSignal[] = []
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: ({ signal }) => {
          signals.push(signal)
          return untilAborted(signal)
        },
      }),
    )
    return { bench, signals }
  }

  test('is aborted when the caller cancels', async () => {
    const { bench, signals } = waiting()
    const { api: client } = await bench.connect()
    const controller = new AbortController()
    const call = client.find('x', { signal: controller.signal })
    await bench.clock.settle()
    controller.abort()
    await expect(bench.run(call)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(signals[0]?.reason).toMatchObject({ code: 'CANCELLED' })
    expect(bench.errors).toEqual([])
    expect(bench.server.stats().running).toBe(0)
  })

  test('is aborted by the deadline, which settles the call of a handler that does not listen', async () => {
    let finish = (_answer: string): void => {}
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: () =>
          new Promise((resolve) => {
            finish = resolve
          }),
      }),
    )
    const { api: client } = await bench.connect()
    const call = client.find('x', { timeoutMs: 500 })
    call.catch(() => {})
    await bench.clock.advanceAsync(500)
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(bench.server.stats().running).toBe(0)
    finish('late')
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })

  test('is aborted when the connection is lost', async () => {
    const { bench, signals } = waiting()
    const client = await bench.connect()
    const call = client.api.find('x')
    await bench.clock.settle()
    client.link.cut()
    await expect(bench.run(call)).rejects.toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
    expect(signals[0]?.reason).toMatchObject({ code: 'CONNECTION_LOST' })
    expect(bench.errors).toEqual([])
  })

  test('is aborted already when it is first read too late', async () => {
    const seen: boolean[] = []
    let goOn = (): void => {}
    const bench = createBench(
      app.handlers({
        ...nothing,
        find: async (call) => {
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
          seen.push(call.signal.aborted)
          return ''
        },
      }),
    )
    const client = await bench.connect()
    const call = client.api.find('x')
    await bench.clock.settle()
    client.link.cut()
    await expect(bench.run(call)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    goOn()
    await bench.clock.settle()
    expect(seen).toEqual([true])
  })
})

describe('a stream handler', () => {
  test('may be any iterable, and ends', async () => {
    const readable = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(1)
          controller.close()
        },
      })
    for (const source of [
      [1],
      new Set([1]),
      (function* () {
        yield 1
      })(),
      readable(),
      Promise.resolve([1]),
    ]) {
      const bench = createBench(app.handlers({ ...nothing, ticks: () => source as number[] }))
      const { api: client } = await bench.connect()
      const ticks = client.ticks()
      expect(await bench.run(ticks.next())).toEqual({ done: false, value: 1 })
      expect(await bench.run(ticks.next())).toEqual({ done: true, value: undefined })
    }
  })

  test('goes on from the resume value', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        *watch({ input, resume }) {
          for (let n = resume ?? 0; n < input; n++) yield tracked(n + 1, n)
        },
      }),
    )
    const { api: client, caller } = await bench.connect()
    const rest = client.watch(3, { resume: 2 })
    expect(await bench.run(rest.next())).toEqual({ done: false, value: 2 })
    expect((await bench.run(rest.next())).done).toBe(true)
    const wrong = client.watch(3, { resume: 'x' as never })
    await expect(bench.run(wrong.next())).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(caller.size).toBe(0)
  })

  test('is paused by a reader that does not read, and told to return when it leaves', async () => {
    let made = 0
    let returned = false
    const bench = createBench(
      app.handlers({
        ...nothing,
        async *ticks() {
          try {
            for (;;) {
              made++
              yield new Uint8Array(64 * 1024)
            }
          } finally {
            returned = true
          }
        },
      }),
    )
    const { api: client } = await bench.connect()
    const ticks = client.ticks()
    await bench.clock.advanceAsync(1000)
    // 256 KiB of credit: four items and the one that passes the line.
    expect(made).toBeLessThanOrEqual(5)
    const before = made
    for (let i = 0; i < 5; i++) await bench.run(ticks.next())
    expect(made).toBeGreaterThan(before)
    await bench.run(Promise.resolve(ticks.return?.()))
    expect(returned).toBe(true)
    expect(bench.server.stats().running).toBe(0)
  })

  test('returns even while it waits for its next item', async () => {
    const events: string[] = []
    const bench = createBench(
      app.handlers({
        ...nothing,
        ticks: ({ signal }) => ({
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise<IteratorResult<number>>(() => {}),
            return: () => {
              events.push(`returned, aborted: ${signal.aborted}`)
              return Promise.resolve({ done: true as const, value: undefined })
            },
          }),
        }),
      }),
    )
    const client = await bench.connect()
    client.api.ticks()
    await bench.clock.settle()
    client.link.cut()
    await bench.clock.settle()
    expect(events).toHaveLength(1)
    expect(bench.server.stats().running).toBe(0)
  })

  test('is told to return also where it was cancelled before there was a source', async () => {
    const notes: string[] = []
    let open = (): void => {}
    const bench = createBench(
      app.handlers({
        ...nothing,
        ticks: async () => {
          await new Promise<void>((resolve) => {
            open = resolve
          })
          return {
            [Symbol.asyncIterator]: () => ({
              next: () => new Promise<IteratorResult<number>>(() => {}),
              return() {
                notes.push('returned')
                return Promise.resolve({ done: true as const, value: undefined })
              },
            }),
          }
        },
      }),
    )
    const { api: client } = await bench.connect()
    const ticks = client.ticks()
    await bench.clock.settle()
    await bench.run(Promise.resolve(ticks.return?.()))
    open()
    await bench.clock.settle()
    expect(notes).toEqual(['returned'])
    expect(bench.errors).toEqual([])
  })

  test('fails in the middle with a declared error, or with INTERNAL', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        async *ticks({ fail }) {
          yield 1
          fail('OVERLOADED')
        },
        *watch() {
          yield 1 as never
        },
      }),
    )
    const { api: client } = await bench.connect()
    const ticks = client.ticks()
    expect((await bench.run(ticks.next())).value).toBe(1)
    await expect(bench.run(ticks.next())).rejects.toMatchObject({ code: 'OVERLOADED' })
    await expect(bench.run(client.watch(1).next())).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toMatchObject([{ error: { message: expect.stringContaining('tracked') } }])
  })

  test('that is no source, or yields what cannot travel, costs one error', async () => {
    const bench = createBench(app.handlers({ ...nothing, ticks: () => [Symbol('x')], sum: () => 5 as never }))
    const { api: client } = await bench.connect()
    await expect(bench.run(client.ticks().next())).rejects.toMatchObject({ code: 'UNSERIALISABLE' })
    await expect(bench.run(client.sum(undefined, []).next())).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await bench.run(client.add({ a: 1, b: 1 }))).toBe(2)
  })
})

describe('a duplex handler', () => {
  const running = app.handlers({
    ...nothing,
    async *sum({ up }) {
      let sum = 0
      for await (const n of up) yield (sum += n)
    },
  })

  test('reads what comes up and answers between', async () => {
    const bench = createBench(running)
    const { api: client } = await bench.connect()
    const sums = client.sum(undefined, [1, 2, 3])
    const values = [await bench.run(sums.next()), await bench.run(sums.next()), await bench.run(sums.next())]
    expect(values.map(({ value }) => value)).toEqual([1, 3, 6])
    expect((await bench.run(sums.next())).done).toBe(true)
  })

  test('fails with INVALID_INPUT for an item that its schema refuses', async () => {
    const bench = createBench(running)
    const { api: client } = await bench.connect()
    const sums = client.sum(undefined, [1, 'x' as never])
    expect((await bench.run(sums.next())).value).toBe(1)
    await expect(bench.run(sums.next())).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(bench.errors).toEqual([])
  })

  test('pauses the sender while it does not read, with items of 64 KiB', async () => {
    let sent = 0
    const large = router({ take: duplex({ up: v.instance(Uint8Array), output: v.number() }) })
    let read = (): void => {}
    const bench = createBench(
      implement(large).handlers({
        async *take({ up }) {
          await new Promise<void>((resolve) => {
            read = resolve
          })
          let bytes = 0
          for await (const chunk of up) bytes += chunk.byteLength
          yield bytes
        },
      }),
    )
    const { api: client } = await bench.connect()
    const taken = client.take(
      undefined,
      (function* () {
        for (; sent < 100; sent++) yield new Uint8Array(64 * 1024)
      })(),
    )
    await bench.clock.advanceAsync(1000)
    expect(sent).toBeLessThanOrEqual(5)
    read()
    expect((await bench.run(taken.next())).value).toBe(100 * 64 * 1024)
  })

  test('that waits for an item is told that nobody will send it', async () => {
    const ends: unknown[] = []
    const bench = createBench(
      app.handlers({
        ...nothing,
        async *sum({ up }) {
          try {
            for await (const n of up) yield n
          } catch (error) {
            ends.push(error)
            throw error
          }
        },
      }),
    )
    const client = await bench.connect()
    const sums = client.api.sum(undefined, [])
    const endless = client.api.sum(undefined, { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) })
    expect((await bench.run(sums.next())).done).toBe(true)
    await bench.run(Promise.resolve(endless.return?.()))
    expect(ends).toMatchObject([{ code: 'CANCELLED' }])
    expect(bench.errors).toEqual([])
  })

  test('may stop reading early', async () => {
    const bench = createBench(
      app.handlers({
        ...nothing,
        async *sum({ up }) {
          for await (const n of up) {
            yield n
            break
          }
        },
      }),
    )
    const { api: client, caller } = await bench.connect()
    let upstreamReturned = false
    const sums = client.sum(
      undefined,
      (async function* () {
        try {
          for (;;) yield 1
        } finally {
          upstreamReturned = true
        }
      })(),
    )
    expect((await bench.run(sums.next())).value).toBe(1)
    expect((await bench.run(sums.next())).done).toBe(true)
    expect(upstreamReturned).toBe(true)
    expect(caller.size).toBe(0)
  })
})
