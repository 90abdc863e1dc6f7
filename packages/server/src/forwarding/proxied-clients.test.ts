import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { expect, test } from 'vitest'
import { createBench, upgradeRequest } from '../test-bench.fixture.ts'

const implementation = implement(router({ ping: query() })).handlers({ ping: () => undefined })

const PROXY = '10.0.0.1'
const trustedProxies = ['10.0.0.0/8']

const behind = (headers: Readonly<Record<string, string>>, remoteAddress = PROXY) => ({
  remoteAddress,
  headers: new Headers({ host: 'internal:8080', ...headers }),
  secure: false,
})

test('clients behind a proxy count each for itself, whatever they made up', async () => {
  const bench = createBench(implementation, { trustedProxies, maxConnectionsPerAddress: 1 })
  await bench.connect({ request: behind({ 'x-forwarded-for': '203.0.113.1' }) })
  const decide = (headers: Readonly<Record<string, string>>, from?: string) =>
    bench.run(bench.server.decideUpgrade(upgradeRequest(behind(headers, from))))
  expect(await decide({ 'x-forwarded-for': '203.0.113.2' })).toEqual({ accept: true })
  expect(await decide({ 'x-forwarded-for': '203.0.113.1' })).toMatchObject({ status: 503 })
  expect(await decide({ 'x-forwarded-for': '203.0.113.2, 203.0.113.1' })).toMatchObject({ status: 503 })
  // Past the proxy nobody is believed.
  expect(await decide({ 'x-forwarded-for': '203.0.113.2' }, '203.0.113.1')).toMatchObject({ status: 503 })
  expect(await decide({ 'x-forwarded-for': '203.0.113.1' }, '203.0.113.3')).toEqual({ accept: true })
  expect(bench.lines).toContain('warn: Upgrade refused with 503 (203.0.113.1): address')
})

test.each([
  ['https://app.example', 'https', 101],
  ['http://app.example', 'https', 403],
  ['http://app.example', 'http', 101],
  ['https://evil.example', 'https', 403],
  ['https://internal:8080', 'https', 403],
])('a page of %s, over %s: %i', async (origin, proto, status) => {
  const bench = createBench(implementation, { trustedProxies })
  const headers = { origin, 'x-forwarded-host': 'app.example', 'x-forwarded-proto': proto }
  const decision = await bench.run(bench.server.decideUpgrade(upgradeRequest(behind(headers))))
  expect(decision.accept ? 101 : decision.status).toBe(status)
})

test('the application sees the client, before and after the upgrade', async () => {
  const seen: unknown[] = []
  const bench = createBench(implementation, {
    trustedProxies,
    authorizeUpgrade({ remoteAddress, secure, url }) {
      seen.push([remoteAddress, secure, url.host])
    },
    onConnection({ remoteAddress, request }) {
      seen.push([remoteAddress, request.secure, request.url.host, request.headers.get('host')])
    },
  })
  const request = behind({
    'x-forwarded-for': '203.0.113.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'app.example',
  })
  await bench.run(bench.server.decideUpgrade(upgradeRequest(request)))
  await bench.connect({ request })
  expect(seen).toEqual([
    ['203.0.113.1', true, 'app.example'],
    ['203.0.113.1', true, 'app.example', 'app.example'],
  ])
})
