import { afterEach, describe, expect, test } from 'vitest'
import type { Compressor } from '../io/ports.ts'
import { SharedFrame } from '../io/shared-frame.ts'
import { createStreamCompressor } from '../io/stream-compressor.ts'
import { createZlibCompressor } from '../io/zlib-compressor.ts'
import { FrameType, type Payload } from '../protocol/frame.ts'
import { type Call, call, echo } from './call.fixture.ts'
import {
  batchOf,
  connectPair,
  eventually,
  expectNothingLeft,
  type Pair,
  type PairOptions,
} from './connected.fixture.ts'

const pairs: Pair[] = []

async function connect(options?: PairOptions): Promise<Pair> {
  const pair = await connectPair(options)
  pairs.push(pair)
  return pair
}

afterEach(async () => {
  for (const pair of pairs.splice(0)) await expectNothingLeft(pair)
})

describe('Connection', () => {
  test('brings calls to the other end and answers back, from both ends', async () => {
    const pair = await connect({ server: echo, client: echo })
    const up = call(pair, { hello: 'server' })
    const down = call(pair, { hello: 'client' }, { from: 'server' })
    await pair.clock.settle()
    expect(up.outcome()).toEqual({ hello: 'server' })
    expect(down.outcome()).toEqual({ hello: 'client' })
    expect(pair.client.told).toContain('welcome')
    expect(pair.server.told).toContain('hello')
  })

  test('sends all calls of a turn as one message, and all answers as another', async () => {
    const pair = await connect({ server: echo })
    const before = { up: pair.link.up.messages, down: pair.link.down.messages }
    const calls = Array.from({ length: 20 }, (_, index) => call(pair, index))
    await pair.clock.settle()
    expect(calls.map(({ outcome }) => outcome())).toEqual(calls.map((_, index) => index))
    expect(pair.link.up.messages - before.up).toBe(1)
    expect(pair.link.down.messages - before.down).toBe(1)
  })

  test('keeps its frames in order when effects cause moves', async () => {
    // Two places: the third call waits for the first answer, while the application makes a fourth upon it.
    const order: number[] = []
    let answer = (): void => {}
    const pair = await connect({
      limits: { calls: 2 },
      server: (effect, link) => {
        if (effect.type !== 'call') return
        order.push(effect.id)
        if (effect.id === 3) answer = () => [1, 3].forEach((id) => link.succeed(id, undefined))
        else if (effect.id > 3) link.succeed(effect.id, undefined)
      },
    })
    let last: Call | undefined
    const onSettled = (): void => {
      last = call(pair, 'upon the first answer')
    }
    call(pair, 'first', { onSettled })
    call(pair, 'second')
    call(pair, 'third')
    await pair.clock.settle()
    expect(order).toEqual([1, 3])
    answer()
    await pair.clock.settle()
    expect(order).toEqual([1, 3, 5, 7])
    expect(last?.outcome()).toBeUndefined()
  })

  test('reaches the handler with a cancel, and answers nothing for it', async () => {
    const log: string[] = []
    const pair = await connect({
      server: (effect, link) => {
        log.push(effect.type)
        if (effect.type === 'abort') link.succeed(effect.id, undefined)
      },
    })
    const { id, outcome } = call(pair, 1)
    await pair.clock.settle()
    pair.client.caller.cancel(id)
    await pair.clock.settle()
    expect(log).toEqual(['call', 'abort'])
    expect(outcome()).toBe('pending')
  })

  test('ends a call at its deadline, on both ends', async () => {
    const log: string[] = []
    const pair = await connect({ server: (effect) => void log.push(effect.type) })
    const { outcome } = call(pair, 1, { timeoutMs: 500 })
    await pair.clock.advanceAsync(499)
    expect(outcome()).toBe('pending')
    await pair.clock.advanceAsync(2)
    expect(outcome()).toBe('timeout')
    expect(log).toEqual(['call', 'abort'])
  })

  test('keeps an idle line alive with heartbeats, for an hour', async () => {
    const pair = await connect({ server: echo })
    await pair.clock.advanceAsync(3_600_000)
    const { outcome } = call(pair, 'still there')
    await pair.clock.settle()
    expect(outcome()).toBe('still there')
    expect(pair.client.told).toContain('round-trip')
  })

  test('acknowledges when nothing else goes out', async () => {
    const pair = await connect({ server: () => {} })
    const before = pair.link.down.messages
    call(pair, 'no answer')
    await pair.clock.advanceAsync(300)
    expect(pair.link.down.messages - before).toBe(1)
  })
})

describe('Connection: sizes', () => {
  const LIMITS = { messageBytes: 2000 }

  test('fails a call whose input is larger than a message may be, and nothing else', async () => {
    const pair = await connect({ limits: LIMITS, server: echo })
    const large = call(pair, 'x'.repeat(2000))
    const small = call(pair, 'small')
    expect(large.outcome()).toBe('error LIMIT_EXCEEDED')
    await pair.clock.settle()
    expect(small.outcome()).toBe('small')
    expect(pair.server.connection.stats.session.peerCalls).toBe(0)
  })

  test('fails a call whose output is larger than a message may be, and nothing else', async () => {
    const pair = await connect({
      limits: LIMITS,
      server: (effect, link) => {
        if (effect.type === 'call') link.succeed(effect.id, pair.codec.encode('x'.repeat(2000)))
      },
    })
    const { outcome } = call(pair, 1)
    await pair.clock.settle()
    expect(outcome()).toBe('error LIMIT_EXCEEDED')
    expect(pair.client.connection.isLive).toBe(true)
  })

  test('fails a stream whose item is larger than a message may be, and aborts its handler', async () => {
    const log: string[] = []
    const pair = await connect({
      limits: LIMITS,
      server: (effect, link) => {
        log.push(effect.type)
        if (effect.type !== 'open') return
        link.sendItems(effect.id, batchOf(pair.codec, 'small'))
        link.sendItems(effect.id, batchOf(pair.codec, 'x'.repeat(2000)))
      },
    })
    const received = openStream(pair)
    await pair.clock.settle()
    expect(received).toEqual(['small', 'error LIMIT_EXCEEDED'])
    expect(log).toEqual(['open', 'abort'])
  })

  test('fails a duplex stream whose upward item is larger than a message may be', async () => {
    const log: string[] = []
    const pair = await connect({ limits: LIMITS, server: (effect) => void log.push(effect.type) })
    const received = openStream(pair, { duplex: true })
    await pair.clock.settle()
    pair.client.connection.sendItems(1, batchOf(pair.codec, 'x'.repeat(2000)))
    await pair.clock.settle()
    expect(received).toEqual(['error LIMIT_EXCEEDED'])
    expect(log).toEqual(['open', 'abort'])
  })

  test('fails a call that waited for WELCOME and is too large for this server', async () => {
    let welcome = (): void => {}
    const pair = await connect({
      limits: LIMITS,
      server: echo,
      onHello: ({ connection }, terms) => {
        welcome = () => connection.move((moves, now) => moves.accept(terms, now))
      },
    })
    const large = call(pair, 'x'.repeat(20_000))
    const small = call(pair, 'small')
    expect(large.outcome()).toBe('pending')
    welcome()
    await pair.clock.settle()
    expect(large.outcome()).toBe('error LIMIT_EXCEEDED')
    expect(small.outcome()).toBe('small')
  })
})

interface StreamOptions {
  readonly duplex?: boolean
  readonly take?: (value: Payload) => void
}

/** Opens a stream and notes what comes; every item is taken at once unless `take` is given. */
function openStream(pair: Pair, { duplex = false, take }: StreamOptions = {}): unknown[] {
  const received: unknown[] = []
  const { caller, connection } = pair.client
  const request = { procedure: 'stream', input: undefined, timeoutMs: undefined, meta: undefined }
  const id = caller.open(
    { ...request, resume: undefined, duplex, compress: true },
    {
      arrived({ count, values }) {
        received.push(...pair.codec.decodeList(values, count))
        if (take === undefined) connection.itemsConsumed(id, { items: count, bytes: values.byteLength })
        else take(values)
      },
      end: () => received.push('end'),
      writable: () => {},
      error: (code) => received.push(`error ${code}`),
      timeout: () => received.push('timeout'),
      lost: () => received.push('lost'),
    },
  )
  return received
}

/** Text that compresses, but not beyond belief. */
function rows(count: number): string {
  return Array.from({ length: count }, (_, index) => `row ${index} of the table`).join(' ')
}

const zlib = createZlibCompressor()
const streams = createStreamCompressor()
const kinds: readonly (readonly [string, Compressor, Compressor])[] = [
  ['compression streams at both ends', streams, streams],
  ...(zlib === undefined
    ? []
    : [
        ['node:zlib at both ends', zlib, zlib] as const,
        ['compression streams at the client, node:zlib at the server', streams, zlib] as const,
      ]),
]

describe.each(kinds)('Connection with %s', (_name, client, server) => {
  const options = { compression: { algorithm: 'deflate-raw', thresholdBytes: 200 }, compressors: { client, server } }

  test('answers large and small calls, in the order they were made', async () => {
    const order: unknown[] = []
    const pair = await connect({
      ...options,
      server: (effect, link) => {
        if (effect.type !== 'call') return
        order.push(effect.id)
        link.succeed(effect.id, effect.input)
      },
    })
    const values = Array.from({ length: 30 }, (_, index) => rows(index % 3 === 0 ? 1000 : index))
    const calls: Call[] = []
    for (const value of values) {
      calls.push(call(pair, value))
      // A turn for each, so that each is a message of its own.
      await pair.clock.settle()
    }
    await eventually(pair, () => calls.every(({ outcome }) => outcome() !== 'pending'))
    expect(calls.map(({ outcome }) => outcome())).toEqual(values)
    expect(order).toEqual(calls.map(({ id }) => id))
    const { sent, received } = pair.client.connection.stats
    expect(sent.wireBytes).toBeLessThan(sent.bodyBytes / 2)
    expect(received.wireBytes).toBeLessThan(received.bodyBytes / 2)
  })

  test('never compresses what must not be, in either direction', async () => {
    const pair = await connect({
      ...options,
      server: (effect, link) => {
        if (effect.type !== 'call') return
        link.sendPlain(effect.id)
        link.succeed(effect.id, effect.input)
      },
    })
    const value = 'secret '.repeat(2000)
    const { outcome } = call(pair, value, { compress: false })
    await eventually(pair, () => outcome() !== 'pending')
    expect(outcome()).toBe(value)
    expect(pair.link.up.bytes).toBeGreaterThan(value.length)
    expect(pair.link.down.bytes).toBeGreaterThan(value.length)
    // And only that.
    const next = call(pair, value)
    const before = pair.link.up.bytes
    await eventually(pair, () => next.outcome() !== 'pending')
    expect(pair.link.up.bytes - before).toBeLessThan(1000)
  })

  test('keeps no record of what stayed out of compression once it is settled, or cancelled while it waits', async () => {
    const pair = await connect({ ...options, limits: { calls: 1 }, server: () => {} })
    const { caller, connection } = pair.client
    const running = call(pair, 'runs', { compress: false })
    const waiting = call(pair, 'waits', { compress: false })
    await pair.clock.settle()
    expect(connection.stats.plain).toBe(2)
    caller.cancel(waiting.id)
    expect(connection.stats.plain).toBe(1)
    pair.server.connection.succeed(running.id, undefined)
    await pair.clock.settle()
    expect(connection.stats.plain).toBe(0)
  })

  test('never compresses WELCOME, which tells how', async () => {
    const compression = { algorithm: 'deflate-raw', thresholdBytes: 1 }
    const pair = await connect({ ...options, compression, server: echo })
    const value = rows(20)
    const { outcome } = call(pair, value)
    await eventually(pair, () => outcome() !== 'pending')
    expect(outcome()).toBe(value)
  })

  test('compresses what leaves in the turn of WELCOME, behind it', async () => {
    let welcome = (): void => {}
    const pair = await connect({
      ...options,
      client: echo,
      onHello: ({ connection }, terms) => {
        welcome = () => connection.move((moves, now) => moves.accept(terms, now))
      },
    })
    const value = rows(300)
    welcome()
    const { outcome } = call(pair, value, { from: 'server' })
    await eventually(pair, () => outcome() !== 'pending')
    expect(outcome()).toBe(value)
    expect(pair.link.down.bytes).toBeLessThan(value.length / 2)
  })

  test('publishes to a peer whatever the size', async () => {
    const pair = await connect(options)
    const text = 'news '.repeat(1000)
    for (const value of ['small', text]) {
      const payload = pair.codec.encode(value)
      const frame = new SharedFrame({ type: FrameType.Event, event: 3, params: undefined, payload }, true)
      expect(pair.server.connection.publish(frame)).toBe('taken')
    }
    await eventually(pair, () => pair.client.events.length === 2)
    expect(pair.client.events).toEqual(['3: "small"', `3: ${JSON.stringify(text)}`])
  })

  test('delivers what was sent before a close', async () => {
    const pair = await connect({
      ...options,
      server: (effect, link) => {
        if (effect.type !== 'call') return
        link.succeed(effect.id, effect.input)
        pair.server.connection.close(4503, 'bye', true)
      },
    })
    const value = rows(3000)
    const { outcome } = call(pair, value)
    await eventually(pair, () => pair.client.told.includes('closed: 4503 peer'))
    expect(outcome()).toBe(value)
    expect(pair.client.told.slice(-2)).toEqual(['lost: 4503 peer', 'closed: 4503 peer'])
  })
})

describe('Connection: streams', () => {
  const ITEM = new Uint8Array(64 * 1024)

  test('stops a producer of 64 KiB items whose reader pauses, and goes on with it', async () => {
    let produced = 0
    const pair = await connect({
      server: (effect, link) => {
        if (effect.type !== 'open' && effect.type !== 'writable') return
        while (link.itemRoom(effect.id) !== undefined) {
          link.sendItems(effect.id, batchOf(pair.codec, ITEM))
          produced++
        }
      },
    })
    const waiting: Payload[] = []
    openStream(pair, { take: (value) => waiting.push(value) })
    await pair.clock.advanceAsync(5000)
    // The window of 256 KiB holds three of them, and the one that may pass its end.
    expect(produced).toBe(4)
    expect(waiting).toHaveLength(4)
    for (const value of waiting.splice(0)) {
      pair.client.connection.itemsConsumed(1, { items: 1, bytes: value.byteLength })
    }
    await pair.clock.settle()
    expect(produced).toBe(8)
  })

  test('brings items up and down under one id, each direction with its own end', async () => {
    const up: unknown[] = []
    const pair = await connect({
      server: (effect, link) => {
        if (effect.type === 'items') {
          const { id, count, values } = effect
          up.push(...pair.codec.decodeList(values, count))
          link.itemsConsumed(id, { items: count, bytes: values.byteLength })
          link.sendItems(id, { count, values, resumes: undefined })
        } else if (effect.type === 'end') {
          link.sendEnd(effect.id)
        }
      },
    })
    const received = openStream(pair, { duplex: true })
    await pair.clock.settle()
    for (const value of [1, 2, 3]) pair.client.connection.sendItems(1, batchOf(pair.codec, value))
    pair.client.connection.sendEnd(1)
    await pair.clock.settle()
    expect(up).toEqual([1, 2, 3])
    expect(received).toEqual([1, 2, 3, 'end'])
  })
})
