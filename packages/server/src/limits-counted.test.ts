import { deflateRawSync } from 'node:zlib'
import { duplex, event, query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, type Frame, FrameType, joinMessage, MessageBuilder } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { LimitName } from './limit-counts.ts'
import type { ServerOptions } from './server-options.ts'
import { createBench } from './test-bench.fixture.ts'

/*
 * Each limit of the protocol, at it and one past it: whether it is counted under its name, and has its one line of the log.
 */

const codec = createValueCodec()
const implementation = implement(
  router({
    echo: query({ input: v.any(), output: v.any() }),
    sum: duplex({ up: v.any(), output: v.any() }),
    news: event({ payload: v.string() }),
  }),
).handlers({ echo: () => {}, sum: () => new Promise<never>(() => {}) })

const call = (input: unknown, id = 1): Frame => ({
  type: FrameType.Call,
  id,
  procedure: 'echo',
  input: codec.encode(input),
  timeoutMs: undefined,
  meta: undefined,
})

function messageOf(...frames: readonly Frame[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const frame of frames) builder.append(frame)
  return builder.takeMessage({ seq: 1, count: frames.length, ack: 0 })
}

/** As a client that has agreed on compression would send it. */
function deflated(body: Uint8Array): Uint8Array {
  return joinMessage({ seq: 1, count: 1, ack: 0 }, deflateRawSync(body, { level: 9 }), true)
}

function bodyOf(frame: Frame): Uint8Array {
  const builder = new MessageBuilder()
  builder.append(frame)
  return builder.takeBody()
}

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
/** Nothing that deflate could make small. */
const noise = (byteLength: number): Uint8Array =>
  Uint8Array.from({ length: byteLength }, (_, i) => (i * i * 31 + (i >> 3) * 17) % 251)

interface Case {
  readonly limits: NonNullable<ServerOptions<object, never>['limits']>
  readonly atLimit: Uint8Array
  readonly past: Uint8Array
  readonly code: number
}

const body = bodyOf(call('x'.repeat(5000)))
const noisy = bodyOf(call(noise(2000)))

const CASES: Readonly<Partial<Record<LimitName, Case>>> = {
  messageBytes: {
    limits: { messageBytes: messageOf(call(noise(1000))).byteLength },
    atLimit: messageOf(call(noise(1000))),
    past: messageOf(call(noise(1001))),
    code: 4413,
  },
  inflatedBytes: {
    limits: { inflatedBytes: noisy.byteLength },
    atLimit: deflated(noisy),
    past: deflated(bodyOf(call(noise(2001)))),
    code: 4413,
  },
  // 256 times what came, to a byte, cannot be met: so close is close enough.
  inflateRatio: { limits: {}, atLimit: deflated(body), past: deflated(bodyOf(call('x'.repeat(500_000)))), code: 4413 },
  depth: { limits: { depth: 8 }, atLimit: messageOf(call(nested(8))), past: messageOf(call(nested(9))), code: 4413 },
  nodes: {
    limits: { nodes: 10 },
    atLimit: messageOf(call(Array(9).fill(1))),
    past: messageOf(call(Array(10).fill(1))),
    code: 4413,
  },
  framesPerMessage: {
    limits: { framesPerMessage: 2 },
    atLimit: messageOf(call(1, 1), call(1, 3)),
    past: messageOf(call(1, 1), call(1, 3), call(1, 5)),
    code: 4413,
  },
}

describe('a message', () => {
  test.each(Object.entries(CASES))('is let through at the limit `%s`, and counted past it', async (name, given) => {
    const outcomes = []
    for (const message of [given.atLimit, given.past]) {
      const { connectRaw, run, server, lines, clock } = createBench(implementation, { limits: given.limits })
      const peer = await connectRaw()
      await run(peer.hello({ compression: ['deflate-raw'] }))
      peer.sendBytes(message)
      await clock.settle()
      const counted = Object.entries(server.stats().limited).filter(([, count]) => count > 0)
      const { code } = server.stats().connections === 0 ? await run(peer.closed) : { code: undefined }
      outcomes.push({ counted, code, lines: lines.length })
    }
    expect(outcomes).toEqual([
      { counted: [], code: undefined, lines: 0 },
      { counted: [[name, 1]], code: given.code, lines: 1 },
    ])
  })
})

describe('a client', () => {
  test('that says too much before WELCOME is counted', async () => {
    const { connectRaw, server, clock } = createBench(implementation, { limits: { helloBytes: 500 } })
    const builder = new MessageBuilder()
    builder.append({ type: FrameType.Hello, hello: rawHello() })
    const { byteLength } = builder.takeMessage({ seq: 0, count: 0, ack: 0 })
    const fitting = (bytes: number) => rawHello({ auth: codec.encode(noise(bytes - byteLength - 9)) })
    const passed: number[] = []
    for (const bytes of [480, 600]) {
      const peer = await connectRaw()
      peer.send({ type: FrameType.Hello, hello: fitting(bytes) })
      await clock.settle()
      passed.push(server.stats().limited.helloBytes)
    }
    expect(passed).toEqual([0, 1])
  })

  test('that says nothing is counted when its time is over', async () => {
    const { connectRaw, server, clock, lines } = createBench(implementation, { limits: { handshakeMs: 500 } })
    await connectRaw()
    await clock.advanceAsync(499)
    expect(server.stats().limited.handshakeMs).toBe(0)
    await clock.advanceAsync(1)
    expect([server.stats().limited.handshakeMs, lines.length]).toEqual([1, 1])
  })

  test('that sends more items than it may is counted', async () => {
    const { connectRaw, run, server, clock } = createBench(implementation, {
      limits: { streamItems: 2, maxStreamItems: 2 },
    })
    const peer = await connectRaw()
    await run(peer.hello())
    const open: Frame = { ...call(undefined), type: FrameType.Open, procedure: 'sum', resume: undefined } as Frame
    const items = (count: number): Frame => ({
      type: FrameType.Items,
      id: 1,
      count,
      values: codec.encode(Array(count).fill(1)),
      resumes: undefined,
    })
    peer.send(open, items(2))
    await clock.settle()
    expect(server.stats()).toMatchObject({ connections: 1, limited: { streamCredit: 0 } })
    peer.send(items(1))
    expect(await run(peer.closed)).toMatchObject({ code: 4400 })
    expect(server.stats().limited.streamCredit).toBe(1)
  })
})
