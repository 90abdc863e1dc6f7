import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { type Bench, createBench, upgradeRequest } from './test-bench.fixture.ts'

const implementation = implement(router({ ping: query({ output: v.string() }) })).handlers({ ping: () => 'pong' })

async function decide(bench: Bench<never, never>, headers: Record<string, string>, secure = false): Promise<number> {
  const request = upgradeRequest({ headers: new Headers({ host: 'app.example', ...headers }), secure })
  const decision = await bench.run(bench.server.decideUpgrade(request))
  return decision.accept ? 101 : decision.status
}

/** What a bench serves does not matter here. */
const benchWith = (options: Parameters<typeof createBench>[1]): Bench<never, never> =>
  createBench(implementation, options) as unknown as Bench<never, never>

describe('origins', () => {
  test.each([
    ['https://app.example', 101],
    ['http://app.example', 101],
    ['https://app.example:443', 101],
    ['https://evil.example', 403],
    ['https://app.example.evil.example', 403],
    ['https://evil.example/app.example', 403],
    ['https://app.example:8443', 403],
    ['null', 403],
    ['', 403],
    ['https://app.example, https://evil.example', 403],
  ])('by default: a page of %s gets %i', async (origin, status) => {
    expect(await decide(benchWith({}), { origin })).toBe(status)
  })

  test('pass where there is none: then it is no browser', async () => {
    expect(await decide(benchWith({}), {})).toBe(101)
  })

  test('of unencrypted pages are refused on an encrypted socket', async () => {
    expect(await decide(benchWith({}), { origin: 'http://app.example' }, true)).toBe(403)
    expect(await decide(benchWith({}), { origin: 'https://app.example' }, true)).toBe(101)
  })

  test('may be listed, judged, or let in all', async () => {
    const listed = benchWith({ origins: ['https://other.example'] })
    expect(await decide(listed, { origin: 'https://other.example' })).toBe(101)
    expect(await decide(listed, { origin: 'https://app.example' })).toBe(403)
    const judged = benchWith({ origins: (origin) => origin.endsWith('.example') })
    expect(await decide(judged, { origin: 'https://any.example' })).toBe(101)
    expect(await decide(judged, { origin: 'https://any.test' })).toBe(403)
    expect(await decide(benchWith({ origins: 'any' }), { origin: 'https://evil.example' })).toBe(101)
  })

  test('that a judge fails to judge are refused, and the failure reported', async () => {
    const bench = benchWith({
      origins() {
        throw new Error('judge')
      },
    })
    expect(await decide(bench, { origin: 'https://app.example' })).toBe(500)
    expect(bench.errors).toHaveLength(1)
  })
})

describe('authorizeUpgrade', () => {
  test('refuses with a status, headers and a body of its own, logged once', async () => {
    const bench = createBench(implementation, {
      authorizeUpgrade: async ({ headers }) =>
        headers.has('authorization')
          ? undefined
          : { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: 'who?' },
    })
    expect(await bench.run(bench.server.decideUpgrade(upgradeRequest()))).toEqual({
      accept: false,
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: 'who?',
    })
    expect(bench.lines).toEqual(['warn: Upgrade refused with 401 (192.0.2.1): application'])
    const known = upgradeRequest({ headers: new Headers({ authorization: 'Bearer x' }) })
    expect(await bench.run(bench.server.decideUpgrade(known))).toEqual({ accept: true })
  })

  test('that throws refuses with 500, and says no more', async () => {
    const bench = createBench(implementation, {
      authorizeUpgrade() {
        throw new Error('secret')
      },
    })
    const decision = await bench.run(bench.server.decideUpgrade(upgradeRequest()))
    expect(decision).toEqual({ accept: false, status: 500, headers: {}, body: '' })
    expect(bench.errors).toHaveLength(1)
  })

  test('that never decides refuses with 503 in time', async () => {
    const bench = createBench(implementation, {
      authorizeUpgrade: () => new Promise(() => {}),
      limits: { handshakeMs: 500 },
    })
    const decision = bench.server.decideUpgrade(upgradeRequest())
    await bench.clock.advanceAsync(500)
    expect(await decision).toMatchObject({ accept: false, status: 503 })
  })
})

describe('limits on connections', () => {
  test('refuse one more than allowed with 503, until one has left', async () => {
    const bench = createBench(implementation, { maxConnections: 2 })
    const first = await bench.connect()
    await bench.connect()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toMatchObject({ status: 503 })
    first.close()
    await bench.clock.settle()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toEqual({ accept: true })
  })

  test('refuse one more from the same address with 503', async () => {
    const bench = createBench(implementation, { maxConnectionsPerAddress: 1 })
    const first = await bench.connect()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toMatchObject({ status: 503 })
    expect(await bench.server.decideUpgrade(upgradeRequest({ remoteAddress: '192.0.2.2' }))).toEqual({ accept: true })
    expect(await bench.server.decideUpgrade(upgradeRequest({ remoteAddress: undefined }))).toEqual({ accept: true })
    first.close()
    await bench.clock.settle()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toEqual({ accept: true })
  })

  test('say when to come again, are counted, and leave one line each', async () => {
    const bench = createBench(implementation, { maxConnections: 2, maxConnectionsPerAddress: 1 })
    await bench.connect()
    const refused = { accept: false, status: 503, headers: { 'retry-after': '5' } }
    expect(await bench.server.decideUpgrade(upgradeRequest())).toMatchObject(refused)
    await bench.connect({ request: { remoteAddress: '192.0.2.2' } })
    expect(await bench.server.decideUpgrade(upgradeRequest({ remoteAddress: '192.0.2.3' }))).toMatchObject(refused)
    expect(bench.server.stats().limited).toMatchObject({ connections: 1, connectionsPerAddress: 1 })
    expect(bench.lines).toEqual([
      'warn: Upgrade refused with 503 (192.0.2.1): address',
      'warn: Upgrade refused with 503 (192.0.2.3): connections',
    ])
  })

  test('count IPv6 by its /64', async () => {
    const bench = createBench(implementation, { maxConnectionsPerAddress: 1 })
    await bench.connect({ request: { remoteAddress: '2001:db8:1:2::1' } })
    const of = (remoteAddress: string) => bench.server.decideUpgrade(upgradeRequest({ remoteAddress }))
    expect(await of('2001:db8:1:2:ffff::9')).toMatchObject({ status: 503 })
    expect(await of('2001:db8:1:3::1')).toEqual({ accept: true })
  })

  test('hold by default for public addresses, and for private ones where somebody has thought of them', async () => {
    const flood = async (options: Parameters<typeof createBench>[1], remoteAddress: string): Promise<number> => {
      const { server } = createBench(implementation, options)
      let passed = 0
      for (let i = 0; i < 2049; i += 1) {
        if ((await server.decideUpgrade(upgradeRequest({ remoteAddress }))).accept) passed += 1
      }
      return passed
    }
    expect(await flood({}, '192.0.2.1')).toBe(2048)
    expect(await flood({}, '127.0.0.1')).toBe(2049)
    expect(await flood({ maxConnectionsPerAddress: 3000 }, '127.0.0.1')).toBe(2048)
    expect(await flood({ addressOf: ({ remoteAddress }) => remoteAddress }, '10.0.0.1')).toBe(2048)
    expect(await flood({ upgradesPerAddress: false }, '192.0.2.1')).toBe(2049)
  })

  test('count each address by itself, and take away who leaves', async () => {
    const bench = createBench(implementation, { maxConnectionsPerAddress: 2 })
    const first = await bench.connect()
    await bench.connect()
    first.close()
    await bench.clock.settle()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toEqual({ accept: true })
    await bench.connect()
    expect(await bench.server.decideUpgrade(upgradeRequest())).toMatchObject({ status: 503 })
  })

  test('go by the address that a proxy tells', async () => {
    const bench = createBench(implementation, {
      maxConnectionsPerAddress: 1,
      addressOf: ({ headers }) => headers.get('x-real-ip') ?? undefined,
    })
    const behind = (address: string) => ({ headers: new Headers({ 'x-real-ip': address }) })
    await bench.connect({ request: behind('198.51.100.1') })
    expect(await bench.server.decideUpgrade(upgradeRequest(behind('198.51.100.1')))).toMatchObject({ status: 503 })
    expect(await bench.server.decideUpgrade(upgradeRequest(behind('198.51.100.2')))).toEqual({ accept: true })
  })

  test.each([{ maxConnections: 1 }, { maxConnectionsPerAddress: 1 }])(
    'hold against sockets whose upgrades were allowed at the same time: %o',
    async (options) => {
      const bench = createBench(implementation, options)
      const first = await bench.connect()
      const second = await bench.connect()
      expect(first.endings).toEqual([])
      expect(second.endings).toMatchObject([{ code: 4503, retry: true }])
    },
  )
})

describe('attempts of one address', () => {
  const upgradesPerAddress = { perSecond: 1, burst: 3 }

  test('pass up to the limit; one past it is refused before anything else, and told when to come again', async () => {
    let asked = 0
    const bench = createBench(implementation, {
      upgradesPerAddress,
      authorizeUpgrade() {
        asked += 1
      },
    })
    const decisions = async (times: number) => {
      const found: (number | string | undefined)[] = []
      for (let i = 0; i < times; i += 1) {
        const decision = await bench.run(bench.server.decideUpgrade(upgradeRequest()))
        found.push(decision.accept ? 101 : `${decision.status} after ${decision.headers['retry-after']}`)
      }
      return found
    }
    expect(await decisions(4)).toEqual([101, 101, 101, '503 after 1'])
    expect([asked, bench.server.stats().limited.upgradesPerAddress]).toEqual([3, 1])
    const other = await bench.run(bench.server.decideUpgrade(upgradeRequest({ remoteAddress: '192.0.2.2' })))
    expect(other).toEqual({ accept: true })
    await bench.clock.advanceAsync(999)
    expect(await decisions(1)).toEqual(['503 after 1'])
    await bench.clock.advanceAsync(1)
    expect(await decisions(2)).toEqual([101, '503 after 1'])
  })

  test('count where they are refused for another reason', async () => {
    const bench = benchWith({ upgradesPerAddress })
    const origin = 'https://evil.example'
    const statuses = [await decide(bench, { origin }), await decide(bench, { origin }), await decide(bench, { origin })]
    expect([...statuses, await decide(bench, { origin })]).toEqual([403, 403, 403, 503])
  })

  test('that are many leave few lines, and the number of those that were left out', async () => {
    const { server, lines, clock } = createBench(implementation, { upgradesPerAddress: { perSecond: 1, burst: 1 } })
    for (let i = 0; i < 1001; i += 1) await server.decideUpgrade(upgradeRequest())
    expect(lines).toHaveLength(20)
    await clock.advanceAsync(60_000)
    expect(lines.at(-1)).toBe('warn: Upgrade refused with 503: 980 more within a minute')
    expect(server.stats().limited.upgradesPerAddress).toBe(1000)
  })
})
