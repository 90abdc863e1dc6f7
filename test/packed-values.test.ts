/** Clients and servers of one contract and of different ones: in which form values travel, and that all of them arrive. */
import { createClient } from '@tautline/client'
import { event, query, router, subscription } from '@tautline/core'
import type { Connector } from '@tautline/core/io'
import {
  createValueCodec,
  DEFAULT_LIMITS,
  decodeBody,
  decodeEnvelope,
  type Frame,
  FrameType,
  type Payload,
} from '@tautline/core/protocol'
import { createMemoryNetwork, createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { createServer, implement, tracked } from '@tautline/server'
import * as v from 'valibot'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serveOn } from './resume/line.fixture.ts'

const Row = v.object({ id: v.number(), name: v.string(), at: v.date(), note: v.optional(v.string()) })

const rowOf = (id: number): v.InferOutput<typeof Row> => ({ id, name: `row ${id}`, at: new Date(id * 1000) })

/** Has `since` in a version that the other end does not know. */
const createApi = <T extends v.ObjectEntries>(more: T) =>
  router({
    rows: query({
      input: v.object({ count: v.number(), ...more }),
      output: v.array(Row),
      errors: { TOO_MANY: v.object({ most: v.number() }) },
    }),
    later: subscription({ input: v.object({ from: v.number() }), output: Row, resume: v.number() }),
    changed: event({ params: v.object({ table: v.string() }), payload: Row }),
  })

const api = createApi({})
// Of another version, which an end of this one takes for its own until it is told otherwise.
const newerApi = createApi({ since: v.optional(v.date()) }) as unknown as typeof api
const strictApi = createApi({ since: v.date() }) as unknown as typeof api

interface Desk {
  readonly inputs: unknown[]
  readonly outputs: unknown[]
  answer: () => unknown
}

function startServer(contract: typeof api, clock: VirtualClock, desk: Desk) {
  const handlers = implement(contract)
    .use(async ({ next }) => {
      const result = await next()
      desk.outputs.push(result.output)
      return result
    })
    .handlers({
      rows({ input, fail }) {
        desk.inputs.push(input)
        if (input.count > 100) fail('TOO_MANY', { most: 100 })
        // Whatever somebody without a compiler may return.
        return desk.answer() as v.InferOutput<typeof Row>[]
      },
      async *later({ input, resume }) {
        for (let id = resume ?? input.from; id < 3; id++) yield tracked(id + 1, rowOf(id))
      },
    })
  return createServer(handlers, { clock, log: false, compression: false, resume: false })
}

interface Tapped {
  readonly connector: Connector
  readonly up: Frame[]
  readonly down: Frame[]
}

/** A connector that keeps what passes. */
function tap(connector: Connector): Tapped {
  const up: Frame[] = []
  const down: Frame[] = []
  const keep = (message: Uint8Array, into: Frame[]): void => {
    into.push(...decodeBody(decodeEnvelope(message.slice(), DEFAULT_LIMITS).body, DEFAULT_LIMITS))
  }
  return {
    up,
    down,
    connector: {
      kind: connector.kind,
      connect(listener) {
        const transport = connector.connect({
          onOpen: () => listener.onOpen(),
          onMessage(message) {
            keep(message, down)
            listener.onMessage(message)
          },
          onClose: (code, reason) => listener.onClose(code, reason),
          onDrain: () => listener.onDrain(),
        })
        return {
          kind: transport.kind,
          compresses: transport.compresses,
          get backlogBytes() {
            return transport.backlogBytes
          },
          send(message) {
            keep(message, up)
            transport.send(message)
          },
          close: (code, reason) => transport.close(code, reason),
        }
      },
    },
  }
}

/** A server, and clients that connect when they are made. */
function createBench(contract: typeof api = api) {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, latencyMs: 5 })
  const desk: Desk = { inputs: [], outputs: [], answer: () => [] }
  const servers = [startServer(contract, clock, desk)]
  const ends: (() => Promise<void>)[] = []
  serveOn(network, servers[0]!)
  onTestFinished(async () => {
    const ended = [...ends.map((end) => end()), ...servers.map((server) => server.close({ drainMs: 1 }))]
    await clock.advanceAsync(60_000)
    await Promise.all(ended)
  })
  return {
    clock,
    network,
    desk,
    server: servers[0]!,
    /** From now on another one answers, and connections to the one before are lost. */
    replaceServer: (by: typeof api): void => {
      servers.push(startServer(by, clock, desk))
      serveOn(network, servers.at(-1)!)
      for (const link of network.links) link.cut()
    },
    connect: async (as: typeof api = api) => {
      const tapped = tap(network.connector)
      const client = createClient(as, {
        connector: tapped.connector,
        clock,
        random: () => 0,
        pageSignals: () => () => {},
        validate: true,
      })
      ends.push(() => client.$.close())
      await clock.advanceAsync(50)
      expect(client.$.status.state).toBe('connected')
      return { client, up: tapped.up, down: tapped.down }
    },
    run: async <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => {})
      await clock.advanceAsync(5_000)
      return promise
    },
  }
}

function calls(frames: readonly Frame[]) {
  return frames.filter((frame) => frame.type === FrameType.Call)
}

function answers(frames: readonly Frame[]): unknown[] {
  return frames.flatMap((frame) => (frame.type === FrameType.Ok ? [read(frame.output)] : []))
}

/** As any MessagePack tool sees it. */
function read(payload: Payload | undefined): unknown {
  return payload && createValueCodec().decode(payload)
}

describe('ends of one contract', () => {
  test('send values by position, and tables by columns', async () => {
    const { desk, connect, run } = createBench()
    const { client, up, down } = await connect()
    const rows = [1, 2, 3, 4].map(rowOf)
    desk.answer = () => rows
    expect(await run(client.rows({ count: 4 }))).toStrictEqual(rows)
    expect(desk.inputs).toStrictEqual([{ count: 4 }])
    expect(calls(up).map(({ procedure, input }) => [procedure, read(input)])).toEqual([[2, [4]]])
    expect(answers(down)).toEqual([
      [false, 0, [1, 2, 3, 4], [5, 5, 5, 5], 'row 1row 2row 3row 4', 0, [1000, 2000, 3000, 4000], [{}, {}, {}, {}]],
    ])
  })

  test('leave out of answers what the schema does not name, and show middleware the rest', async () => {
    const { desk, connect, run } = createBench()
    const { client } = await connect()
    class Entity {
      readonly #secret = 'x'
      readonly id = 1
      readonly at = new Date(0)
      get name(): string {
        return `${this.#secret}y`
      }
    }
    desk.answer = () => [Object.assign(new Entity(), { password: 'p' })]
    const expected = [{ id: 1, name: 'xy', at: new Date(0) }]
    expect(await run(client.rows({ count: 1 }))).toStrictEqual(expected)
    expect(desk.outputs).toStrictEqual([expected])
  })

  test('tell where an input is not what the schema says', async () => {
    const { connect, run } = createBench()
    const { client, up } = await connect()
    // As somebody without a compiler calls it.
    const call = client.rows({ count: 'x' as unknown as number })
    await expect(run(call)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      data: { issues: [{ path: ['count'] }] },
    })
    expect(calls(up).map(({ input }) => read(input))).toEqual([{ '': { count: 'x' } }])
  })

  test('take an answer that is not what the schema says for a fault of the handler', async () => {
    const { desk, connect, run } = createBench()
    const { client } = await connect()
    desk.answer = () => [{ ...rowOf(1), at: 'today' }]
    await expect(run(client.rows({ count: 1 }))).rejects.toMatchObject({ code: 'INTERNAL' })
    desk.answer = () => [{ ...rowOf(1), name: '\ud800' }]
    await expect(run(client.rows({ count: 1 }))).rejects.toMatchObject({ code: 'UNSERIALISABLE' })
  })

  test('pack the data of errors', async () => {
    const { connect, run } = createBench()
    const { client, down } = await connect()
    await expect(run(client.rows({ count: 101 }))).rejects.toMatchObject({ code: 'TOO_MANY', data: { most: 100 } })
    expect(down.flatMap((frame) => (frame.type === FrameType.Error ? [read(frame.data)] : []))).toEqual([[100]])
  })

  test('open streams with packed input, and go on with them', async () => {
    const { connect, run, network } = createBench()
    const { client } = await connect()
    const items = client.later({ from: 0 })
    expect(await run(items.next())).toStrictEqual({ done: false, value: rowOf(0) })
    for (const link of network.links) link.cut()
    expect(await run(items.next())).toStrictEqual({ done: false, value: rowOf(1) })
    await run(items.return())
  })
})

describe('ends of different contracts', () => {
  test('speak by path, in maps', async () => {
    const { desk, connect, run } = createBench(newerApi)
    const { client, up, down } = await connect()
    desk.answer = () => [rowOf(1)]
    expect(await run(client.rows({ count: 1 }))).toStrictEqual([rowOf(1)])
    expect(calls(up).map(({ procedure, input }) => [procedure, read(input)])).toEqual([['rows', { count: 1 }]])
    expect(answers(down)).toEqual([[rowOf(1)]])
  })

  test('let validation decide', async () => {
    const { connect, run } = createBench(strictApi)
    const { client } = await connect()
    await expect(run(client.rows({ count: 1 }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      data: { issues: [{ path: ['since'] }] },
    })
  })

  test('a call that was packed for one server is repeated in maps at the next', async () => {
    const { clock, desk, connect, run, replaceServer } = createBench()
    const { client, up } = await connect()
    const { promise } = Promise.withResolvers<never>()
    desk.answer = () => promise
    const call = client.rows({ count: 1 })
    await clock.advanceAsync(20)
    desk.answer = () => [rowOf(1)]
    replaceServer(newerApi)
    expect(await run(call)).toStrictEqual([rowOf(1)])
    expect(calls(up).map(({ procedure, input }) => [procedure, read(input)])).toEqual([
      [2, [1]],
      ['rows', { count: 1 }],
    ])
  })

  test('and the other way round', async () => {
    const { clock, desk, connect, run, replaceServer, network } = createBench(newerApi)
    const { client, up } = await connect()
    const { promise } = Promise.withResolvers<never>()
    desk.answer = () => promise
    const call = client.rows({ count: 1 })
    await clock.advanceAsync(20)
    desk.answer = () => [rowOf(1)]
    network.setReachable('refused')
    replaceServer(api)
    await clock.advanceAsync(20)
    network.setReachable('open')
    expect(await run(call)).toStrictEqual([rowOf(1)])
    expect(calls(up).every(({ procedure }) => procedure === 'rows')).toBe(true)
  })

  test('events reach both, each in its form', async () => {
    const { clock, server, connect } = createBench()
    const ends = [await connect(), await connect(newerApi)]
    const heard: unknown[] = []
    for (const { client } of ends) client.changed.on({ table: 't' }, (row) => void heard.push(row))
    await clock.advanceAsync(50)
    expect(server.publish(api.changed, { table: 't' }, rowOf(1))).toBe(2)
    await clock.advanceAsync(50)
    expect(heard).toStrictEqual([rowOf(1), rowOf(1)])
    const payloads = ends.map(({ down }) =>
      down.flatMap((frame) => (frame.type === FrameType.Event ? [read(frame.payload)] : [])),
    )
    expect(payloads).toEqual([[[1, 'row 1', 1000]], [rowOf(1)]])
    expect(() => server.publish(api.changed, { table: 't' }, { ...rowOf(1), id: Number.NaN })).toThrow(
      'match the contract',
    )
  })
})
