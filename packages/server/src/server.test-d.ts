import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createMemoryResultStore, implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { createServer } from './server.ts'
import type { Server } from './server-types.ts'
import type { SocketAcceptor } from './socket.ts'

const api = router({
  todo: {
    get: query({ input: v.object({ id: v.string() }), output: v.object({ title: v.string() }) }),
    watch: subscription({ output: v.number(), resume: v.string() }),
  },
  upload: duplex({ input: v.string(), up: v.instance(Uint8Array), output: v.number() }),
  presence: event({ params: v.object({ room: v.string() }), payload: v.object({ user: v.string() }) }),
  note: event({ payload: v.string() }),
  tick: event(),
  nudge: event({ params: v.string() }),
  cursor: event({ params: v.string(), payload: v.number(), volatile: true }),
  blink: event({ volatile: true }),
  steady: event({ payload: v.number(), volatile: false }),
})
const clientApi = router({ confirm: mutation({ input: v.string(), output: v.boolean() }) })

const implementation = implement(api, { calls: clientApi })
  .context(() => ({ user: 'ada' }))
  .handlers({
    todo: { get: () => ({ title: '' }), watch: () => [] },
    upload: () => [],
  })
const server = createServer(implementation, {
  principalOf: ({ user }) => user,
  onConnection({ context, client }) {
    expectTypeOf(context).toEqualTypeOf<{ user: string }>()
    expectTypeOf(client.confirm).returns.resolves.toEqualTypeOf<boolean>()
  },
})

describe('a server', () => {
  test('takes the implementation of a whole contract', () => {
    // @ts-expect-error a part is no whole
    createServer(implement(api).todo.handlers({ get: () => ({ title: '' }), watch: () => [] }))
    // @ts-expect-error no such option
    createServer(implementation, { origin: 'any' })
  })

  test('is an acceptor for adapters, and can be named without its types', () => {
    expectTypeOf(server).toExtend<SocketAcceptor>()
    expectTypeOf(server).toExtend<Server>()
  })

  test('publishes params and payload as the event declares them', () => {
    expectTypeOf(server.publish(api.presence, { room: 'a' }, { user: 'ada' })).toEqualTypeOf<number>()
    server.publish(api.note, 'text')
    server.publish(api.tick)
    server.publish(api.nudge, 'ada')
    // @ts-expect-error the payload is missing
    server.publish(api.presence, { room: 'a' })
    // @ts-expect-error `room` is a string
    server.publish(api.presence, { room: 1 }, { user: 'ada' })
    // @ts-expect-error no params are declared
    server.publish(api.note, undefined, 'text')
    // @ts-expect-error no event
    server.publish(api.todo.get, { id: '1' })
  })

  test('takes a key for volatile events alone', () => {
    server.publish(api.cursor, 'a', 1)
    server.publish(api.cursor, 'a', 1, { key: 'ada' })
    server.publish(api.blink)
    server.publish(api.blink, undefined, { key: 'ada' })
    // @ts-expect-error a key is a string
    server.publish(api.cursor, 'a', 1, { key: 1 })
    // @ts-expect-error no such option
    server.publish(api.cursor, 'a', 1, { keys: 'ada' })
    // @ts-expect-error not volatile
    server.publish(api.note, 'text', { key: 'ada' })
    // @ts-expect-error not volatile
    server.publish(api.steady, 1, { key: 'ada' })
  })

  test('knows contexts and what clients serve', () => {
    for (const { context, client } of server.connections) {
      expectTypeOf(context).toEqualTypeOf<{ user: string }>()
      expectTypeOf(client.confirm).parameter(0).toEqualTypeOf<string>()
    }
  })

  test('takes a store of results', () => {
    createServer(implementation, { results: createMemoryResultStore({ lifetimeMs: 1000 }) })
    createServer(implementation, {
      results: {
        claim: (key, { owner, fingerprint }) =>
          key === owner ? { type: 'claimed' } : { type: 'running', fingerprint },
        complete: async (_key, _owner, result) => void result.type,
        release() {},
      },
    })
    // @ts-expect-error it cannot complete a claim
    createServer(implementation, { results: { claim: () => ({ type: 'full' }), release() {} } })
  })

  test('takes idempotency keys in its own calls of mutations, and clients take none', () => {
    const keyed = createServer(implement(router({ go: mutation(), look: query() })).handlers({ go() {}, look() {} }))
    void keyed.caller({}).go(undefined, { idempotencyKey: 'order-17' })
    // @ts-expect-error a query needs none
    void keyed.caller({}).look(undefined, { idempotencyKey: 'order-17' })
    for (const { client } of server.connections) {
      // @ts-expect-error nobody keeps results there
      void client.confirm('really?', { idempotencyKey: 'order-17' })
    }
  })

  test('calls itself as a client would', () => {
    const caller = server.caller({ user: 'bob' })
    expectTypeOf(caller.todo.get).returns.resolves.toEqualTypeOf<{ title: string }>()
    expectTypeOf(caller.todo.watch).returns.toExtend<AsyncIterableIterator<number>>()
    caller.todo.watch(undefined, { resume: 'x', timeoutMs: 5 })
    caller.upload('name', [new Uint8Array()])
    // @ts-expect-error the context is missing
    server.caller()
    // @ts-expect-error no user
    server.caller({})
    // @ts-expect-error the input is missing
    void caller.todo.get()
    // @ts-expect-error a string is no bytes
    caller.upload('name', ['x'])
    // @ts-expect-error events are not called
    void caller.presence
  })
})
