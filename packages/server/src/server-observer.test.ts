import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { type ArrivedCall, implement, type MadeCall, type ObservedCall } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { ServerEvent, ServerObserver } from './server-observer.ts'
import { createBench, onlyConnection, untilAborted, upgradeRequest } from './test-bench.fixture.ts'

const clientApi = router({ confirm: query({ input: v.string(), output: v.boolean() }) })

const api = router({
  echo: query({ input: v.string(), output: v.string() }),
  fails: mutation({ errors: { TAKEN: null } }),
  waits: query({ output: v.string() }),
  counts: subscription({ output: v.number() }),
  sums: duplex({ up: v.number(), output: v.number() }),
  tick: event({ payload: v.number() }),
})

const implementation = implement(api, { calls: clientApi }).handlers({
  echo: ({ input }) => input,
  fails: ({ fail }) => fail('TAKEN'),
  waits: ({ signal }) => untilAborted(signal),
  async *counts() {
    yield 1
    yield 2
  },
  async *sums({ up }) {
    for await (const n of up) yield n
  },
})

type CallEnded = Extract<ServerEvent, { readonly type: 'call-ended' }>

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Writes down everything that it is told. */
function createWitness() {
  const events: ServerEvent[] = []
  const observer: ServerObserver = { happened: (happened) => void events.push(happened) }
  return {
    events,
    observer,
    get ended() {
      const calls = events.filter((one): one is CallEnded => one.type === 'call-ended')
      return calls.map(({ side, path, kind, code }) => `${side} ${kind} ${path} ${code}`)
    },
  }
}

describe('a server tells its observers', () => {
  test('of connections and sessions, as they come and go', async () => {
    const { events, observer } = createWitness()
    const bench = createBench(implementation, { observers: [observer], resume: { windowMs: 1000 } })
    const client = await bench.connect()
    await bench.clock.advanceAsync(500)
    client.link.cut()
    await bench.clock.advanceAsync(1000)
    expect(events).toEqual([
      { type: 'connection-opened', transport: 'websocket' },
      { type: 'session-changed', change: 'opened' },
      { type: 'session-changed', change: 'detached' },
      { type: 'connection-closed', transport: 'websocket', code: 1006, livedMs: 500 },
      { type: 'session-changed', change: 'ended' },
    ])
  })

  test('of close codes that nobody knows under one name', async () => {
    const { events, observer } = createWitness()
    const bench = createBench(implementation, { observers: [observer] })
    for (const code of [1016, 4508, 4999]) {
      const peer = await bench.connectRaw()
      peer.close(code)
      await bench.clock.settle()
    }
    const codes = events.flatMap((one) => (one.type === 'connection-closed' ? [one.code] : []))
    expect(codes).toEqual(['other', 4508, 'other'])
  })

  test('of upgrades that are refused, and by what', async () => {
    const { events, observer } = createWitness()
    const bench = createBench(implementation, { observers: [observer], maxConnections: 1 })
    const headers = new Headers({ host: 'server.example', origin: 'https://elsewhere.example' })
    await bench.run(bench.server.decideUpgrade(upgradeRequest({ headers })))
    await bench.connect()
    await bench.run(bench.server.decideUpgrade(upgradeRequest()))
    expect(events.filter(({ type }) => type === 'upgrade-refused')).toEqual([
      { type: 'upgrade-refused', status: 403, why: 'origin' },
      { type: 'upgrade-refused', status: 503, why: 'connections' },
    ])
  })

  test('of each call what came of it, and how long it took', async () => {
    const witness = createWitness()
    const bench = createBench(implementation, { observers: [witness.observer] })
    const client = await bench.connect()
    await bench.run(client.api.echo('x'))
    await bench.run(client.api.fails()).catch(() => {})
    await bench.run(client.api.echo(5 as never)).catch(() => {})
    const cancelled = new AbortController()
    const waiting = client.api.waits(undefined, { signal: cancelled.signal }).catch(() => {})
    await bench.clock.advanceAsync(250)
    cancelled.abort()
    await bench.run(waiting)
    void client.api.waits(undefined, { timeoutMs: 100 }).catch(() => {})
    await bench.clock.advanceAsync(100)
    await bench.run(allOf(client.api.counts()))
    await bench.run(client.listen('tick').accepted)
    void client.api.waits().catch(() => {})
    await bench.clock.settle()
    client.close()
    await bench.clock.settle()
    expect(witness.ended).toEqual([
      'arrived query echo OK',
      'arrived mutation fails TAKEN',
      'arrived query echo INVALID_INPUT',
      'arrived query waits CANCELLED',
      'arrived query waits TIMEOUT',
      'arrived subscription counts OK',
      'arrived event tick OK',
      'arrived query waits CONNECTION_LOST',
    ])
    const durations = witness.events.flatMap((one) => ('durationMs' in one ? [one.durationMs] : []))
    expect(durations.slice(3, 5)).toEqual([250, 100])
  })

  test('of events that were published, and to how many', async () => {
    const { events, observer } = createWitness()
    const bench = createBench(implementation, { observers: [observer] })
    bench.server.publish(api.tick, 1)
    const [one, other] = [await bench.connect(), await bench.connect()]
    await bench.run(Promise.all([one.listen('tick').accepted, other.listen('tick').accepted]))
    bench.server.publish(api.tick, 2)
    expect(() => bench.server.publish(api.tick, 'x' as never)).toThrow('match the contract')
    expect(events.filter(({ type }) => type === 'published')).toEqual([
      { type: 'published', path: 'tick', receivers: 0 },
      { type: 'published', path: 'tick', receivers: 2 },
    ])
  })

  test('of procedures that there are not, under one name for all of them', async () => {
    const witness = createWitness()
    const bench = createBench(implementation, { observers: [witness.observer] })
    const client = await bench.connect()
    for (const path of ['made.up', 'made.up.too']) {
      const refused = new Promise<string>((resolve) => {
        const ignore = (): void => {}
        const sink = { ok: ignore, error: resolve, timeout: ignore, lost: ignore }
        client.caller.call(
          { procedure: path, input: undefined, timeoutMs: undefined, meta: undefined, compress: true },
          sink,
        )
      })
      expect(await bench.run(refused)).toBe('UNKNOWN_PROCEDURE')
    }
    expect(witness.ended).toEqual(Array(2).fill('arrived query (unknown) UNKNOWN_PROCEDURE'))
  })

  test('of calls to a client, and in this process', async () => {
    const witness = createWitness()
    const bench = createBench(implementation, { observers: [witness.observer] })
    const serves = implement(clientApi).handlers({ confirm: ({ input }) => input === 'yes?' })
    await bench.connect({ serves })
    await bench.run(onlyConnection(bench).client.confirm('yes?'))
    await bench.run(bench.server.caller({}).echo('x'))
    expect(witness.ended).toEqual(['made query confirm OK', 'arrived query echo OK'])
  })

  test('of itself: what it has sent and received in all, and what there is', async () => {
    const attached: Parameters<NonNullable<ServerObserver['attached']>>[0][] = []
    const bench = createBench(implementation, { observers: [{ attached: (server) => void attached.push(server) }] })
    const [server] = attached
    expect(server?.traffic()).toEqual({ received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } })
    const client = await bench.connect()
    await bench.run(client.api.echo('x'))
    const before = server?.traffic()
    const { up, down } = client.link
    expect(before).toEqual({
      received: { messages: up.messages, bytes: up.bytes },
      sent: { messages: down.messages, bytes: down.bytes },
    })
    client.close()
    await bench.clock.settle()
    expect(server?.stats().connections).toBe(0)
    // CLOSE came, too.
    expect(server?.traffic().received.messages).toBe((before?.received.messages ?? 0) + 1)
    expect(server?.traffic().sent).toEqual(before?.sent)
  })
})

describe('an observer', () => {
  test('that fails costs nobody anything, and is told of to onError', async () => {
    const fail = (): never => {
      throw new Error('no collector')
    }
    const witness = createWitness()
    const failing: ServerObserver = { attached: fail, happened: fail, made: fail, arrived: fail }
    const ending: ServerObserver = { made: () => ({ ended: fail, passed: fail }), arrived: () => ({ ended: fail }) }
    const bench = createBench(implementation, { observers: [failing, ending, witness.observer] })
    const client = await bench.connect()
    expect(await bench.run(client.api.echo('x'))).toBe('x')
    expect(witness.ended).toEqual(['arrived query echo OK'])
    expect(new Set(bench.errors.map(({ error }) => String(error)))).toEqual(new Set(['Error: no collector']))
  })

  test('runs handlers, and what asks for their items, within what it says', async () => {
    let depth = 0
    const depths: number[] = []
    const within = <T>(task: () => T): T => {
      depth++
      try {
        return task()
      } finally {
        depth--
      }
    }
    const observed = implement(api).handlers({
      echo: ({ input }) => input,
      fails: ({ fail }) => fail('TAKEN'),
      waits: () => {
        depths.push(depth)
        return 'done'
      },
      *counts() {
        for (let n = 0; n < 100; n++) {
          depths.push(depth)
          yield n
        }
      },
      async *sums({ up }) {
        for await (const n of up) yield n
      },
    })
    const arrived = (): ArrivedCall => ({ within, ended() {} })
    const bench = createBench(observed, { observers: [{ arrived }, { arrived }] })
    const client = await bench.connect()
    await bench.run(client.api.waits())
    expect(depths).toEqual([2])
    await bench.run(allOf(client.api.counts()))
    expect(depths).toHaveLength(101)
    expect(new Set(depths)).toEqual(new Set([2]))
  })

  test('adds to what travels with calls of this server, behind what the call says itself', async () => {
    const seen: unknown[] = []
    const ends: unknown[] = []
    const made = (call: ObservedCall): MadeCall => {
      seen.push(call)
      return { meta: { trace: 'of the observer', word: 'of the observer' }, ended: (error) => void ends.push(error) }
    }
    const bench = createBench(implementation, { observers: [{ made }] })
    const metas: unknown[] = []
    const serves = implement(clientApi).handlers({
      confirm({ meta }) {
        metas.push(meta)
        return true
      },
    })
    const client = await bench.connect({ serves })
    await bench.run(onlyConnection(bench).client.confirm('?', { meta: { word: 'of the call' } }))
    expect(seen).toEqual([{ path: 'confirm', kind: 'query', meta: { word: 'of the call' } }])
    expect(metas).toEqual([{ trace: 'of the observer', word: 'of the call' }])
    const unanswered = onlyConnection(bench).client.confirm('?')
    client.close()
    await expect(bench.run(unanswered)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(ends).toEqual([undefined, expect.objectContaining({ code: 'CONNECTION_LOST' })])
  })
})

test('a server is ready until it says that it leaves or is closed', async () => {
  const bench = createBench(implementation)
  const { server, clock } = bench
  expect(server.health()).toEqual({ state: 'ready', ready: true })
  server.leave()
  expect(server.health()).toEqual({ state: 'leaving', ready: false })
  // Whoever comes in the meantime is served.
  expect(await bench.run(server.decideUpgrade(upgradeRequest()))).toEqual({ accept: true })
  const client = await bench.connect()
  const closed = server.close({ drainMs: 1000 })
  expect(server.health()).toEqual({ state: 'draining', ready: false })
  server.leave()
  expect(server.health().state).toBe('draining')
  expect(await bench.run(server.decideUpgrade(upgradeRequest()))).toMatchObject({ accept: false, status: 503 })
  await clock.advanceAsync(10_000)
  await closed
  expect(client.endings).toMatchObject([{ code: CloseCode.Unavailable }])
  expect(server.health()).toEqual({ state: 'closed', ready: false })
})
