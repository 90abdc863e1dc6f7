import { query, router } from '@tautline/core'
import { implement, type NoCalls } from '@tautline/core/peer'
import { createValueCodec, type Frame, FrameType } from '@tautline/core/protocol'
import { createVirtualClock, type RawPeer } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createResumeBench } from './resume.fixture.ts'
import type { ServerOptions } from './server-options.ts'
import { createBench, upgradeRequest } from './test-bench.fixture.ts'

let ran = 0
const implementation = implement(router({ echo: query({ input: v.number(), output: v.number() }) })).handlers({
  echo: ({ input }) => {
    ran += 1
    return input
  },
})

const codec = createValueCodec()
const call = (id: number, input: unknown = id): Frame => ({
  type: FrameType.Call,
  id,
  procedure: 'echo',
  input: codec.encode(input),
  timeoutMs: undefined,
  meta: undefined,
})

/** A header without frames. */
const EMPTY = Uint8Array.of(0x93, 0, 0, 0, 0x90)

/** A burst of 10 messages (HELLO is the first), 10 a second: one more is there after 100 ms. */
const TEN = { messagesPerSecond: 10, burstMs: 1000 }

async function connected(options: ServerOptions<object, NoCalls>, sockets: Parameters<typeof createBench>[2] = {}) {
  const bench = createBench(implementation, options, sockets)
  const peer = await bench.connectRaw()
  await bench.run(peer.hello())
  ran = 0
  const flood = async (messages: number, first = 1): Promise<void> => {
    for (let i = 0; i < messages; i += 1) {
      peer.send(call(first + 2 * i))
      // No more at once than may be in flight. The virtual time stands still.
      if (i % 200 === 199) await bench.clock.settle()
    }
    await bench.clock.settle()
  }
  return { ...bench, peer, flood }
}

const answers = (peer: RawPeer): number => peer.inbox.filter(({ type }) => type === FrameType.Ok).length

describe('messages of one connection', () => {
  test('are read as they come up to the limit, and one past it stops reading until there is room', async () => {
    const { flood, server, clock, peer } = await connected({ rates: TEN })
    await flood(9)
    expect([ran, server.stats().limited.messagesPerSecond]).toEqual([9, 0])
    await flood(1, 101)
    // What is there is taken, and paid back later.
    expect([ran, server.stats().limited.messagesPerSecond]).toEqual([10, 1])
    await flood(5, 201)
    expect(ran).toBe(10)
    // One is owed, and one must be there.
    await clock.advanceAsync(199)
    expect(ran).toBe(10)
    await clock.advanceAsync(1)
    expect(ran).toBe(12)
    await clock.advanceAsync(10_000)
    expect([ran, answers(peer)]).toEqual([15, 15])
  })

  test('take as long as the limit says, and none is lost', async () => {
    const { flood, clock, peer } = await connected({ rates: TEN })
    await flood(109)
    await clock.advanceAsync(9000)
    expect(ran).toBeLessThan(109)
    await clock.advanceAsync(2000)
    expect([ran, answers(peer)]).toEqual([109, 109])
  })

  test('that were read already are taken on credit, up to its end', async () => {
    const { flood, server, peer, lines, run } = await connected({ rates: TEN }, { readAhead: 100_000 })
    await flood(9 + 8192)
    expect([ran, server.stats().connections]).toEqual([9 + 8192, 1])
    await flood(1, 100_001)
    expect(ran).toBe(9 + 8192)
    expect(await run(peer.closed)).toMatchObject({ code: 4420 })
    expect(lines.filter((line) => line.includes('4420'))).toEqual([
      'warn: Connection 1 (192.0.2.1) closed with 4420: "Expected less in a time: `messagesPerSecond` is 10"',
    ])
    expect(peer.inbox.at(-1)).toMatchObject({ type: FrameType.Close, code: 4420, retry: true })
  })

  test('are taken on the same credit where a runtime cannot stop reading', async () => {
    const { flood, peer, run, clock, server } = await connected({ rates: TEN }, { readAhead: false })
    await flood(9 + 8192)
    expect(server.stats().connections).toBe(1)
    await clock.advanceAsync(1000)
    await flood(10, 100_001)
    expect(server.stats().connections).toBe(1)
    await flood(1, 200_001)
    expect(await run(peer.closed)).toMatchObject({ code: 4420 })
  })

  test('are not limited where nothing is to be', async () => {
    const { flood, server } = await connected({ rates: false })
    await flood(10_000)
    expect([ran, server.stats().limited.messagesPerSecond]).toEqual([10_000, 0])
  })
})

describe('frames of one connection', () => {
  test('are counted when they are known, and what was too much counts against the next message', async () => {
    const { peer, clock, server } = await connected({ rates: { framesPerSecond: 100, burstMs: 1000 } })
    // HELLO was one.
    peer.send(...Array.from({ length: 99 }, (_, i) => call(2 * i + 1)))
    await clock.settle()
    peer.send(call(1001))
    await clock.settle()
    expect([ran, server.stats().limited.framesPerSecond]).toEqual([100, 0])
    peer.send(call(1003))
    await clock.settle()
    peer.send(call(1005))
    await clock.settle()
    expect([ran, server.stats().limited.framesPerSecond]).toEqual([101, 1])
    await clock.advanceAsync(1000)
    expect(ran).toBe(102)
  })
})

describe('bytes of one connection', () => {
  test('are counted before they are looked at', async () => {
    const { peer, clock, server } = await connected({ rates: { bytesPerSecond: 10_000, burstMs: 1000 } })
    peer.sendBytes(new Uint8Array(9000))
    await clock.settle()
    // No message at all: that is another matter, and comes second.
    expect(server.stats().limited.bytesPerSecond).toBe(0)
    const other = await connected({ rates: { bytesPerSecond: 10_000, burstMs: 1000 } })
    other.peer.sendBytes(new Uint8Array(10_001))
    await other.clock.settle()
    expect(other.server.stats().limited.bytesPerSecond).toBe(1)
  })

  test('count once more as what they inflate to', async () => {
    const bench = createBench(implementation, { rates: { bytesPerSecond: 4000, burstMs: 1000 } })
    const client = await bench.connect({ compresses: true })
    // Few bytes on the way. That it is no number is known when it is inflated only.
    const big = 'x'.repeat(3000)
    const { echo } = client.api as unknown as { echo: (input: string) => Promise<unknown> }
    await expect(bench.run(echo(big))).rejects.toThrow('does not match its schema')
    expect(bench.server.stats().limited.bytesPerSecond).toBe(0)
    await expect(bench.run(echo(big))).rejects.toThrow('does not match its schema')
    await expect(bench.run(echo('y'))).rejects.toThrow('does not match its schema')
    expect(bench.server.stats().limited.bytesPerSecond).toBe(1)
  })
})

describe('a client that is not read', () => {
  test('is not taken for dead, though its PONGs are not heard, and is sent what there is', async () => {
    const { flood, clock, server, peer } = await connected(
      { rates: { messagesPerSecond: 1, burstMs: 1000 }, heartbeat: { idleMs: 1000, timeoutMs: 500 } },
      { readAhead: 60 },
    )
    await flood(60)
    expect([ran, answers(peer)]).toEqual([60, 60])
    await clock.advanceAsync(55_000)
    expect(server.stats()).toMatchObject({ connections: 1, sessions: 1 })
    expect(server.stats().limited.messagesPerSecond).toBe(1)
  })

  test('is heard again when its session is over, for its close to be', async () => {
    const { flood, clock, server, peer, run } = await connected({ rates: TEN })
    await flood(20)
    const closed = server.close({ drainMs: 0 })
    expect(await run(peer.closed)).toMatchObject({ code: 4503 })
    await clock.advanceAsync(1)
    await run(closed)
    expect(clock.pending).toBe(0)
  })

  test('leaves no timer when it goes', async () => {
    const { flood, clock, peer, server } = await connected({ rates: TEN })
    await flood(20)
    peer.close()
    await clock.settle()
    expect([server.stats().connections, clock.pending]).toEqual([0, 0])
  })

  test('is counted no more when its session is over, and not read when it goes on for too long', async () => {
    const clock = createVirtualClock()
    const { server } = createBench(implementation, { clock, rates: TEN })
    const reading: boolean[] = []
    const listener = server.accept(
      {
        compresses: false,
        backlogBytes: 0,
        send: () => true,
        close() {},
        terminate() {},
        pauseReading: (paused) => void reading.push(!paused),
      },
      upgradeRequest(),
    )
    for (let i = 0; i < 11; i += 1) listener.message(EMPTY)
    listener.textMessage()
    await clock.settle()
    // No HELLO, then a text message: it is over, and its close is to be heard.
    expect(reading).toEqual([false, true])
    const before = server.stats().limited.messagesPerSecond
    for (let i = 0; i < 8191; i += 1) listener.message(EMPTY)
    expect(reading).toEqual([false, true])
    listener.message(EMPTY)
    expect([reading, server.stats().limited.messagesPerSecond]).toEqual([[false, true, false], before])
    listener.closed(1006, '')
    await clock.advanceAsync(10_000)
    expect(clock.pending).toBe(0)
  })

  test('is read again where its session moves to another connection, and that one has its own rate', async () => {
    const { connect, attach, server } = createResumeBench({ rates: TEN })
    const { peer, welcome } = await connect()
    for (let n = 0; n < 12; n += 1) peer.send({ type: FrameType.Ping, n, t: 0 })
    const moved = await attach(welcome)
    expect([moved.welcome.resumed, server.stats().limited.messagesPerSecond]).toEqual([true, 1])
  })
})
