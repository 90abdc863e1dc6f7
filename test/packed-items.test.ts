/** Items of streams between a client and a server of one contract: packed where their schema is flat, and refused one by one. */
import { createClient } from '@tautline/client'
import { router, subscription } from '@tautline/core'
import type { Connector } from '@tautline/core/io'
import {
  createValueCodec,
  DEFAULT_LIMITS,
  decodeBody,
  decodeEnvelope,
  FrameType,
  type ItemsFrame,
} from '@tautline/core/protocol'
import { createMemoryNetwork, createVirtualClock } from '@tautline/core/testing'
import { createServer, implement, tracked } from '@tautline/server'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { serveOn } from './resume/line.fixture.ts'

const Tick = v.object({ at: v.number(), text: v.optional(v.string()) })

const api = router({
  ticks: subscription({ output: Tick }),
  marked: subscription({ output: Tick, resume: v.number() }),
  nested: subscription({ output: v.object({ tick: Tick }) }),
  signs: subscription({ output: v.object({ at: v.number(), sign: v.literal(0) }) }),
  signsFrom: subscription({ output: v.string(), resume: v.literal(0) }),
})

type Item = v.InferOutput<typeof Tick>

/** What the handlers yield, whatever a compiler would say of it. */
async function connect(items: readonly unknown[]) {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, latencyMs: 5 })
  const given = items as readonly Item[]
  /** What callers were not told of. */
  const errors: unknown[] = []
  const server = createServer(
    implement(api).handlers({
      *ticks() {
        yield* given
      },
      *marked({ resume = 0 }) {
        for (let n = resume; n < given.length; n += 1) yield tracked(n + 1, given[n]!)
      },
      *nested() {
        for (const tick of given) yield { tick }
      },
      *signs() {
        yield* items as readonly { at: number; sign: 0 }[]
      },
      *signsFrom() {
        for (const item of items) yield tracked(item as 0, 'x')
      },
    }),
    { clock, log: false, compression: false, onError: (error) => errors.push(error) },
  )
  serveOn(network, server)
  const frames: ItemsFrame[] = []
  const connector: Connector = {
    kind: 'memory',
    connect: (listener) =>
      network.connector.connect({
        onOpen: () => listener.onOpen(),
        onMessage(message) {
          const { body } = decodeEnvelope(message.slice(), DEFAULT_LIMITS)
          for (const frame of decodeBody(body, DEFAULT_LIMITS)) if (frame.type === FrameType.Items) frames.push(frame)
          listener.onMessage(message)
        },
        onClose: (code, reason) => listener.onClose(code, reason),
        onDrain: () => listener.onDrain(),
      }),
  }
  const client = createClient(api, { connector, clock, compression: false, pageSignals: () => () => {} })
  onTestFinished(async () => {
    const ended = Promise.all([client.$.close(), server.close({ drainMs: 1 })])
    await clock.advanceAsync(60_000)
    await ended
  })
  await clock.advanceAsync(50)
  return {
    client,
    errors,
    /** Of each batch that came: what any MessagePack tool makes of it. */
    sent: () =>
      frames.map(({ values, resumes }) => [values, resumes].map((list) => list && createValueCodec().decode(list))),
    read: async (stream: AsyncIterable<unknown>) => {
      const seen: unknown[] = []
      let error: unknown
      const reading = (async () => {
        for await (const item of stream) seen.push(item)
      })().catch((reason: unknown) => {
        error = reason
      })
      await clock.advanceAsync(1_000)
      await reading
      return { seen, error }
    },
  }
}

const four: readonly Item[] = [{ at: 1 }, { at: 2, text: 'a' }, { at: 3 }, { at: 4, text: 'a' }]

test('travel in columns, where there are enough of them', async () => {
  const { client, read, sent } = await connect(four)
  expect(await read(client.ticks())).toStrictEqual({ seen: four, error: undefined })
  expect(sent()).toEqual([[[false, 0, [1, 2, 3, 4], [{}, 'a', {}, 'a']], undefined]])
})

test('take along what they can be resumed from, packed as well', async () => {
  const { client, read, sent } = await connect(four)
  expect(await read(client.marked(undefined, { resume: 1 }))).toStrictEqual({ seen: four.slice(1), error: undefined })
  expect(sent()).toEqual([
    [
      [[2, 'a'], [3], [4, 'a']],
      [2, 3, 4],
    ],
  ])
})

test('travel plain where something in them could still be changed', async () => {
  const { client, read, sent } = await connect(four)
  expect((await read(client.nested())).seen).toStrictEqual(four.map((tick) => ({ tick })))
  expect(sent()).toEqual([[four.map((tick) => ({ tick })), undefined]])
})

test('are what they were when they were given', async () => {
  const one = { at: 1 }
  const { client, read } = await connect({
    *[Symbol.iterator]() {
      for (; one.at <= 5; one.at += 1) yield one
    },
  } as unknown as readonly Item[])
  expect((await read(client.ticks())).seen).toStrictEqual([1, 2, 3, 4, 5].map((at) => ({ at })))
})

test.each([
  ['its schema does not allow', { at: 'now' }, 'INTERNAL'],
  ['cannot be sent', { at: 5, text: '\ud800' }, 'UNSERIALISABLE'],
])('one that %s ends the stream behind those before it', async (_, wrong, code) => {
  const { client, read } = await connect([...four, wrong, { at: 6 }])
  for (const stream of [client.ticks(), client.marked(undefined, {})]) {
    const { seen, error } = await read(stream)
    expect(seen).toStrictEqual(four)
    expect(error).toMatchObject({ code })
  }
})

test('one that does not fit is judged by its schema, which tells the server what is wrong with it', async () => {
  const { client, read, errors } = await connect([{ at: 'now' }])
  await read(client.ticks())
  expect(errors).toMatchObject([
    { message: expect.stringContaining('`ticks` gave what its schema does not allow at `at`') },
  ])
})

test('that are valid and have no packed form travel plain, with the rest of their turn', async () => {
  const signs = [0, 0, -0, 0].map((sign, at) => ({ at, sign }))
  const { client, read, sent } = await connect(signs)
  expect(await read(client.signs())).toStrictEqual({ seen: signs, error: undefined })
  expect(sent()).toEqual([
    [
      [
        [0, 0],
        [1, 0],
      ],
      undefined,
    ],
    [{ '': signs.slice(2) }, undefined],
  ])
})

test('the same holds for what they can be resumed from', async () => {
  const { client, read, sent } = await connect([0, -0, 0])
  expect(await read(client.signsFrom())).toStrictEqual({ seen: ['x', 'x', 'x'], error: undefined })
  expect(sent()).toEqual([
    [['x'], [0]],
    [{ '': ['x', 'x'] }, { '': [-0, 0] }],
  ])
})

test('one that cannot be sent tells the server where, and why', async () => {
  const { client, read, errors } = await connect([{ at: 1, text: '\ud800' }])
  await read(client.ticks())
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('surrogate') })])
})

test('leave out what their schema does not name', async () => {
  const { client, read } = await connect([{ at: 1, secret: 'x' }])
  expect((await read(client.ticks())).seen).toStrictEqual([{ at: 1 }])
})
