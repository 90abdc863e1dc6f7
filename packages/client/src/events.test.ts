import { event, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { Gap } from './client-types.ts'
import { createClient } from './create-client.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { api, createBench } from './test-client.fixture.ts'
import { createTestServer } from './test-server.fixture.ts'

const RECONNECTED_MS = 2000
const LOBBY = { room: 'lobby' }

test('events of a topic reach its listener, those of others do not', async () => {
  const { client, clock, server, close } = createBench()
  const users: string[] = []
  const ticks: number[] = []
  client.presence.on(LOBBY, ({ user }) => users.push(user))
  client.tick.on((n) => ticks.push(n))
  await clock.advanceAsync(10)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  server.publish(api.presence, { room: 'attic' }, { user: 'bob' })
  server.publish(api.tick, undefined, 7)
  await clock.advanceAsync(10)
  expect(users).toEqual(['ada'])
  expect(ticks).toEqual([7])
  await close()
})

test('listeners of one topic share one request, which ends with the last of them', async () => {
  const { client, clock, server, close } = createBench()
  const heard: string[] = []
  const first = client.presence.on(LOBBY, ({ user }) => heard.push(`first ${user}`))
  const second = client.presence.on({ ...LOBBY }, ({ user }) => heard.push(`second ${user}`))
  await clock.advanceAsync(10)
  expect(client.$.stats().inFlight).toBe(1)
  expect(server.latest.dispatcher?.size).toBe(1)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  await clock.advanceAsync(10)
  first.off()
  first.off()
  server.publish(api.presence, LOBBY, { user: 'bob' })
  await clock.advanceAsync(10)
  expect(heard).toEqual(['first ada', 'second ada', 'second bob'])
  expect(server.topics).toBe(1)
  second.off()
  await clock.advanceAsync(10)
  expect(server.topics).toBe(0)
  expect(client.$.stats().inFlight).toBe(0)
  await close()
})

test('events that are under way to listeners that have left do not reach those that come', async () => {
  const { client, clock, server, close } = createBench()
  const heard: number[] = []
  const first = client.tick.on(() => {})
  await clock.advanceAsync(10)
  server.latest.link.pause('down')
  server.publish(api.tick, undefined, 1)
  first.off()
  client.tick.on((n) => heard.push(n))
  await clock.advanceAsync(10)
  server.latest.link.resume('down')
  await clock.advanceAsync(10)
  server.publish(api.tick, undefined, 2)
  await clock.advanceAsync(10)
  expect(heard).toEqual([2])
  await close()
})

test('`using` and a signal end the listening too', async () => {
  const { client, clock, server, close } = createBench()
  const abort = new AbortController()
  client.presence.on({ room: 'attic' }, () => {}, { signal: abort.signal })
  {
    using listening = client.presence.on(LOBBY, () => {})
    await clock.advanceAsync(10)
    await listening.ready
    expect(server.topics).toBe(2)
  }
  abort.abort()
  await clock.advanceAsync(10)
  expect(server.topics).toBe(0)
  await close()
})

test('a signal that is aborted already asks for nothing', async () => {
  const { client, clock, server, close } = createBench()
  const { ready } = client.presence.on(LOBBY, () => {}, { signal: AbortSignal.abort() })
  expect(await outcomeOf(ready)).toMatchObject({ code: 'CANCELLED' })
  await clock.advanceAsync(10)
  expect(server.topics).toBe(0)
  await close()
})

test('a listener that throws disturbs no other, and is reported', async () => {
  const { client, clock, server, errors, close } = createBench()
  const heard: string[] = []
  const failure = new Error('listener')
  client.presence.on(LOBBY, () => {
    throw failure
  })
  client.presence.on(LOBBY, ({ user }) => heard.push(user))
  await clock.advanceAsync(10)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  await clock.advanceAsync(10)
  expect(heard).toEqual(['ada'])
  expect(errors).toEqual([failure])
  await close()
})

test('a listener that ends another one in the middle of an event is obeyed', async () => {
  const { client, clock, server, close } = createBench()
  const heard: string[] = []
  client.presence.on(LOBBY, () => {
    heard.push('first')
    second.off()
  })
  const second = client.presence.on(LOBBY, () => heard.push('second'))
  await clock.advanceAsync(10)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  await clock.advanceAsync(10)
  expect(heard).toEqual(['first'])
  await close()
})

test('listening goes on after a lost connection, and onGap says that events may be missing', async () => {
  const { client, clock, server, close } = createBench()
  const heard: string[] = []
  const gaps: Gap[] = []
  client.presence.on(LOBBY, ({ user }) => heard.push(user), { onGap: (gap) => void gaps.push(gap) })
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  await clock.advanceAsync(10)
  expect(heard).toEqual(['ada'])
  expect(gaps).toEqual([{ reason: 'connection-lost' }])
  await close()
})

test('one that was never accepted before has no gap', async () => {
  const { client, clock, server, close } = createBench()
  server.network.setReachable('refused')
  const gaps: Gap[] = []
  const { ready } = client.presence.on(LOBBY, () => {}, { onGap: (gap) => void gaps.push(gap) })
  await clock.advanceAsync(1000)
  server.network.setReachable('open')
  await clock.advanceAsync(60_000)
  await ready
  expect(gaps).toEqual([])
  await close()
})

test('params that cannot be serialised throw at once', async () => {
  const { client, close } = createBench()
  // @ts-expect-error the room must be a string
  expect(() => client.presence.on({ room: () => {} }, () => {})).toThrow(/room/)
  await close()
})

test('ending it before the server has answered rejects `ready`, without an unhandled rejection', async () => {
  const { client, clock, close } = createBench()
  const listening = client.presence.on(LOBBY, () => {})
  listening.off()
  expect(await outcomeOf(listening.ready)).toMatchObject({ code: 'CANCELLED' })
  await clock.advanceAsync(10)
  await close()
})

const guarded = router({
  secret: event({ params: v.string(), payload: v.number() }),
  glimpse: event({ payload: v.number(), volatile: true }),
})

function createGuardedBench(options: { readonly validate?: boolean } = {}) {
  const { clock } = createBench({ lazy: true })
  const implementation = implement(guarded).handlers({
    secret: ({ params, fail }) => {
      if (params === 'closed') fail('FORBIDDEN', undefined, 'not you')
    },
  })
  const server = createTestServer({ clock, implementation })
  const errors: unknown[] = []
  const client = createClient(guarded, {
    connector: server.network.connector,
    clock,
    onError: (error) => void errors.push(error),
    ...options,
  })
  const close = async (): Promise<void> => {
    const closed = client.$.close()
    await clock.advanceAsync(5000)
    await closed
    expect(clock.pending).toBe(0)
  }
  return { clock, server, client, errors, close }
}

test('a refusal rejects `ready`', async () => {
  const { clock, client, errors, close } = createGuardedBench()
  const { ready } = client.secret.on('closed', () => {})
  const refusal = outcomeOf(ready)
  await clock.advanceAsync(10)
  expect(await refusal).toMatchObject({ code: 'FORBIDDEN', message: 'not you' })
  expect(errors).toEqual([])
  expect(client.$.stats().inFlight).toBe(0)
  await close()
})

test('a refusal that nobody waits for is reported instead', async () => {
  const { clock, client, errors, close } = createGuardedBench()
  client.secret.on('closed', () => {})
  await clock.advanceAsync(10)
  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }])
  await close()
})

test('with `validate` a payload that does not match its schema is reported, and reaches no listener', async () => {
  const { clock, client, server, errors, close } = createGuardedBench({ validate: true })
  const heard: number[] = []
  client.secret.on('open', (n) => heard.push(n))
  await clock.advanceAsync(10)
  server.publish(guarded.secret, 'open', 'seven')
  server.publish(guarded.secret, 'open', 7)
  await clock.advanceAsync(10)
  expect(heard).toEqual([7])
  expect(errors).toMatchObject([{ code: 'INVALID_OUTPUT' }])
  await close()
})

test('a volatile event is delivered, and validated, like any other', async () => {
  const { clock, client, server, errors, close } = createGuardedBench({ validate: true })
  const heard: number[] = []
  client.glimpse.on((n) => heard.push(n))
  await clock.advanceAsync(10)
  server.publish(guarded.glimpse, undefined, 'seven')
  server.publish(guarded.glimpse, undefined, 7)
  await clock.advanceAsync(10)
  expect(heard).toEqual([7])
  expect(errors).toMatchObject([{ code: 'INVALID_OUTPUT' }])
  await close()
})

test('a line that gives up keeps the topics it had, and restores them when it starts again', async () => {
  const { client, clock, server, close } = createBench({ reconnect: { maxAttempts: 0 } })
  const heard: string[] = []
  client.presence.on(LOBBY, ({ user }) => heard.push(user))
  await clock.advanceAsync(10)
  server.latest.link.cut()
  await clock.advanceAsync(RECONNECTED_MS)
  expect(client.$.status.state).toBe('suspended')
  const { ready } = client.presence.on({ room: 'attic' }, () => {})
  expect(await outcomeOf(ready)).toMatchObject({ code: 'CONNECTION_LOST' })
  client.$.reconnect()
  await clock.advanceAsync(10)
  server.publish(api.presence, LOBBY, { user: 'ada' })
  await clock.advanceAsync(10)
  expect(heard).toEqual(['ada'])
  await close()
})
