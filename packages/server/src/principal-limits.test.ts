import { mutation, router, subscription } from '@tautline/core'
import { implement, type NoCalls } from '@tautline/core/peer'
import { createValueCodec, FrameType } from '@tautline/core/protocol'
import { createVirtualClock } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { meterRates } from './meter.ts'
import { MAX_RESTING, PrincipalBudgets } from './principal-budgets.ts'
import { DEFAULT_PRINCIPAL_LIMITS } from './rate-limits.ts'
import { createResumeBench } from './resume.fixture.ts'
import type { ServerOptions } from './server-options.ts'
import { createBench, untilAborted } from './test-bench.fixture.ts'

const api = router({
  hang: mutation(),
  stubborn: mutation(),
  ticks: subscription({ output: v.number() }),
  wrong: mutation({ input: v.object({ n: v.number() }) }),
})

function createCrowd(options: ServerOptions<{ readonly user: string | undefined }, NoCalls>) {
  const ends: (() => void)[] = []
  let ran = 0
  const implementation = implement(api)
    .context(({ auth }) => ({ user: typeof auth === 'string' ? auth : undefined }))
    .handlers({
      hang: ({ signal }) => {
        ran += 1
        return untilAborted(signal)
      },
      stubborn: () => {
        ran += 1
        return new Promise<void>((resolve) => void ends.push(resolve))
      },
      async *ticks({ signal }) {
        yield 1
        await untilAborted(signal)
      },
      wrong() {},
    })
  const bench = createBench(implementation, { principalOf: ({ user }) => user, ...options })
  const contract = implementation['~contract']
  return { ...bench, bench, contract, ran: () => ran, end: () => ends.splice(0).forEach((end) => end()) }
}

const OVERLOADED = { code: 'OVERLOADED' }

describe('connections of one principal', () => {
  test('are let in up to the limit, and one more is told to come again, until one has left', async () => {
    const { connect, server, lines, clock } = createCrowd({ perPrincipal: { connections: 2 } })
    const first = await connect({ auth: 'ada' })
    await connect({ auth: 'ada' })
    const third = await connect({ auth: 'ada' })
    expect(third.endings).toEqual([
      { origin: 'peer', code: 4420, reason: 'Too many connections of this principal', retry: true },
    ])
    expect(server.stats()).toMatchObject({ sessions: 2, limited: { connectionsPerPrincipal: 1 } })
    expect(lines.filter((line) => line.startsWith('warn'))).toHaveLength(1)
    expect((await connect({ auth: 'bob' })).endings).toEqual([])
    first.close()
    await clock.settle()
    expect((await connect({ auth: 'ada' })).endings).toEqual([])
  })

  test('are counted for somebody only', async () => {
    const { connect, server } = createCrowd({ perPrincipal: { connections: 1 } })
    await connect()
    await connect()
    expect(server.stats().sessions).toBe(2)
  })

  test('count those on standby', async () => {
    const { connectRaw, server, run } = createCrowd({ perPrincipal: { connections: 2 } })
    const hello = { standby: true, auth: createValueCodec().encode('ada') }
    const peers = [await connectRaw(), await connectRaw(), await connectRaw()]
    for (const peer of peers) peer.hello(hello).catch(() => {})
    expect(await run(peers[2]!.closed)).toMatchObject({ code: 4420 })
    expect(server.stats().connections).toBe(2)
    peers[0]!.close()
    const again = await connectRaw()
    expect((await run(again.hello(hello))).resumed).toBe(false)
  })

  test('do not count a session that waits, and refuse its return only while there is no place', async () => {
    const { connect, ask, attach, lose, run, server } = createResumeBench({ perPrincipal: { connections: 1 } })
    const { welcome } = await connect()
    await lose()
    const other = await connect()
    const refused = await ask(welcome)
    expect(await run(refused.closed)).toMatchObject({ code: 4420 })
    expect(server.stats()).toMatchObject({ sessions: 2, detached: 1 })
    other.peer.close()
    const back = await attach(welcome, { attempt: 3 })
    expect(back.welcome.resumed).toBe(true)
    // Its own connection that is still there takes no other place.
    expect((await attach(back.welcome, { attempt: 4 })).welcome.resumed).toBe(true)
  })
})

describe('what runs for one principal', () => {
  test.each(['hang', 'stubborn'] as const)('is bounded over all connections: calls that %s', async (name) => {
    const { connect, server, run, ran, lines, end } = createCrowd({ perPrincipal: { calls: 3 } })
    const [one, two, bob] = [
      await connect({ auth: 'ada' }),
      await connect({ auth: 'ada' }),
      await connect({ auth: 'bob' }),
    ]
    const calls = [one.api[name](), one.api[name](), two.api[name]()]
    for (const call of calls) call.catch(() => {})
    await expect(run(two.api[name]())).rejects.toMatchObject(OVERLOADED)
    expect([ran(), server.stats().limited.callsPerPrincipal]).toEqual([3, 1])
    expect(lines).toEqual(['warn: Connection 2 (192.0.2.1) hit the limit `callsPerPrincipal`'])
    void bob.api[name]().catch(() => {})
    await run(Promise.resolve())
    expect(ran()).toBe(4)
    end()
  })

  test('counts until it has ended, also when its call was cancelled or its connection is gone', async () => {
    const { connect, run, clock, ran, end, server } = createCrowd({ perPrincipal: { calls: 2 } })
    const [one, two] = [await connect({ auth: 'ada' }), await connect({ auth: 'ada' })]
    const ended = new AbortController()
    void one.api.stubborn(undefined, { signal: ended.signal }).catch(() => {})
    void one.api.stubborn().catch(() => {})
    await clock.settle()
    ended.abort()
    await clock.settle()
    await expect(run(two.api.stubborn())).rejects.toMatchObject(OVERLOADED)
    one.link.cut()
    two.close()
    await clock.settle()
    expect(server.stats()).toMatchObject({ sessions: 0, running: 0 })
    // All of them gone: who comes anew is still held to account for what runs.
    const three = await connect({ auth: 'ada' })
    await expect(run(three.api.stubborn())).rejects.toMatchObject(OVERLOADED)
    end()
    await clock.settle()
    void three.api.stubborn().catch(() => {})
    await clock.settle()
    expect(ran()).toBe(3)
    end()
  })

  test('is bounded for streams by itself', async () => {
    const { connect, run, server, clock } = createCrowd({ perPrincipal: { streams: 2, calls: 1 } })
    const [one, two] = [await connect({ auth: 'ada' }), await connect({ auth: 'ada' })]
    const streams = [one.api.ticks(), two.api.ticks()]
    for (const stream of streams) expect(await run(stream.next())).toMatchObject({ value: 1 })
    await expect(run(one.api.ticks().next())).rejects.toMatchObject(OVERLOADED)
    expect(server.stats().limited.streamsPerPrincipal).toBe(1)
    await run(streams[0]!.return!())
    await clock.settle()
    expect(await run(one.api.ticks().next())).toMatchObject({ value: 1 })
  })

  test('takes no place for input that cannot be read', async () => {
    const { connectRaw, connect, run, clock, contract, server } = createCrowd({ perPrincipal: { calls: 1 } })
    const { api: client } = await connect({ auth: 'ada' })
    const peer = await connectRaw()
    await run(peer.hello({ auth: createValueCodec().encode('ada'), contractHash: contract.hash }))
    const procedure = contract.procedures.find(({ path }) => path === 'wrong')!.index
    // Packed, and of another layout.
    const input = Uint8Array.of(0x90)
    for (let id = 1; id < 10; id += 2) {
      peer.send({ type: FrameType.Call, id, procedure, input, timeoutMs: undefined, meta: undefined })
    }
    await clock.settle()
    expect(peer.inbox.filter((frame) => frame.type === FrameType.Error && frame.code === 'INVALID_INPUT')).toHaveLength(
      5,
    )
    await run(client.wrong({ n: 1 }))
    expect(server.stats().limited.callsPerPrincipal).toBe(0)
  })

  test('takes no place for input that cannot be', async () => {
    const { connect, run } = createCrowd({ perPrincipal: { calls: 1 } })
    const { api: client } = await connect({ auth: 'ada' })
    const wrong = client.wrong as unknown as (input: string) => Promise<unknown>
    for (let i = 0; i < 5; i += 1) await expect(run(wrong('x'))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await run(client.wrong({ n: 1 }))
  })
})

describe('how fast one principal sends', () => {
  test('is bounded over all connections: all are slowed down, and nobody is cut', async () => {
    const { connectRaw, run, clock, server } = createCrowd({
      perPrincipal: { messagesPerSecond: 10 },
      rates: { burstMs: 1000 },
    })
    const auth = createValueCodec().encode('ada')
    const [one, two] = [await connectRaw(), await connectRaw()]
    for (const peer of [one, two]) await run(peer.hello({ auth }))
    const ping = (n: number) => ({ type: FrameType.Ping, n, t: 0 }) as const
    const pongs = () => [one, two].map(({ inbox }) => inbox.filter(({ type }) => type === FrameType.Pong).length)
    // HELLO came before anybody knew whose it was.
    for (let n = 1; n <= 5; n += 1) for (const peer of [one, two]) peer.send(ping(n))
    await clock.settle()
    expect([pongs(), server.stats().limited.messagesPerSecondPerPrincipal]).toEqual([[5, 5], 0])
    for (const peer of [one, two]) for (let n = 6; n <= 8; n += 1) peer.send(ping(n))
    await clock.settle()
    // The first one more of each is taken on credit.
    expect([pongs(), server.stats().limited.messagesPerSecondPerPrincipal]).toEqual([[6, 6], 2])
    await clock.advanceAsync(5000)
    expect([pongs(), server.stats().limited.messagesPerSecond]).toEqual([[8, 8], 0])
  })
})

describe('budgets', () => {
  const create = () => {
    const clock = createVirtualClock()
    const limits = { ...DEFAULT_PRINCIPAL_LIMITS, messagesPerSecond: 1 }
    return { clock, budgets: new PrincipalBudgets({ limits, rates: meterRates(limits, 1000), clock }) }
  }

  test('are kept for nobody who has left, but for what they have sent lately', () => {
    const { clock, budgets } = create()
    const seat = budgets.seat('ada', () => {})
    seat.meter.message(1)
    expect(budgets.size).toBe(1)
    seat.leave()
    seat.leave()
    expect([budgets.size, budgets.resting]).toEqual([0, 1])
    const again = budgets.seat('ada', () => {})
    expect([again.meter, budgets.resting]).toEqual([seat.meter, 0])
    clock.advance(1000)
    again.leave()
    expect(budgets.resting).toBe(0)
  })

  test('of those who have left are bounded, the oldest forgotten first', () => {
    const { budgets } = create()
    for (let i = 0; i <= MAX_RESTING; i += 1) {
      const seat = budgets.seat(`principal ${i}`, () => {})
      seat.meter.message(1)
      seat.leave()
    }
    expect(budgets.resting).toBe(MAX_RESTING)
  })
})
