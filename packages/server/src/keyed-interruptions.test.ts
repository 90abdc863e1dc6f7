import { describe, expect, test } from 'vitest'
import { createDesk, FIRST, gate, KEY, TEA } from './keyed-desk.fixture.ts'
import { untilAborted } from './test-bench.fixture.ts'

const LOST = { code: 'RESULT_LOST' }

/** What became of a call, whose rejection is then never an unhandled one. */
const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'OK',
    ({ code }: { code: string }) => code,
  )

describe('a keyed mutation whose connection is lost', () => {
  test('goes on to its end, and gives its result to whoever asks again', async () => {
    const { connect, run, clock, desk, server } = createDesk()
    const release = gate(desk)
    const { api: ada, link } = await connect('ada')
    const call = codeOf(ada.order(TEA, KEY))
    await clock.settle()
    link.cut()
    await clock.settle()
    expect(await call).toBe('CONNECTION_LOST')
    expect(server.stats()).toMatchObject({ connections: 0, running: 1 })
    release()
    await clock.settle()
    expect(server.stats().running).toBe(0)
    const { api: again } = await connect('ada')
    expect(await run(again.order(TEA, KEY))).toEqual(FIRST)
    expect(desk.runs).toBe(1)
  })

  test('is waited for by whoever asks again while it runs, and not told to stop', async () => {
    const { connect, clock, desk } = createDesk()
    const release = gate(desk)
    const signals: AbortSignal[] = []
    const wait = desk.act
    desk.act = (n, call) => {
      signals.push(call.signal)
      return wait(n, call)
    }
    const { api: ada, link } = await connect('ada')
    const lost = codeOf(ada.order(TEA, KEY))
    await clock.settle()
    link.cut()
    const { api: again } = await connect('ada')
    const call = again.order(TEA, KEY)
    await clock.settle()
    release()
    await clock.settle()
    expect(await lost).toBe('CONNECTION_LOST')
    expect(await call).toEqual(FIRST)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  test('is told to stop by who asked again, when that one cancels', async () => {
    const { connect, run, clock, desk, server } = createDesk()
    desk.act = (_, { signal }) => untilAborted(signal)
    const { api: ada, link } = await connect('ada')
    const lost = codeOf(ada.order(TEA, KEY))
    await clock.settle()
    link.cut()
    const { api: again } = await connect('ada')
    const cancel = new AbortController()
    const call = codeOf(again.order(TEA, { ...KEY, signal: cancel.signal }))
    await clock.settle()
    expect(server.stats().running).toBe(1)
    cancel.abort()
    expect(await call).toBe('CANCELLED')
    expect(await lost).toBe('CONNECTION_LOST')
    await expect(run(again.order(TEA, KEY))).rejects.toMatchObject(LOST)
  })

  test('keeps its deadline though nobody is there', async () => {
    const { connect, run, clock, desk, server } = createDesk()
    const reasons: unknown[] = []
    desk.act = (_, { signal }) => untilAborted(signal).catch(() => reasons.push(signal.reason))
    const { api: ada, link } = await connect('ada')
    const lost = codeOf(ada.order(TEA, { ...KEY, timeoutMs: 1000 }))
    await clock.advanceAsync(400)
    link.cut()
    await clock.advanceAsync(599)
    expect(reasons).toEqual([])
    expect(server.stats().running).toBe(1)
    await clock.advanceAsync(1)
    expect(reasons).toMatchObject([{ code: 'TIMEOUT' }])
    expect(server.stats().running).toBe(0)
    expect(await lost).toBe('CONNECTION_LOST')
    // The handler went on to answer: that is what came of it.
    const { api: again } = await connect('ada')
    expect(await run(again.order(TEA, KEY))).toEqual(FIRST)
  })

  test('is no reason for another one to have more handlers than it has places', async () => {
    const { connect, run, clock, desk, server } = createDesk({ limits: { calls: 2 } })
    const { api: before } = await connect('ada')
    expect(await run(before.order(TEA, { idempotencyKey: 'done' }))).toEqual(FIRST)
    const release = gate(desk)
    const hangUp = async (user: string, key: string): Promise<void> => {
      const { api: client, link } = await connect(user)
      void codeOf(client.order(TEA, { idempotencyKey: key }))
      await clock.settle()
      link.cut()
      await clock.settle()
    }
    for (let i = 0; i < 5; i++) await hangUp('ada', `order-${i}`)
    expect(desk.runs).toBe(1 + 2)
    await hangUp('bob', 'order-0')
    expect(desk.runs).toBe(1 + 3)
    expect(server.stats().running).toBe(3)
    const { api: ada } = await connect('ada')
    await expect(run(ada.order(TEA, { idempotencyKey: 'order-5' }))).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await run(ada.order(TEA, { idempotencyKey: 'done' }))).toEqual(FIRST)
    release()
    await clock.settle()
    expect(await run(ada.order(TEA, { idempotencyKey: 'order-5' }))).toMatchObject({ id: 5 })
  })

  test('is waited for by a server that closes, until its drain time is over', async () => {
    const { connect, clock, desk, server } = createDesk()
    const reasons: unknown[] = []
    desk.act = (_, { signal }) => untilAborted(signal).catch(() => reasons.push(signal.reason))
    const { api: ada, link } = await connect('ada')
    void codeOf(ada.order(TEA, KEY))
    await clock.settle()
    link.cut()
    await clock.settle()
    let state = 'closing'
    const closing = server.close({ drainMs: 5000 }).then(() => {
      state = 'closed'
    })
    await clock.advanceAsync(4999)
    expect(state).toBe('closing')
    expect(reasons).toEqual([])
    await clock.advanceAsync(1)
    await closing
    expect(reasons).toMatchObject([{ code: 'CONNECTION_LOST' }])
  })

  test('does not outlive the drain time where it is the server that ends the connection', async () => {
    const { connect, clock, desk, server } = createDesk()
    const reasons: unknown[] = []
    desk.act = (_, { signal }) => untilAborted(signal).catch(() => reasons.push(signal.reason))
    const { api: ada } = await connect('ada')
    const call = codeOf(ada.order(TEA, KEY))
    await clock.settle()
    const closing = server.close({ drainMs: 5000 })
    await clock.advanceAsync(10_000)
    await closing
    expect(await call).toBe('CONNECTION_LOST')
    expect(reasons).toMatchObject([{ code: 'CONNECTION_LOST' }])
  })

  test('goes on past the deadline of the first where the second has more time, and leaves no timer behind', async () => {
    const { connect, clock, desk } = createDesk()
    const release = gate(desk)
    const { api: ada, link } = await connect('ada')
    void codeOf(ada.order(TEA, { ...KEY, timeoutMs: 1000 }))
    await clock.settle()
    link.cut()
    await clock.advanceAsync(500)
    const { api: again, link: second } = await connect('ada')
    void codeOf(again.order(TEA, { ...KEY, timeoutMs: 1e9 }))
    await clock.advanceAsync(1000)
    second.cut()
    await clock.settle()
    const third = await connect('ada')
    const call = third.api.order(TEA, KEY)
    await clock.settle()
    release()
    await clock.settle()
    expect(await call).toEqual(FIRST)
    third.close()
    await clock.advanceAsync(60_000)
    expect(clock.pending).toBe(0)
  })

  test('leaves no timer of its deadline behind when it ends', async () => {
    const { connect, clock, desk, server } = createDesk()
    const release = gate(desk)
    const { api: ada, link } = await connect('ada')
    void codeOf(ada.order(TEA, { ...KEY, timeoutMs: 1e9 }))
    await clock.settle()
    link.cut()
    await clock.advanceAsync(60_000)
    expect(server.stats().running).toBe(1)
    expect(clock.pending).toBe(1)
    release()
    await clock.settle()
    expect(clock.pending).toBe(0)
  })

  test('lets a server that closes go as soon as it is done', async () => {
    const { connect, clock, desk, server } = createDesk()
    const release = gate(desk)
    const { api: ada, link } = await connect('ada')
    void codeOf(ada.order(TEA, KEY))
    await clock.settle()
    link.cut()
    await clock.settle()
    const closing = server.close({ drainMs: 5000 })
    await clock.settle()
    release()
    await clock.settle()
    await closing
    expect(clock.now()).toBeLessThan(5000)
  })
})

describe('a keyed mutation that its caller gives up', () => {
  test.each([
    ['cancelled', 'CANCELLED'],
    ['out of time', 'TIMEOUT'],
  ])('%s, is stopped, and its result is lost: it may have done half', async (_, code) => {
    const { connect, run, clock, desk } = createDesk()
    const reasons: unknown[] = []
    desk.act = async (_n, { signal }) => {
      await untilAborted(signal).catch((error: unknown) => {
        reasons.push(error)
        throw error
      })
    }
    const { api: ada } = await connect('ada')
    const cancel = new AbortController()
    const options = code === 'TIMEOUT' ? { timeoutMs: 100 } : { signal: cancel.signal }
    const call = codeOf(ada.order(TEA, { ...KEY, ...options }))
    await clock.settle()
    cancel.abort()
    await clock.advanceAsync(code === 'TIMEOUT' ? 100 : 0)
    expect(await call).toBe(code)
    expect(reasons).toMatchObject([{ code }])
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject(LOST)
    expect(desk.runs).toBe(1)
  })

  test('has the result that its handler comes to all the same', async () => {
    const { connect, run, clock, desk } = createDesk()
    const { promise, resolve } = Promise.withResolvers<void>()
    desk.act = () => promise
    const { api: ada } = await connect('ada')
    const call = codeOf(ada.order(TEA, { ...KEY, timeoutMs: 100 }))
    await clock.advanceAsync(100)
    expect(await call).toBe('TIMEOUT')
    const again = ada.order(TEA, KEY)
    await clock.settle()
    resolve()
    expect(await run(again)).toEqual(FIRST)
  })

  test('leaves the key free where its handler says that it has done nothing', async () => {
    const { connect, run, clock, desk } = createDesk()
    desk.act = (n, { signal, fail }) => (n === 1 ? untilAborted(signal).catch(() => fail('OVERLOADED')) : undefined)
    const { api: ada } = await connect('ada')
    const call = codeOf(ada.order(TEA, { ...KEY, timeoutMs: 100 }))
    await clock.advanceAsync(100)
    expect(await call).toBe('TIMEOUT')
    expect(await run(ada.order(TEA, KEY))).toMatchObject({ id: 2 })
  })

  test('goes on while somebody else waits for it', async () => {
    const { connect, clock, desk } = createDesk()
    const release = gate(desk)
    const { api: ada } = await connect('ada')
    const first = codeOf(ada.order(TEA, { ...KEY, timeoutMs: 100 }))
    const second = ada.order(TEA, KEY)
    await clock.advanceAsync(100)
    expect(await first).toBe('TIMEOUT')
    release()
    await clock.settle()
    expect(await second).toEqual(FIRST)
    expect(desk.runs).toBe(1)
  })

  test('is left by one that only waited, within its own deadline', async () => {
    const { connect, clock, desk } = createDesk()
    const release = gate(desk)
    const { api: ada } = await connect('ada')
    const first = ada.order(TEA, KEY)
    await clock.settle()
    const second = codeOf(ada.order(TEA, { ...KEY, timeoutMs: 100 }))
    await clock.advanceAsync(100)
    expect(await second).toBe('TIMEOUT')
    release()
    await clock.settle()
    expect(await first).toEqual(FIRST)
  })
})
