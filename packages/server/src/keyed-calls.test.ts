import { createValueCodec, FrameType } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { createDesk, FIRST, gate, KEY, TEA } from './keyed-desk.fixture.ts'

const codec = createValueCodec()

describe('a mutation with an idempotency key', () => {
  test('runs once: whoever asks again is given the same result', async () => {
    const { connect, run, desk } = createDesk()
    const { api: ada } = await connect('ada')
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    const { api: elsewhere } = await connect('ada')
    expect(await run(elsewhere.order(TEA, KEY))).toEqual(FIRST)
    expect(desk.runs).toBe(1)
    expect(await run(ada.order(TEA, { idempotencyKey: 'order-18' }))).toMatchObject({ id: 2 })
    expect(await run(ada.order(TEA))).toMatchObject({ id: 3 })
  })

  test('gives one result to all who ask while it runs', async () => {
    const { connect, clock, desk, server } = createDesk()
    const release = gate(desk)
    const { api: one } = await connect('ada')
    const { api: two } = await connect('ada')
    const calls = [one.order(TEA, KEY), one.order(TEA, KEY), two.order(TEA, KEY)]
    await clock.settle()
    expect(desk.runs).toBe(1)
    release()
    await clock.settle()
    expect(await Promise.all(calls)).toEqual([FIRST, FIRST, FIRST])
    expect(server.stats().running).toBe(0)
  })

  test('is repeated with the error that the contract declares, and its data', async () => {
    const { connect, run, desk } = createDesk()
    desk.act = (n, { fail, soldOut }) => (n === 1 ? soldOut() : fail('CLOSED'))
    const { api: ada } = await connect('ada')
    for (let i = 0; i < 2; i++) {
      await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({ code: 'SOLD_OUT', data: { item: 'tea' } })
    }
    for (let i = 0; i < 2; i++) {
      await expect(run(ada.order(TEA, { idempotencyKey: 'other' }))).rejects.toMatchObject({ code: 'CLOSED' })
    }
    expect(desk.runs).toBe(2)
  })

  test('is not run again where the handler failed by itself: it may have done half', async () => {
    const { connect, run, desk, errors } = createDesk()
    desk.act = () => {
      throw new Error('disk full')
    }
    const { api: ada } = await connect('ada')
    const first = await run(ada.order(TEA, KEY).catch((error: unknown) => error))
    expect(first).toMatchObject({ code: 'INTERNAL' })
    const again = await run(ada.order(TEA, KEY).catch((error: unknown) => error))
    expect(again).toEqual(first)
    expect(desk.runs).toBe(1)
    expect(errors).toMatchObject([
      { error: { message: 'disk full' }, context: { id: (first as { data: { id: string } }).data.id } },
    ])
  })

  test('is run again where nothing has run: the key stays free', async () => {
    const { connect, run, desk } = createDesk()
    const { api: ada } = await connect('ada')
    desk.act = (n, { fail }) => (n === 1 ? fail('OVERLOADED') : n === 2 ? fail('FORBIDDEN') : undefined)
    await expect(run(ada.order({ item: 5 as never }, KEY))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({ code: 'OVERLOADED' })
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await run(ada.order(TEA, KEY))).toMatchObject({ id: 3 })
    expect(await run(ada.order(TEA, KEY))).toMatchObject({ id: 3 })
  })

  test('lets the next in line run where the first has done nothing', async () => {
    const { connect, clock, desk } = createDesk()
    const { promise, resolve } = Promise.withResolvers<void>()
    desk.act = async (n, { fail }) => {
      await promise
      if (n === 1) fail('OVERLOADED')
    }
    const { api: ada } = await connect('ada')
    const calls = [1, 2, 3].map(() => ada.order(TEA, KEY).catch(({ code }: { code: string }) => code))
    await clock.settle()
    resolve()
    await clock.settle()
    const second = { id: 2, item: 'tea', at: new Date(2) }
    expect(await Promise.all(calls)).toEqual(['OVERLOADED', second, second])
  })

  test('fails with KEY_REUSED for another input, while it runs and afterwards', async () => {
    const { connect, run, clock, desk } = createDesk()
    const release = gate(desk)
    const { api: ada } = await connect('ada')
    const first = ada.order({ item: 'tea', count: 2 }, KEY)
    await clock.settle()
    const reused = { code: 'KEY_REUSED', message: 'The idempotency key has been used with another input' }
    await expect(run(ada.order({ item: 'milk', count: 2 }, KEY))).rejects.toMatchObject(reused)
    release()
    expect(await run(first)).toEqual(FIRST)
    await expect(run(ada.order({ item: 'milk', count: 2 }, KEY))).rejects.toMatchObject(reused)
    // Equal inputs are equal in whatever order their properties stand.
    expect(await run(ada.order({ count: 2, item: 'tea' }, KEY))).toEqual(FIRST)
    expect(desk.runs).toBe(1)
  })

  test('has a key of its own for each principal and each procedure', async () => {
    const { connect, run, desk } = createDesk()
    const { api: ada } = await connect('ada')
    const { api: bob } = await connect('bob')
    expect(await run(ada.order(TEA, KEY))).toMatchObject({ id: 1 })
    expect(await run(bob.order(TEA, KEY))).toMatchObject({ id: 2 })
    expect(await run(ada.refund(undefined, KEY))).toBe(3)
    expect(await run(ada.refund(undefined, KEY))).toBe(3)
    expect(desk.runs).toBe(3)
  })

  test('is refused where nobody says whose key it is', async () => {
    const { connect, run, desk } = createDesk({ principalOf: () => undefined })
    const { api: ada } = await connect('ada')
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: 'An idempotency key needs a principal: see `principalOf` of the server',
    })
    expect(await run(ada.order(TEA))).toMatchObject({ id: 1 })
    expect(desk.runs).toBe(1)
  })

  test('gives no result to a principal that middleware would not let pass now', async () => {
    const { connect, run, desk } = createDesk()
    const { api: ada } = await connect('ada')
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    desk.allowed.delete('ada')
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    desk.allowed.add('ada')
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    expect(desk.runs).toBe(1)
  })

  test('means nothing to a query, which runs whenever it is asked', async () => {
    const { connectRaw, run } = createDesk()
    const peer = await connectRaw()
    await run(peer.hello({ auth: codec.encode('ada') }))
    const look = async (id: number): Promise<unknown> => {
      const meta = { key: 'order-17' }
      peer.send({ type: FrameType.Call, id, procedure: 'look', input: undefined, timeoutMs: undefined, meta })
      const { output } = await run(peer.next(FrameType.Ok))
      return output && codec.decode(output)
    }
    expect(await look(1)).toBe(1)
    expect(await look(3)).toBe(2)
  })
})
