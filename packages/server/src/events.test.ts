import { event, query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, FrameType } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const api = router({
  news: event({
    params: v.object({ room: v.string(), page: v.number() }),
    payload: v.object({ text: v.string(), more: v.optional(v.string()) }),
  }),
  opened: event({ payload: v.string() }),
  tick: event(),
  secret: event({ payload: v.string(), compress: false }),
  ping: query({ output: v.string() }),
})

const app = implement(api)
const implementation = app.handlers({ ping: () => 'pong' })

describe('publish', () => {
  test('reaches everyone who listens to the topic, whatever the order of its params, and nobody else', async () => {
    const bench = createBench(implementation)
    const [ada, bob, eve] = [await bench.connect(), await bench.connect(), await bench.connect()]
    await bench.run(ada.listen('news', { room: 'a', page: 1 }).accepted)
    await bench.run(bob.listen('news', { page: 1, room: 'a' }).accepted)
    await bench.run(eve.listen('news', { room: 'a', page: 2 }).accepted)
    expect(bench.server.publish(api.news, { page: 1, room: 'a' }, { text: 'hi' })).toBe(2)
    await bench.clock.settle()
    const arrived = [expect.anything(), { room: 'a', page: 1 }, { text: 'hi' }]
    expect([ada.events, bob.events, eve.events]).toEqual([[arrived], [arrived], []])
  })

  test('takes payloads without params, and neither', async () => {
    const bench = createBench(implementation)
    const client = await bench.connect()
    await bench.run(client.listen('opened').accepted)
    await bench.run(client.listen('tick').accepted)
    bench.server.publish(api.opened, 'door')
    bench.server.publish(api.tick)
    await bench.clock.settle()
    expect(client.events.map(([, params, payload]) => [params, payload])).toEqual([
      [undefined, 'door'],
      [undefined, undefined],
    ])
  })

  test('names the event by path to a client of another contract', async () => {
    const bench = createBench(implementation)
    const same = await bench.connect()
    const older = await bench.connect({ hello: { contractHash: 'ffffffffffffffff' } })
    for (const client of [same, older]) await bench.run(client.listen('opened').accepted)
    bench.server.publish(api.opened, 'door')
    await bench.clock.settle()
    expect(same.events[0]?.[0]).toBeTypeOf('number')
    expect(older.events[0]?.[0]).toBe('opened')
  })

  test('reaches a connection once, however often it listens, and until the last listening ends', async () => {
    const bench = createBench(implementation)
    const client = await bench.connect()
    const [one, two] = [client.listen('opened'), client.listen('opened')]
    await bench.run(Promise.all([one.accepted, two.accepted]))
    expect(bench.server.publish(api.opened, '1')).toBe(1)
    one.cancel()
    await bench.clock.settle()
    expect(bench.server.publish(api.opened, '2')).toBe(1)
    two.cancel()
    await bench.clock.settle()
    expect(bench.server.publish(api.opened, '3')).toBe(0)
    expect(client.events.map(([, , payload]) => payload)).toEqual(['1', '2'])
    expect(bench.server.stats().topics).toBe(0)
  })

  test('forgets listeners whose connection is lost', async () => {
    const bench = createBench(implementation)
    const client = await bench.connect()
    await bench.run(client.listen('opened').accepted)
    expect(bench.server.stats()).toMatchObject({ running: 1, topics: 1 })
    client.link.cut()
    await bench.clock.settle()
    expect(bench.server.stats()).toMatchObject({ running: 0, topics: 0 })
  })

  test('throws for what its schemas do not allow, cannot travel, or does not fit', async () => {
    const bench = createBench(implementation)
    const client = await bench.connect()
    await bench.run(client.listen('opened').accepted)
    const { server } = bench
    const code = (publish: () => unknown): unknown => {
      try {
        return publish()
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(code(() => server.publish(api.opened, 5 as never))).toBe('INVALID_OUTPUT')
    expect(code(() => server.publish(api.news, { room: 1 } as never, { text: '' }))).toBe('INVALID_OUTPUT')
    expect(() => server.publish(api.opened, 5 as never)).toThrow(
      'Expected the payload of `opened` to match the contract',
    )
    expect(() => server.publish(api.news, 5 as never, { text: '' })).toThrow('Expected the params of `news`')
    expect(code(() => server.publish(api.opened, '\ud800'))).toBe('UNSERIALISABLE')
    expect(code(() => server.publish(api.opened, 'x'.repeat(2 * 1024 * 1024)))).toBe('LIMIT_EXCEEDED')
    expect(() => server.publish(api.ping as never, undefined as never)).toThrow('Expected an event')
    await bench.clock.settle()
    expect(client.events).toEqual([])
    expect(client.endings).toEqual([])
  })

  test('by a handler comes behind the acceptance of what arrived in the same message before', async () => {
    let publish = (): void => {}
    const bench = createBench(
      app.handlers({
        ping() {
          publish()
          return 'pong'
        },
      }),
    )
    publish = () => void bench.server.publish(api.tick)
    const peer = await bench.connectRaw()
    await bench.run(peer.hello())
    const call = { procedure: 'ping', input: undefined, timeoutMs: undefined, meta: undefined }
    peer.send(
      { type: FrameType.Listen, id: 1, event: 'tick', params: undefined },
      { type: FrameType.Call, id: 3, ...call },
    )
    await bench.clock.settle()
    const order = peer.inbox.filter(({ type }) => type < FrameType.Hello).map(({ type }) => type)
    expect(order).toEqual([FrameType.Ok, FrameType.Event, FrameType.Ok])
  })

  test('keeps its place between the answers around it, compressed or not', async () => {
    const bench = createBench(
      app.handlers({
        ping: () => {
          bench.server.publish(api.opened, 'x'.repeat(5000))
          bench.server.publish(api.secret, 'y'.repeat(5000))
          return 'pong'
        },
      }),
    )
    const order: string[] = []
    const client = await bench.connect({ compresses: true })
    await bench.run(client.listen('opened').accepted)
    await bench.run(client.listen('secret').accepted)
    await bench.run(client.api.ping().then(() => order.push(`answer after ${client.events.length}`)))
    expect(order).toEqual(['answer after 2'])
    expect(client.events.map(([, , payload]) => String(payload)[0])).toEqual(['x', 'y'])
  })
})

describe('listening', () => {
  test('is refused for params that the schema does not allow, and for what is no event', async () => {
    const bench = createBench(implementation)
    const client = await bench.connect()
    await expect(bench.run(client.listen('news', { room: 1 }).accepted)).rejects.toThrow('INVALID_INPUT')
    await expect(bench.run(client.listen('ping').accepted)).rejects.toThrow('UNKNOWN_PROCEDURE')
    await expect(bench.run(client.listen('nothing').accepted)).rejects.toThrow('UNKNOWN_PROCEDURE')
    expect(bench.server.stats()).toMatchObject({ running: 0, topics: 0 })
  })

  test('is up to the guard of the event, which is told when it ends', async () => {
    const notes: string[] = []
    const bench = createBench(
      app.handlers({
        ping: () => '',
        news: async ({ params, fail }) => {
          if (params.room === 'staff') fail('FORBIDDEN')
          notes.push(`in ${params.room}`)
          return () => notes.push(`out of ${params.room}`)
        },
      }),
    )
    const client = await bench.connect()
    await expect(bench.run(client.listen('news', { room: 'staff', page: 1 }).accepted)).rejects.toThrow('FORBIDDEN')
    const listening = client.listen('news', { room: 'a', page: 1 })
    await bench.run(listening.accepted)
    await bench.run(client.listen('news', { room: 'b', page: 1 }).accepted)
    listening.cancel()
    await bench.clock.settle()
    client.link.cut()
    await bench.clock.settle()
    expect(notes).toEqual(['in a', 'in b', 'out of a', 'out of b'])
  })

  test('ends also where the guard fails to end', async () => {
    const bench = createBench(
      app.handlers({
        ping: () => '',
        opened: () => () => Promise.reject(new Error('late')),
        tick: () => () => {
          throw new Error('soon')
        },
      }),
    )
    const client = await bench.connect()
    await bench.run(client.listen('opened').accepted)
    await bench.run(client.listen('tick').accepted)
    client.link.cut()
    await bench.clock.settle()
    expect(bench.errors.map(({ error }) => String(error))).toEqual(['Error: soon', 'Error: late'])
    expect(bench.server.stats()).toMatchObject({ running: 0, topics: 0 })
  })

  test('that is cancelled while its guard decides ends what the guard began', async () => {
    const notes: string[] = []
    let decide = (): void => {}
    const bench = createBench(
      app.handlers({
        ping: () => '',
        opened: async () => {
          await new Promise<void>((resolve) => {
            decide = resolve
          })
          return () => notes.push('ended')
        },
      }),
    )
    const client = await bench.connect()
    const listening = client.listen('opened')
    await bench.clock.settle()
    listening.cancel()
    await bench.clock.settle()
    decide()
    await bench.clock.settle()
    expect(notes).toEqual(['ended'])
    expect(bench.server.stats()).toMatchObject({ running: 0, topics: 0 })
  })

  test('to one topic more than allowed is refused alone', async () => {
    const bench = createBench(implementation, { limits: { topics: 2 } })
    const client = await bench.connectRaw()
    await bench.run(client.hello())
    for (const id of [1, 3, 5]) client.send({ type: FrameType.Listen, id, event: 'opened', params: undefined })
    await bench.clock.settle()
    expect(client.inbox.map(({ type }) => type)).toEqual([FrameType.Ok, FrameType.Ok, FrameType.Error])
    expect(client.inbox.at(-1)).toMatchObject({ id: 5, code: 'LIMIT_EXCEEDED' })
  })
})

describe('params', () => {
  test('may have 4096 bytes, and one more is refused before anything looks at them', async () => {
    const bench = createBench(app.handlers({ ping: () => '', tick: () => expect.unreachable() }))
    const client = await bench.connect()
    // Map, keys, the number and the head of the string have 15.
    const roomFor = (bytes: number) => ({ page: 1, room: 'x'.repeat(bytes - 15) })
    expect(createValueCodec().encode(roomFor(4096)).byteLength).toBe(4096)
    await bench.run(client.listen('news', roomFor(4096)).accepted)
    await expect(bench.run(client.listen('news', roomFor(4097)).accepted)).rejects.toThrow('LIMIT_EXCEEDED')
    await expect(bench.run(client.listen('tick', roomFor(4097)).accepted)).rejects.toThrow('LIMIT_EXCEEDED')
    expect(bench.server.stats()).toMatchObject({ topics: 1, running: 1 })
  })
})
