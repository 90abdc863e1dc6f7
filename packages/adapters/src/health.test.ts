import type { ServerHealth } from '@tautline/server'
import { describe, expect, test } from 'vitest'
import { createHealth, type HealthOptions } from './health.ts'

const STATES: readonly ServerHealth[] = [
  { state: 'ready', ready: true },
  { state: 'leaving', ready: false },
  { state: 'draining', ready: false },
  { state: 'closed', ready: false },
]

async function ask(path: string, health: ServerHealth, options?: HealthOptions): Promise<readonly [number, unknown]> {
  const response = await createHealth({ health: () => health }, options)(new Request(`http://server.example${path}`))
  if (response === undefined) throw new Error('Expected an answer')
  expect(response.headers.get('cache-control')).toBe('no-store')
  return [response.status, await response.json()]
}

describe('a server that is', () => {
  test.each(STATES)('$state is alive', async (health) => {
    expect(await ask('/healthz', health)).toEqual([200, { state: health.state }])
  })

  test.each(STATES)('$state is ready: $ready', async (health) => {
    expect(await ask('/readyz?verbose', health)).toEqual([health.ready ? 200 : 503, { state: health.state }])
  })
})

describe('a check', () => {
  const [ready = { state: 'ready', ready: true }] = STATES

  test.each([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('that %s makes a server unready, and is not told of', async (_, check) => {
    expect(await ask('/readyz', ready, { check })).toEqual([503, { state: 'failing' }])
    expect(await ask('/healthz', ready, { check })).toEqual([200, { state: 'ready' }])
  })

  test('that passes leaves it at what the server says when it is over', async () => {
    let health = ready
    const check = async (): Promise<void> => {
      health = { state: 'leaving', ready: false }
    }
    expect(await ask('/readyz', ready, { check })).toEqual([200, { state: 'ready' }])
    const response = await createHealth(
      { health: () => health },
      { check },
    )(new Request('http://server.example/readyz'))
    expect(response?.status).toBe(503)
  })
})

test('other paths and methods are left to others', () => {
  const health = createHealth(
    { health: () => ({ state: 'ready', ready: true }) },
    { livePath: '/live', readyPath: '/ready' },
  )
  const requests = [
    new Request('http://server.example/healthz'),
    new Request('http://server.example/'),
    new Request('http://server.example/ready', { method: 'POST' }),
  ]
  expect(requests.map(health)).toEqual([undefined, undefined, undefined])
  expect(health(new Request('http://server.example/live', { method: 'HEAD' }))).toBeInstanceOf(Promise)
})

function fail(): never {
  throw new Error('no database at 10.0.0.7')
}
