import { TautlineError } from '@tautline/core'
import { CloseCode } from '@tautline/core/protocol'
import { expect, test } from 'vitest'
import type { ClientStatus } from './client-status.ts'
import { outcomeOf } from './outcome.fixture.ts'
import type { PageSignal } from './page-signals.ts'
import { createBench } from './test-client.fixture.ts'

const RECONNECTED_MS = 2000

test('the status says what the line is doing, and why', async () => {
  const { client, clock, server, statuses, close } = createBench()
  expect(client.$.status).toMatchObject({ state: 'connecting', reason: 'start', attempt: 1, transport: 'memory' })
  await clock.advanceAsync(10)
  expect(client.$.status).toMatchObject({ state: 'connected', attempt: 1, nextAttemptAt: undefined })
  server.latest.link.cut()
  await clock.advanceAsync(1)
  expect(client.$.status).toMatchObject({ state: 'reconnecting', attempt: 1, transport: undefined })
  expect(client.$.status.nextAttemptAt).toBeGreaterThan(clock.now())
  await clock.advanceAsync(RECONNECTED_MS)
  expect(client.$.status).toMatchObject({ state: 'connected', attempt: 2 })
  await close()
  expect(client.$.status).toMatchObject({ state: 'closed' })
  expect([...new Set(statuses)]).toEqual(['connecting', 'connected', 'reconnecting', 'closed'])
})

test('listeners hear of each change once, until they are taken off', async () => {
  const { client, clock, errors, close } = createBench()
  const seen: ClientStatus[] = []
  const failure = new Error('listener')
  client.$.onStatus(() => {
    throw failure
  })
  const off = client.$.onStatus((status) => seen.push(status))
  await clock.advanceAsync(10)
  expect(seen).toEqual([client.$.status])
  expect(errors).toEqual([failure])
  off()
  await close()
  expect(seen).toHaveLength(1)
})

test('a lazy client is idle until it is used', async () => {
  const { client, clock, server, close } = createBench({ lazy: true })
  await clock.advanceAsync(1000)
  expect(client.$.status.state).toBe('idle')
  expect(server.network.attempts).toBe(0)
  const call = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  expect(await call).toEqual({ id: '1', title: 'a' })
  await close()
})

test('connected() resolves when calls go through, and connects a lazy client', async () => {
  const { client, clock, close } = createBench({ lazy: true })
  const connected = client.$.connected()
  await clock.advanceAsync(10)
  await connected
  expect(client.$.status.state).toBe('connected')
  await client.$.connected()
  await close()
  expect(await outcomeOf(client.$.connected())).toMatchObject({ code: 'CLIENT_CLOSED' })
})

test('connected() rejects when the client is closed before', async () => {
  const { client, server, close } = createBench()
  server.network.setReachable('silent')
  const connected = outcomeOf(client.$.connected())
  await close()
  expect(await connected).toMatchObject({ code: 'CLIENT_CLOSED' })
})

test.each([
  [CloseCode.Unauthorized, 'UNAUTHORIZED'],
  [CloseCode.Forbidden, 'FORBIDDEN'],
  [CloseCode.UnsupportedVersion, 'CONNECTION_LOST'],
])('a refusal with %i ends the attempts, and fails calls with %s', async (code, error) => {
  const { client, clock, server, close } = createBench()
  server.decide = () => ({ code, reason: 'because', retry: false })
  const waiting = outcomeOf(client.todo.create({ title: 'x' }))
  const connected = outcomeOf(client.$.connected())
  await clock.advanceAsync(60_000)
  expect(client.$.status).toMatchObject({ state: 'suspended', reason: 'because' })
  expect(await waiting).toMatchObject({ code: error, message: 'because', outcome: 'not-sent' })
  expect(await connected).toMatchObject({ code: error })
  expect(await outcomeOf(client.todo.get({ id: '1' }))).toMatchObject({ code: error, outcome: 'not-sent' })
  expect(server.network.attempts).toBe(1)
  server.decide = () => 'accept'
  client.$.reconnect()
  const call = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  expect(await call).toEqual({ id: '1', title: 'a' })
  await close()
})

test('attempts end after `maxAttempts`', async () => {
  const { client, clock, server, close } = createBench({ reconnect: { maxAttempts: 3 } })
  server.network.setReachable('refused')
  const call = outcomeOf(client.todo.get({ id: '1' }))
  await clock.advanceAsync(120_000)
  expect(server.network.attempts).toBe(3)
  expect(client.$.status).toMatchObject({ state: 'suspended', attempt: 3 })
  expect(await call).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'not-sent' })
  expect((await call).message).toBe('There is no connection: the last one ended with 1006')
  await close()
})

test('reconnect() cancels a wait', async () => {
  const { client, clock, server, close } = createBench()
  server.network.setReachable('refused')
  await clock.advanceAsync(60_000)
  server.network.setReachable('open')
  expect(client.$.status.nextAttemptAt).toBeGreaterThan(clock.now() + 100)
  client.$.reconnect()
  await clock.advanceAsync(10)
  expect(client.$.status).toMatchObject({ state: 'connected', attempt: 1 })
  await close()
})

test('reconnect() replaces a connection that exists', async () => {
  const { client, clock, server, desk, close } = createBench()
  const gate = Promise.withResolvers<void>()
  desk.gate = gate.promise
  await clock.advanceAsync(10)
  const create = outcomeOf(client.todo.create({ title: 'x' }))
  const get = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  client.$.reconnect()
  gate.resolve()
  await clock.advanceAsync(20)
  expect(await create).toMatchObject({ code: 'CONNECTION_LOST', outcome: 'unknown' })
  expect(await get).toEqual({ id: '1', title: 'a' })
  expect(server.connections.map(({ hello }) => hello?.why)).toEqual(['start', 'manual'])
  expect(server.connections[0]?.ending?.reason).toBe('Replaced by the application')
  await close()
})

test('reconnect() after close() throws', async () => {
  const { client, close } = createBench()
  await close()
  expect(() => client.$.reconnect()).toThrow(/closed/)
})

test('close() resolves when the transport is closed, also for the second time', async () => {
  const { client, clock, server } = createBench()
  await clock.advanceAsync(10)
  const closed = client.$.close()
  expect(server.network.links).toHaveLength(1)
  await clock.advanceAsync(10)
  await closed
  expect(server.network.links).toEqual([])
  expect(server.latest.ending).toMatchObject({ origin: 'peer', reason: 'The client is closed' })
  await client.$.close()
})

test('a server that never answers a close does not hold it up for more than 3 s', async () => {
  const { client, clock, server } = createBench()
  await clock.advanceAsync(10)
  server.latest.link.silence('both')
  let isClosed = false
  const closed = client.$.close().then(() => {
    isClosed = true
  })
  await clock.advanceAsync(2999)
  expect(isClosed).toBe(false)
  await clock.advanceAsync(1)
  await closed
})

test('an attempt that does not get through is given up after `connectTimeoutMs`', async () => {
  const { client, clock, server, close } = createBench({ connectTimeoutMs: 500 })
  server.network.setReachable('silent')
  await clock.advanceAsync(499)
  expect(client.$.status.nextAttemptAt).toBeUndefined()
  await clock.advanceAsync(1)
  expect(client.$.status.nextAttemptAt).toBeGreaterThan(clock.now())
  expect(client.$.status.reason).toContain('500 ms')
  await close()
})

test('credentials are asked for at each connect and reach the server', async () => {
  let asked = 0
  const { clock, server, close } = createBench({ auth: async () => ({ token: ++asked }) })
  await clock.advanceAsync(10)
  expect(server.latest.auth).toEqual({ token: 1 })
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(server.latest.auth).toEqual({ token: 2 })
  await close()
})

test('credentials that cannot be had now are asked for again later', async () => {
  let asked = 0
  const failure = new Error('the token server is down')
  const { client, clock, errors, close } = createBench({
    auth: () => {
      asked++
      if (asked === 1) throw failure
      return 'token'
    },
  })
  await clock.advanceAsync(1)
  expect(client.$.status).toMatchObject({ state: 'connecting', reason: 'the token server is down' })
  expect(errors).toEqual([failure])
  await clock.advanceAsync(RECONNECTED_MS)
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('`auth` that fails with what cannot be shown is asked again as well', async () => {
  let asked = 0
  const { client, clock, errors, close } = createBench({
    auth: async () => {
      asked++
      if (asked === 1) throw Object.create(null)
      return {}
    },
  })
  await clock.advanceAsync(10)
  expect(client.$.status).toMatchObject({ state: 'connecting', reason: 'no credentials' })
  expect(errors).toHaveLength(1)
  await clock.advanceAsync(RECONNECTED_MS)
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('`auth` can say that there is nothing to wait for', async () => {
  const { client, clock, server, close } = createBench({
    auth: () => {
      throw new TautlineError('UNAUTHORIZED', { message: 'signed out' })
    },
  })
  const call = outcomeOf(client.todo.get({ id: '1' }))
  await clock.advanceAsync(60_000)
  expect(client.$.status).toMatchObject({ state: 'suspended', reason: 'signed out' })
  expect(await call).toMatchObject({ code: 'UNAUTHORIZED', message: 'signed out' })
  expect(server.network.attempts).toBe(0)
  await close()
})

test('refreshAuth() hands fresh credentials over without a new connection', async () => {
  let asked = 0
  const { client, clock, server, close } = createBench({ auth: () => ++asked })
  await clock.advanceAsync(10)
  await client.$.refreshAuth()
  await clock.advanceAsync(10)
  expect(server.latest.refreshedAuth).toBe(2)
  expect(server.connections).toHaveLength(1)
  await close()
})

test('a server that goes away is left within its window, and still answers what it has', async () => {
  const { client, clock, server, desk, close } = createBench()
  const gate = Promise.withResolvers<void>()
  desk.gate = gate.promise
  await clock.advanceAsync(10)
  const old = client.todo.create({ title: 'x' })
  await clock.advanceAsync(10)
  const [first] = server.connections
  first?.driver.move((session, now) =>
    session.goAway({ why: 'restart', drainMs: 10_000, delayMs: [1000, 2000], to: undefined }, now),
  )
  await clock.advanceAsync(1000)
  expect(server.connections).toHaveLength(1)
  await clock.advanceAsync(1000)
  expect(server.connections.map(({ hello }) => hello?.why)).toEqual(['start', 'goaway'])
  expect(client.$.status.state).toBe('connected')
  gate.resolve()
  await clock.advanceAsync(10)
  expect(await old).toEqual({ id: 'new', title: 'x' })
  await clock.advanceAsync(10_000)
  expect(first?.link.gone).toBe(true)
  await close()
})

test('servers that send it on without end cost neither sockets nor attempts without bound', async () => {
  const { client, clock, server, close } = createBench()
  await clock.advanceAsync(10)
  const goAway = { why: '', drainMs: 2 ** 53 - 1, delayMs: [0, 0], to: 'wss://elsewhere.example/' } as const
  for (let second = 0; second < 60; second++) {
    server.latest.driver.move((session, now) => session.goAway(goAway, now))
    await clock.advanceAsync(1000)
  }
  expect(server.network.attempts).toBeLessThan(12)
  expect(server.network.links.length).toBeLessThanOrEqual(5)
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('a message above the limit of this client ends the connection, whatever the server announces', async () => {
  const { client, clock, statuses, close } = createBench({ limits: { messageBytes: 2048 } })
  const small = client.todo.get({ id: 'x'.repeat(1000) })
  await clock.advanceAsync(10)
  expect(await small).toMatchObject({ id: 'x'.repeat(1000) })
  const large = client.todo.create({ title: 'x'.repeat(2048) })
  large.catch(() => {})
  await clock.advanceAsync(10)
  await expect(large).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  expect(statuses).toContain('reconnecting')
  await close()
})

/** A bench with a hand on what the page tells. */
function createSignalledBench() {
  let tell: ((signal: PageSignal) => void) | undefined
  const bench = createBench({
    pageSignals: (listener) => {
      tell = listener
      return () => {
        tell = undefined
      }
    },
  })
  return { ...bench, signal: (signal: PageSignal) => tell?.(signal), hasSignals: () => tell !== undefined }
}

test('without a network no attempt is made until it is back', async () => {
  const { client, clock, server, signal, close } = createSignalledBench()
  await clock.advanceAsync(10)
  signal('offline')
  server.latest.link.cut()
  await clock.advanceAsync(60_000)
  expect(client.$.status).toMatchObject({ state: 'offline', nextAttemptAt: undefined })
  expect(server.network.attempts).toBe(1)
  signal('online')
  await clock.advanceAsync(RECONNECTED_MS)
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('a closed client no longer hears of signals', async () => {
  const { clock, server, signal, hasSignals, close } = createSignalledBench()
  expect(hasSignals()).toBe(true)
  await close()
  expect(hasSignals()).toBe(false)
  signal('wake')
  await clock.advanceAsync(1000)
  expect(server.network.links).toEqual([])
})

test('waking up finds a dead link within 2 s', async () => {
  const { client, clock, server, signal, close } = createSignalledBench()
  await clock.advanceAsync(10)
  server.latest.link.silence('both')
  signal('wake')
  await clock.advanceAsync(2010)
  expect(client.$.status.state).toBe('reconnecting')
  await close()
})

test('waking up ends a long wait', async () => {
  const { client, clock, server, signal, close } = createSignalledBench()
  server.network.setReachable('refused')
  await clock.advanceAsync(60_000)
  server.network.setReachable('open')
  signal('wake')
  await clock.advanceAsync(10)
  expect(client.$.status.state).toBe('connected')
  await close()
})

test('stats add up over all connections', async () => {
  const { client, clock, server, close } = createBench()
  await clock.advanceAsync(10)
  expect(client.$.stats()).toMatchObject({ reconnects: 0, roundTripMs: 2 })
  const { sent, received } = client.$.stats()
  expect(sent.messages).toBeGreaterThan(0)
  expect(received.wireBytes).toBeGreaterThan(0)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  const after = client.$.stats()
  expect(after.reconnects).toBe(1)
  expect(after.sent.wireBytes).toBeGreaterThan(sent.wireBytes)
  expect(after.received.messages).toBeGreaterThan(received.messages)
  await close()
})
