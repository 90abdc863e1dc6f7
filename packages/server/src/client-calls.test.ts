import { mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, FrameType } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench, onlyConnection } from './test-bench.fixture.ts'

const clientApi = router({
  confirm: mutation({
    input: v.object({ text: v.string() }),
    output: v.boolean(),
    errors: { BUSY: v.object({ untilMs: v.number() }) },
  }),
  progress: subscription({ output: v.number() }),
})

const api = router({ remove: mutation({ input: v.string(), output: v.string() }), ping: query({ output: v.string() }) })

const implementation = implement(api, { calls: clientApi }).handlers({
  remove: async ({ input, client }) => ((await client.confirm({ text: input })) ? 'removed' : 'kept'),
  ping: () => 'pong',
})

const serves = implement(clientApi).handlers({
  confirm: ({ input, fail }) => {
    if (input.text === 'busy') return fail('BUSY', { untilMs: 5 })
    return input.text === 'yes'
  },
  *progress() {
    yield 1
    yield 2
  },
})

const codec = createValueCodec()

describe('a call from server to client', () => {
  test('may be made by a handler while it runs', async () => {
    const bench = createBench(implementation)
    const { api: client } = await bench.connect({ serves })
    expect(await bench.run(client.remove('yes'))).toBe('removed')
    expect(await bench.run(client.remove('no'))).toBe('kept')
  })

  test('and a stream may be made through the handle of a connection', async () => {
    const bench = createBench(implementation)
    await bench.connect({ serves })
    const connection = onlyConnection(bench)
    const items = connection.client.progress()
    expect((await bench.run(items.next())).value).toBe(1)
    expect((await bench.run(items.next())).value).toBe(2)
    expect((await bench.run(items.next())).done).toBe(true)
    await expect(bench.run(connection.client.confirm({ text: 'busy' }))).rejects.toMatchObject({
      code: 'BUSY',
      data: { untilMs: 5 },
    })
  })

  test('is refused with an idempotency key, since clients keep no results', async () => {
    const bench = createBench(implementation)
    await bench.connect({ serves })
    const { client } = onlyConnection(bench)
    const call = client.confirm({ text: 'yes' }, { idempotencyKey: 'once' } as object)
    await expect(bench.run(call)).rejects.toMatchObject({
      code: 'UNKNOWN_PROCEDURE',
      message: 'Nothing here takes an idempotency key',
    })
  })

  test('fails where the client serves nothing, or is lost', async () => {
    const bench = createBench(implementation)
    const silent = await bench.connectRaw()
    await bench.run(silent.hello())
    const connection = onlyConnection(bench)
    const call = connection.client.confirm({ text: 'x' })
    await bench.clock.settle()
    expect(bench.server.stats().outgoing).toBe(1)
    const { id, procedure } = await bench.run(silent.next(FrameType.Call))
    expect([id, procedure]).toEqual([2, 'confirm'])
    silent.close()
    await expect(bench.run(call)).rejects.toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
    await expect(bench.run(connection.client.confirm({ text: 'x' }))).rejects.toMatchObject({ outcome: 'not-sent' })
  })

  test('fails at once where the first one is made when the client is gone', async () => {
    const bench = createBench(implementation)
    const silent = await bench.connectRaw()
    await bench.run(silent.hello())
    const connection = onlyConnection(bench)
    silent.close()
    await bench.clock.settle()
    await expect(bench.run(connection.client.confirm({ text: 'x' }))).rejects.toMatchObject({ outcome: 'not-sent' })
  })

  test('believes nothing that the client answers', async () => {
    const bench = createBench(implementation)
    const liar = await bench.connectRaw()
    await bench.run(liar.hello())
    const connection = onlyConnection(bench)
    const ask = async (answer: (id: number) => void): Promise<unknown> => {
      const call = connection.client.confirm({ text: 'x' }).catch((error: unknown) => error)
      const { id } = await bench.run(liar.next(FrameType.Call))
      answer(id)
      return bench.run(call)
    }
    const fail = (id: number, code: string, data?: unknown): void =>
      liar.send({
        type: FrameType.Error,
        id,
        code,
        message: '',
        data: data === undefined ? undefined : codec.encode(data),
      })
    expect(await ask((id) => liar.send({ type: FrameType.Ok, id, output: codec.encode('yes') }))).toMatchObject({
      code: 'INVALID_OUTPUT',
    })
    expect(await ask((id) => fail(id, 'BUSY', { untilMs: 'x' }))).toMatchObject({ code: 'INVALID_OUTPUT' })
    expect(await ask((id) => fail(id, 'constructor'))).toMatchObject({ code: 'INTERNAL' })
    expect(await ask((id) => liar.send({ type: FrameType.Ok, id, output: codec.encode(true) }))).toBe(true)
  })

  test('has nobody to ask in-process', async () => {
    const bench = createBench(implementation)
    await expect(bench.server.caller({}).remove('x')).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(bench.errors).toMatchObject([{ error: { code: 'UNKNOWN_PROCEDURE' } }])
  })

  test('with options that the client would take for a violation fails here, and costs nothing else', async () => {
    const bench = createBench(implementation)
    const { api: client } = await bench.connect({ serves })
    const connection = onlyConnection(bench)
    await expect(connection.client.confirm({ text: 'x' }, { timeoutMs: Number.NaN })).rejects.toThrow('timeoutMs')
    await expect(connection.client.confirm({ text: 'x' }, { meta: { key: 'x'.repeat(1025) } })).rejects.toThrow('meta')
    await expect(connection.client.confirm({ text: (() => {}) as never })).rejects.toMatchObject({
      code: 'UNSERIALISABLE',
      outcome: 'not-sent',
    })
    expect(await bench.run(client.ping())).toBe('pong')
  })
})
