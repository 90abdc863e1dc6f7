import type { BuiltInError, Result, TautlineError } from '@tautline/core'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import type { ItemStream, PendingCall } from './client-types.ts'
import { createClient } from './create-client.ts'
import { outline } from './outline.ts'
import { webSocketConnector } from './transports/websocket.ts'

const Todo = v.object({ id: v.string(), done: v.optional(v.boolean(), false) })

const api = router({
  ping: query(),
  todo: {
    get: query({
      input: v.object({ id: v.string() }),
      output: Todo,
      errors: { NOT_FOUND: v.object({ id: v.string() }), GONE: null },
    }),
    create: mutation({ input: Todo }),
    watch: subscription({ input: v.object({ list: v.string() }), output: Todo, resume: v.number() }),
  },
  tail: subscription({ output: v.number() }),
  upload: duplex({ input: v.object({ name: v.string() }), up: v.instance(Uint8Array), output: v.number() }),
  presence: event({ params: v.object({ room: v.string() }), payload: v.object({ user: v.string() }) }),
  tick: event({ payload: v.number() }),
})

const client = createClient(api, { url: 'wss://app.example/rpc', lazy: true })

test('a call takes the input of its schema and gives the output', () => {
  expectTypeOf(client.todo.get({ id: '1' })).resolves.toEqualTypeOf<{ id: string; done: boolean }>()
  expectTypeOf(client.todo.create({ id: '1' })).resolves.toEqualTypeOf<undefined>()
  expectTypeOf(client.todo.get({ id: '1' }, { timeoutMs: 1, signal: AbortSignal.timeout(1) })).toExtend<
    Promise<{ id: string }>
  >()
  // @ts-expect-error the input is missing
  void client.todo.get()
  // @ts-expect-error the id is a string
  void client.todo.get({ id: 1 })
  // @ts-expect-error no such member
  void client.todo.get({ id: '1', list: 'a' })
  // @ts-expect-error no such procedure
  void client.todo.remove({ id: '1' })
  // @ts-expect-error no such option
  void client.todo.get({ id: '1' }, { timeout: 1 })
  // @ts-expect-error the contract cannot be changed
  client.ping = undefined
})

test('a mutation takes an idempotency key, and nothing else does', () => {
  void client.todo.create({ id: '1' }, { idempotencyKey: 'order-17', timeoutMs: 10 })
  // @ts-expect-error a key is a string
  void client.todo.create({ id: '1' }, { idempotencyKey: 17 })
  // @ts-expect-error a query needs none
  void client.todo.get({ id: '1' }, { idempotencyKey: 'order-17' })
  // @ts-expect-error nor does a subscription
  client.tail(undefined, { idempotencyKey: 'order-17' })
  // @ts-expect-error nor a duplex
  client.upload({ name: 'f' }, [], { idempotencyKey: 'order-17' })
})

test('a call without input takes options behind nothing', () => {
  expectTypeOf(client.ping()).toExtend<PendingCall<undefined, BuiltInError>>()
  void client.ping(undefined, { timeoutMs: 10 })
  // @ts-expect-error there is no input
  void client.ping({ id: '1' })
})

test('a result is discriminated by ok, its error by code', async () => {
  const result = await client.todo.get({ id: '1' }).result()
  expectTypeOf(result).toExtend<Result<{ id: string }, TautlineError>>()
  if (result.ok) {
    expectTypeOf(result.value).toEqualTypeOf<{ id: string; done: boolean }>()
    // @ts-expect-error there is no error
    void result.error
    return
  }
  // @ts-expect-error there is no value
  void result.value
  const { error } = result
  if (error.code === 'NOT_FOUND') expectTypeOf(error.data).toEqualTypeOf<{ id: string }>()
  if (error.code === 'INVALID_INPUT') expectTypeOf(error.data.issues[0]?.message).toEqualTypeOf<string | undefined>()
  // @ts-expect-error not declared
  expectTypeOf(error.code === 'TITLE_TAKEN').toBeBoolean()
})

test('a subscription is an async iterable of its items, with where to resume', () => {
  const stream = client.todo.watch({ list: 'a' }, { resume: 7, onGap: ({ reason }) => void reason })
  expectTypeOf(stream).toExtend<ItemStream<{ id: string; done: boolean }, number>>()
  expectTypeOf(stream.lastResume).toEqualTypeOf<number | undefined>()
  expectTypeOf(client.tail().lastResume).toEqualTypeOf<undefined>()
  // @ts-expect-error resume values are numbers
  client.todo.watch({ list: 'a' }, { resume: 'seven' })
  // @ts-expect-error the list is missing
  client.todo.watch({})
  // @ts-expect-error a stream is no promise
  client.todo.watch({ list: 'a' }).result()
})

test('a duplex takes items of its schema from anything that can be read', () => {
  const bytes = new Uint8Array(1)
  expectTypeOf(client.upload({ name: 'f' }, [bytes])).toExtend<ItemStream<number>>()
  client.upload({ name: 'f' }, new Blob([]).stream())
  client.upload(
    { name: 'f' },
    (async function* () {
      yield bytes
    })(),
  )
  // @ts-expect-error the items are bytes
  client.upload({ name: 'f' }, ['a'])
  // @ts-expect-error there is no source
  client.upload({ name: 'f' })
})

test('an event is listened to by its params, with its payload', () => {
  const listening = client.presence.on({ room: 'lobby' }, (payload) => {
    expectTypeOf(payload).toEqualTypeOf<{ user: string }>()
  })
  expectTypeOf(listening.ready).toEqualTypeOf<Promise<void>>()
  client.tick.on((n) => {
    expectTypeOf(n).toEqualTypeOf<number>()
  })
  // @ts-expect-error the room is missing
  client.presence.on({}, () => {})
  // @ts-expect-error the event has params
  client.presence.on(() => {})
  // @ts-expect-error the event has none
  client.tick.on({ room: 'lobby' }, () => {})
  // @ts-expect-error an event cannot be called
  client.presence({ room: 'lobby' })
})

test('a client needs to know where to connect, in one way', () => {
  // @ts-expect-error neither an address nor a connector
  createClient(api, {})
  // @ts-expect-error both of them
  createClient(api, { url: 'wss://app.example', connector: webSocketConnector({ url: '/' }) })
  // @ts-expect-error not a contract
  createClient({ a: 1 }, { url: 'wss://app.example' })
  createClient(api, { url: new URL('wss://app.example'), WebSocket, lazy: true })
})

test('an outline must say the kind of each procedure, and the right one', () => {
  const rest = { tail: 'subscription', upload: 'duplex', presence: 'event', tick: 'event' } as const
  const todo = { get: 'query', create: 'mutation', watch: 'resumable subscription' } as const
  const sketched = createClient(outline<typeof api>({ ping: 'query', todo, ...rest }), { url: 'wss://app.example' })
  expectTypeOf(sketched).toEqualTypeOf<typeof client>()
  // @ts-expect-error `ping` is missing
  outline<typeof api>({ todo, ...rest })
  // @ts-expect-error `ping` is a query
  outline<typeof api>({ ping: 'mutation', todo, ...rest })
  // @ts-expect-error `pong` is not in the contract
  outline<typeof api>({ ping: 'query', pong: 'query', todo, ...rest })
})

test('what is no contract at first sight has no client', () => {
  const options = { url: 'wss://app.example/rpc', lazy: true } as const
  // @ts-expect-error a number is neither a procedure nor a group
  expectTypeOf(createClient).toBeCallableWith({ get: 5 }, options)
  // @ts-expect-error no contract has that name
  expectTypeOf(createClient).toBeCallableWith({ finally: {} }, options)
})
