import { mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { CloseCode, createValueCodec, FrameType } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { openSocket, sayHello } from './open-socket.fixture.ts'
import { createBench, upgradeRequest } from './test-bench.fixture.ts'

const api = router({
  wait: mutation({ output: v.string() }),
  ping: query({ output: v.string() }),
  ticks: subscription({ output: v.number() }),
})

function waiting() {
  let answer = (_value: string): void => {}
  const bench = createBench(
    implement(api).handlers({
      wait: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
      ping: () => 'pong',
      async *ticks({ signal }) {
        yield 1
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    }),
  )
  return { bench, answer: (value: string) => answer(value) }
}

describe('close', () => {
  test('waits for calls under way, and then says that another server may help', async () => {
    const { bench, answer } = waiting()
    const client = await bench.connect()
    const call = client.api.wait()
    await bench.clock.settle()
    let closed = false
    const closing = bench.server.close({ drainMs: 1000 }).then(() => {
      closed = true
    })
    await bench.clock.advanceAsync(900)
    expect([closed, client.endings]).toEqual([false, []])
    answer('done')
    expect(await bench.run(call)).toBe('done')
    await bench.clock.advanceAsync(100)
    expect(client.endings).toMatchObject([{ origin: 'peer', code: CloseCode.Unavailable, retry: true }])
    await closing
    expect(bench.lines).toEqual([])
  })

  test('cuts off what takes longer than the drain', async () => {
    const { bench } = waiting()
    const client = await bench.connect()
    const call = client.api.wait()
    call.catch(() => {})
    await bench.clock.settle()
    const closing = bench.server.close({ drainMs: 1000 })
    await bench.clock.advanceAsync(1000)
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
    await closing
    expect(bench.server.stats()).toMatchObject({ connections: 0, running: 0, outgoing: 0, topics: 0 })
  })

  test('does not wait for subscriptions, which have no end', async () => {
    const { bench } = waiting()
    const client = await bench.connect()
    const ticks = client.api.ticks()
    await bench.run(ticks.next())
    const next = ticks.next()
    next.catch(() => {})
    const closing = bench.server.close({ drainMs: 60_000 })
    await bench.clock.advanceAsync(5999)
    expect(bench.server.stats().connections).toBe(1)
    await bench.clock.advanceAsync(1)
    await closing
    await expect(next).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('tells clients to go, with a window to spread over, and still answers them', async () => {
    const { bench, answer } = waiting()
    const peer = await bench.connectRaw()
    await bench.run(peer.hello())
    const call = (id: number, procedure: string): void =>
      peer.send({ type: FrameType.Call, id, procedure, input: undefined, timeoutMs: undefined, meta: undefined })
    call(1, 'wait')
    await bench.clock.settle()
    const closing = bench.server.close({ drainMs: 2000 })
    const { goAway } = await bench.run(peer.next(FrameType.GoAway))
    expect(goAway).toEqual({ why: 'shutdown', drainMs: 2000, delayMs: [0, 1000], to: undefined })
    call(3, 'ping')
    const { output } = await bench.run(peer.next(FrameType.Ok))
    expect(output && createValueCodec().decode(output)).toBe('pong')
    answer('done')
    await bench.clock.advanceAsync(2000)
    await closing
  })

  test('is done at once when all clients have gone', async () => {
    const { bench } = waiting()
    const client = await bench.connect()
    const closing = bench.server.close({ drainMs: 60_000 })
    await bench.clock.settle()
    client.close()
    await bench.run(closing)
  })

  test('refuses upgrades, sockets and clients that were not accepted yet', async () => {
    const { bench, answer } = waiting()
    const client = await bench.connect()
    const early = await bench.connectRaw()
    const call = client.api.wait()
    await bench.clock.settle()
    const closing = bench.server.close({ drainMs: 2000 })
    await bench.clock.settle()
    expect((await early.closed).code).toBe(CloseCode.Unavailable)
    expect(await bench.server.decideUpgrade(upgradeRequest())).toMatchObject({ accept: false, status: 503 })
    const late = await bench.connectRaw()
    await bench.clock.settle()
    expect((await late.closed).code).toBe(CloseCode.Unavailable)
    answer('done')
    expect(await bench.run(call)).toBe('done')
    await bench.clock.advanceAsync(2000)
    await closing
  })

  test('of a server without connections is done at once, and done once', async () => {
    const { bench } = waiting()
    const closing = bench.server.close()
    expect(bench.server.close()).toBe(closing)
    await closing
  })

  test('that a hook asks for, too, while sessions end for it, is one and the same', async () => {
    const closings: Promise<void>[] = []
    const bench = createBench(implement(api).handlers({ wait: () => 'done', ping: () => 'pong', *ticks() {} }), {
      resume: { windowMs: 60_000 },
      onSession: ({ type }) => void (type === 'ended' && closings.push(bench.server.close())),
    })
    const { listener } = openSocket(bench.server)
    sayHello(listener)
    await bench.clock.settle()
    listener.closed(1006, '')
    await bench.clock.settle()
    expect(bench.server.stats()).toMatchObject({ sessions: 1, detached: 1 })
    const closing = bench.server.close({ drainMs: 1000 })
    expect(closings).toEqual([closing])
    await closing
  })
})
