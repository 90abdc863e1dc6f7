import { event, mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, type Frame, FrameType } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createResumeBench } from './resume.fixture.ts'
import { createBench } from './test-bench.fixture.ts'

/*
 * What a client can do over and over at little cost to itself, and where it ends. Rates of all kinds of frames are in `rates.test.ts`.
 */

const codec = createValueCodec()

const api = router({
  hang: mutation(),
  works: query(),
  ticks: subscription({ output: v.number() }),
  news: event({ params: v.object({ room: v.string() }), payload: v.number() }),
})

function createFlooded(options: Parameters<typeof createBench>[1] = {}) {
  const ran = { hang: 0, guard: 0, left: 0, context: 0 }
  const implementation = implement(api)
    .context(() => {
      ran.context += 1
      return {}
    })
    .handlers({
      hang: () => {
        ran.hang += 1
        return new Promise<void>(() => {})
      },
      works() {},
      ticks: () => [],
      news: () => {
        ran.guard += 1
        return () => void (ran.left += 1)
      },
    })
  return { ...createBench(implementation, options), ran }
}

const call = (id: number, procedure = 'hang'): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input: undefined,
  timeoutMs: undefined,
  meta: undefined,
})
const cancel = (id: number): Frame => ({ type: FrameType.Cancel, id })
const listen = (id: number, room: string): Frame => ({
  type: FrameType.Listen,
  id,
  event: 'news',
  params: codec.encode({ room }),
})
const odd = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1)

describe('a flood', () => {
  test('of cancels runs no more handlers than a client has places', async () => {
    const { connectRaw, run, ran, clock, server } = createFlooded({ limits: { calls: 3, streams: 2 } })
    const peer = await connectRaw()
    await run(peer.hello())
    // Where the cancel comes along with the call, it has not begun, and never does.
    const flood = async (ids: readonly number[]): Promise<void> => {
      for (const id of ids) {
        peer.send(call(id))
        await clock.settle()
        peer.send(cancel(id))
      }
      await clock.settle()
    }
    // Five may linger.
    await flood(odd(5))
    expect([ran.hang, server.stats().limited.lingering]).toEqual([5, 0])
    await flood(odd(500).slice(5))
    expect([ran.hang, server.stats().limited.lingering]).toEqual([5, 495])
    expect(server.stats().running).toBe(0)
  })

  test('of requests past those in flight runs none of them', async () => {
    const { connectRaw, run, ran, clock, server, lines } = createFlooded({ limits: { calls: 3 } })
    const peer = await connectRaw()
    await run(peer.hello())
    peer.send(...odd(3).map((id) => call(id)))
    await clock.settle()
    expect(server.stats().limited.calls).toBe(0)
    peer.send(
      ...odd(1000)
        .slice(3)
        .map((id) => call(id)),
    )
    await clock.settle()
    expect([ran.hang, server.stats().limited.calls]).toEqual([3, 997])
    expect(lines).toHaveLength(20)
  })

  test('of listening and not listening leaves nothing behind', async () => {
    const { connectRaw, run, ran, clock, server } = createFlooded()
    const peer = await connectRaw()
    await run(peer.hello())
    for (let start = 0; start < 2000; start += 500) {
      const ids = odd(2000).slice(start, start + 500)
      peer.send(...ids.map((id) => listen(id, `room ${id}`)))
      await clock.settle()
      peer.send(...ids.map(cancel))
    }
    await clock.settle()
    expect([ran.guard, ran.left]).toEqual([2000, 2000])
    expect(server.stats()).toMatchObject({ topics: 0, running: 0 })
  })

  test('of topics ends at their limit', async () => {
    const { connectRaw, run, ran, clock, server } = createFlooded({ limits: { topics: 10 } })
    const peer = await connectRaw()
    await run(peer.hello())
    peer.send(...odd(10).map((id) => listen(id, `room ${id}`)))
    await clock.settle()
    expect([server.stats().topics, server.stats().limited.topics]).toEqual([10, 0])
    peer.send(listen(21, 'one more'))
    await clock.settle()
    expect([server.stats().topics, server.stats().limited.topics, ran.guard]).toEqual([10, 1, 10])
  })

  test('of topics with long names is refused by their length', async () => {
    const { connectRaw, run, ran, clock, server } = createFlooded()
    const peer = await connectRaw()
    await run(peer.hello())
    const room = (bytes: number): string =>
      'x'.repeat(bytes - (codec.encode({ room: 'x'.repeat(4000) }).byteLength - 4000))
    peer.send(listen(1, room(4096)))
    await clock.settle()
    expect([ran.guard, server.stats().limited.paramsBytes]).toEqual([1, 0])
    peer.send(listen(3, room(4097)))
    await clock.settle()
    expect([ran.guard, server.stats().limited.paramsBytes]).toEqual([1, 1])
  })

  test('of fresh credentials makes `context` run no more often than it may, and ends the connection', async () => {
    const { connectRaw, run, ran, clock, server } = createFlooded({ rates: { renewalsPerMinute: 3 } })
    const peer = await connectRaw()
    await run(peer.hello())
    const renew = async (): Promise<void> => {
      peer.send({ type: FrameType.Auth, auth: codec.encode('ada') })
      await clock.settle()
    }
    for (let i = 0; i < 3; i += 1) await renew()
    expect([ran.context, server.stats().limited.renewals]).toEqual([4, 0])
    // A third of a minute later there is one more.
    await clock.advanceAsync(20_000)
    await renew()
    expect([ran.context, server.stats().connections]).toEqual([5, 1])
    await renew()
    expect([ran.context, server.stats().limited.renewals]).toEqual([5, 1])
    expect(await run(peer.closed)).toMatchObject({ code: 4420 })
  })

  test('of PINGs ends the connection', async () => {
    const { connectRaw, run, clock, server } = createFlooded()
    const peer = await connectRaw()
    await run(peer.hello())
    const pings = (count: number): Frame[] =>
      Array.from({ length: count }, (_, n) => ({ type: FrameType.Ping, n, t: 0 }))
    peer.send(...pings(100))
    await clock.settle()
    expect(server.stats().limited.pings).toBe(0)
    peer.send(...pings(1))
    expect(await run(peer.closed)).toMatchObject({ code: 4400 })
    expect(server.stats().limited.pings).toBe(1)
  })
})

describe('what costs more than a call counts for more', () => {
  const rates = { framesPerSecond: 1000, burstMs: 1000 }
  const NINE = 9

  test.each([
    ['listening', (id: number) => [listen(id, `room ${id}`)], NINE],
    ['a call that is cancelled', (id: number) => [call(id), cancel(id)], 1 + NINE],
    ['a stream', (id: number) => [{ ...call(id, 'ticks'), type: FrameType.Open, resume: undefined } as Frame], NINE],
    ['a call', (id: number) => [call(id, 'works')], 1],
    ['a cancel of what is settled', (id: number) => [call(id, 'works'), cancel(id)], 2],
  ])('%s', async (_, frames, weight) => {
    const { connectRaw, run, clock, server } = createFlooded({
      rates,
      limits: { calls: 1000, streams: 1000, framesPerMessage: 2000 },
    })
    const peer = await connectRaw()
    await run(peer.hello())
    // HELLO was one, and so is a PING behind them, which finds nothing left where it is one too many.
    const times = Math.floor(998 / weight)
    for (const id of odd(times)) {
      peer.send(...frames(id))
      // So that its answer is on its way.
      await clock.settle()
    }
    const rest = 999 - times * weight
    for (let n = 0; n < rest; n += 1) peer.send({ type: FrameType.Ping, n, t: 0 })
    peer.send({ type: FrameType.Ping, n: 0, t: 0 })
    await clock.settle()
    expect(server.stats().limited.framesPerSecond).toBe(0)
    peer.send({ type: FrameType.Ping, n: 0, t: 0 })
    await clock.settle()
    expect(server.stats().limited.framesPerSecond).toBe(1)
  })
})

describe('a flood of connections', () => {
  test('to one session with the right to it ends before `context` runs, and leaves the session alone', async () => {
    const { connect, ask, attach, questions, run, server, clock } = createResumeBench({
      rates: { resumesPerMinute: 3 },
    })
    let { welcome } = await connect()
    for (let attempt = 2; attempt <= 4; attempt += 1) ({ welcome } = await attach(welcome, { attempt }))
    expect([questions.length, server.stats().limited.resumes]).toEqual([4, 0])
    const late = await ask(welcome, { attempt: 5 })
    expect(await run(late.closed)).toMatchObject({ code: 4420, reason: 'This session moves too often' })
    expect([questions.length, server.stats().limited.resumes]).toEqual([4, 1])
    expect(server.stats()).toMatchObject({ sessions: 1, detached: 0 })
    await clock.advanceAsync(20_000)
    expect((await attach(welcome, { attempt: 6 })).welcome.resumed).toBe(true)
  })

  test('to sessions of others without the right to them spends nothing of theirs', async () => {
    const { connect, attach, server } = createResumeBench({ rates: { resumesPerMinute: 1 } })
    const { welcome } = await connect()
    for (let i = 0; i < 5; i += 1) {
      const guess = await attach({ ...welcome, token: new Uint8Array(32).fill(i) })
      expect(guess.welcome.resumed).toBe(false)
    }
    expect(server.stats().limited.resumes).toBe(0)
    expect((await attach(welcome)).welcome.resumed).toBe(true)
  })

  test('that are left again pushes out no session of anybody else', async () => {
    const { connect, attach, bench, server } = createResumeBench({
      resume: { windowMs: 60_000, maxDetachedPerOwner: 5, maxDetached: 10 },
    })
    const { peer, welcome } = await connect()
    peer.close(1006)
    await bench.clock.settle()
    for (let i = 0; i < 50; i += 1) {
      const flooder = await bench.connectRaw()
      await bench.run(flooder.hello({ auth: codec.encode('mallory') }))
      flooder.close(1006)
      await bench.clock.settle()
    }
    expect(server.stats()).toMatchObject({ sessions: 6, detached: 6, limited: { detachedPerOwner: 45, detached: 0 } })
    expect((await attach(welcome)).welcome.resumed).toBe(true)
  })

  test('by nobody in particular counts by address', async () => {
    const { bench, server } = createResumeBench({
      principalOf: undefined,
      resume: { windowMs: 60_000, maxDetachedPerOwner: 2 },
    })
    for (const remoteAddress of [
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.1',
      '192.0.2.1',
      '10.0.0.1',
      '10.0.0.1',
      '10.0.0.1',
    ]) {
      const peer = await bench.connectRaw({ remoteAddress })
      await bench.run(peer.hello({ auth: codec.encode('ada') }))
      peer.close(1006)
      await bench.clock.settle()
    }
    // A private address is of nobody in particular.
    expect(server.stats()).toMatchObject({ detached: 6, limited: { detachedPerOwner: 1 } })
  })
})
