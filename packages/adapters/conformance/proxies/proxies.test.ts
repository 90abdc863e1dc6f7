// Behind the proxies of docs/deployment.md, configured as it says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type TransportName } from '@tautline/client'
import { POLL_HOLD_MS } from '@tautline/core/long-poll'
import { FrameType } from '@tautline/core/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../../src/certificates.fixture.ts'
import { type RawUpgradeOptions, rawUpgrade } from '../../src/raw-websocket.fixture.ts'
import { type ServerKind, serverCapabilities, serverKinds } from '../capabilities.ts'
import { checks } from '../checks.ts'
import { openByHand, plainHello } from '../hand-client.ts'
import { freePort } from '../nginx.ts'
import { type CheckResult, runChecks } from '../run-checks.ts'
import { runClient } from '../run-client.ts'
import type { RunningProxy } from '../running-proxy.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { documentedProxies, type Route } from './documented-proxies.ts'
import { api, type ProxiedLine, startLine } from './proxied-line.ts'

const transports = ['websocket', 'long-poll'] as const satisfies readonly TransportName[]
/** One of each kind of traffic, and what is large. */
const chosen = [
  'answers two hundred calls made at once, each its own',
  'cancels a call in the handler too',
  'carries a message of 900 KiB both ways',
  'reads a thousand items in order, and the end',
  'sends a stream up and reads one down under one call',
  'brings events to the listeners of their topic alone',
  'answers the server when it calls back',
  'comes back by itself when its socket is cut, with streams and listeners',
]
const without = checks.map(({ name }) => name).filter((name) => !chosen.includes(name))

/** After which the proxies cut what is silent: as long as it takes, or as `PROXY_IDLE_MS` says, to see it with the usual 30 s and 60 s. */
const IDLE_MS = Number(process.env['PROXY_IDLE_MS'] ?? 2000)
/** The usual one is good for the usual times. */
const HEARTBEAT = IDLE_MS < 30_000 ? { idleMs: IDLE_MS / 5 } : {}

const authority = createAuthority('Tautline test proxies')
const temporary = mkdtempSync(join(tmpdir(), 'tautline-proxies-'))
const inTemporary = (name: string, content: string): string => {
  const file = join(temporary, name)
  writeFileSync(file, content)
  return file
}
const { cert, key } = authority.issue({ name: 'app.example', hosts: ['localhost', '127.0.0.1'] })
const tls = {
  cert: inTemporary('cert.pem', cert),
  key: inTemporary('key.pem', key),
  both: inTemporary('both.pem', cert + key),
}
const authorityFile = inTemporary('authority.pem', authority.cert)

const servers = new Map<ServerKind, RunningServer>()
const mainUrl = (kind: ServerKind): URL => new URL(servers.get(kind)?.urls.main ?? '')
beforeAll(async () => {
  await Promise.all(serverKinds.map(async (kind) => servers.set(kind, await startServer(kind))))
})
afterAll(async () => {
  rmSync(temporary, { recursive: true })
  const ends = await Promise.all(Array.from(servers.values(), (server) => server.stop()))
  expect(ends).toEqual(serverKinds.map(() => 0))
})

test('the defaults of heartbeat and long poll are shorter than the times of the proxies, and than 30 s', async () => {
  const client = await openByHand(mainUrl('node').href)
  client.send({ type: FrameType.Hello, hello: plainHello })
  const welcome = await client.next(FrameType.Welcome)
  client.raw.destroy()
  if (welcome?.type !== FrameType.Welcome) throw new Error('Expected WELCOME, got an end')
  const { idleMs } = welcome.welcome.heartbeat
  const times = documentedProxies.flatMap(({ idleTimesMs }) => idleTimesMs)
  expect(times.length).toBeGreaterThan(3)
  expect(Math.max(idleMs, POLL_HOLD_MS)).toBeLessThan(Math.min(...times, 30_000))
})

const installed = await Promise.all(
  documentedProxies.map(async (proxy) => ({ proxy, name: proxy.name, executable: await proxy.ensure() })),
)

// What is missing was said aloud by `ensure`; where everything has to run, that is a failure.
const testable = installed.filter(({ executable }) => executable !== undefined || process.env['CI'] !== undefined)

describe.each(testable)('$name', ({ proxy, executable }) => {
  let running: RunningProxy
  const ports: Record<string, number> = {}
  const lines: Record<string, ProxiedLine> = {}

  beforeAll(async () => {
    if (executable === undefined) throw new Error(`Expected ${proxy.name}: see the message above`)
    lines['asked'] = await startLine()
    lines['lively'] = await startLine(HEARTBEAT)
    for (const transport of transports) lines[transport] = await startLine()
    lines['silent'] = await startLine({ idleMs: 10 * 60_000 })
    const upstream = (name: string): { readonly upstreamPort: number } => ({ upstreamPort: lines[name]?.port ?? 0 })
    const routes: Readonly<Record<string, Omit<Route, 'port'>>> = {
      decrypted: { upstreamPort: Number(mainUrl('node').port), tls },
      ...Object.fromEntries(serverKinds.map((kind) => [kind, { upstreamPort: Number(mainUrl(kind).port) }])),
      asked: { ...upstream('asked'), tls },
      'asked, plain': upstream('asked'),
      ...Object.fromEntries(transports.map((transport) => [transport, upstream(transport)])),
      lively: { ...upstream('lively'), idleMs: IDLE_MS },
      silent: { ...upstream('silent'), idleMs: IDLE_MS },
    }
    for (const name of Object.keys(routes)) ports[name] = await freePort()
    const configured = Object.entries(routes).map(
      ([name, route]): Route => Object.assign(route, { port: ports[name] ?? 0 }),
    )
    running = await proxy.start(executable, configured)
  })
  afterAll(async () => {
    await running.stop()
    await Promise.all(Object.values(lines).map((line) => line.close()))
  })

  const line = (name: string): ProxiedLine => lines[name] as ProxiedLine
  const connect = (name: string, transport: TransportName = 'websocket') =>
    createClient(api, { url: `ws://127.0.0.1:${String(ports[name])}/rpc`, transports: [transport] })

  test.each(['ws', 'node-poll'] as const)(
    'lets everything through that it has decrypted: %s',
    async (kind) => {
      const urls = { main: `wss://localhost:${String(ports['decrypted'])}/rpc` }
      const results = await runClient(kind, { urls, without, authorityFile })
      expect(results.map(({ check, error }) => [check, error])).toEqual(chosen.map((name) => [name, undefined]))
    },
    120_000,
  )

  const pairs = serverKinds.flatMap((kind) => transports.map((transport) => [kind, transport] as const))
  test.each(pairs)(
    'lets everything through to a server on %s: %s',
    async (kind, transport) => {
      const possible = checks.filter(
        ({ name, server }) =>
          chosen.includes(name) && (server === undefined || serverCapabilities[server].on[kind] === true),
      )
      const left = checks.filter((check) => !possible.includes(check)).map(({ name }) => name)
      const urls = { main: `ws://localhost:${String(ports[kind])}/rpc` }
      const results: CheckResult[] = []
      await runChecks({ urls, without: left, longPoll: transport === 'long-poll' }, (result) => results.push(result))
      expect(results.map(({ check, error }) => [check, error])).toEqual(possible.map(({ name }) => [name, undefined]))
    },
    120_000,
  )

  describe('tells of the client', () => {
    const CLIENT = '127.0.0.7'
    const invented = {
      'x-forwarded-for': '198.51.100.1, 127.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=198.51.100.2;host=evil.example;proto=https',
    }
    const ask = async (route: string, headers: RawUpgradeOptions['headers']): Promise<number> => {
      const where = { port: ports[route] ?? 0, target: '/rpc', localAddress: CLIENT }
      const client = await rawUpgrade({
        ...where,
        tls: !route.endsWith('plain'),
        headers: { host: 'app.example', ...headers },
      })
      client.destroy()
      return client.status
    }

    test.each([
      ['asked', 'https://app.example/rpc', true],
      ['asked, plain', 'http://app.example/rpc', false],
    ])('whatever it says of itself (%s)', async (route, url, secure) => {
      expect(await ask(route, invented)).toBe(101)
      const request = line('asked').requests.at(-1)
      expect(request).toMatchObject({ remoteAddress: CLIENT, secure })
      expect(request?.url.href).toBe(url)
      expect(request?.headers.get('host')).toBe('app.example')
    })

    test.each([
      ['https://app.example', 101],
      ['http://app.example', 403],
      ['https://evil.example', 403],
    ])('so that a page of %s gets %i', async (origin, status) => {
      expect(await ask('asked', { ...invented, origin })).toBe(status)
    })
  })

  test(
    'cuts what is silent for too long, whose session goes on; a heartbeat keeps the connection',
    async () => {
      const lively = connect('lively')
      await lively.ping()
      const silent = connect('silent')
      await silent.ping()
      const cut = line('silent').next('detached')
      const resumed = line('silent').next('resumed')
      await cut
      // It is older than the one that was cut, and as silent but for its heartbeat.
      expect(line('lively').changes).toEqual(['opened'])
      await resumed
      expect(await silent.ping()).toBe(1)
      expect(line('silent').changes).toEqual(['opened', 'detached', 'resumed'])
      expect(await lively.ping()).toBe(1)
      expect(line('lively').changes).toEqual(['opened'])
      await Promise.all([lively.$.close(), silent.$.close()])
    },
    20_000 + 2 * IDLE_MS,
  )

  test.each(transports)('may be reloaded while clients are connected: %s', async (transport) => {
    const own = line(transport)
    const client = connect(transport, transport)
    const numbers = client.numbers()
    own.push()
    const first = await numbers.next()
    const held = client.held()
    await client.ping()
    const resumed = transport === 'websocket' ? own.next('resumed') : undefined
    await running.reload()
    await resumed
    own.push()
    own.release()
    expect([first.value, (await numbers.next()).value]).toEqual([1, 2])
    expect(await held).toBe(1)
    expect(own.changes.filter((type) => type === 'opened')).toHaveLength(1)
    await numbers.return()
    await client.$.close()
  })
})
