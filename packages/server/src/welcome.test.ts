import { event, mutation, query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { DEFAULT_LIMITS, decodeEnvelope, type Frame, FrameType } from '@tautline/core/protocol'
import type { VirtualClock } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { framesOf, openSocket, sayHello, sessionOf } from './open-socket.fixture.ts'
import type { SocketAcceptor } from './socket.ts'
import { createBench } from './test-bench.fixture.ts'

/*
 * What follows WELCOME may be compressed, and only WELCOME tells the client how: whatever else leaves in its turn leaves in
 * other messages, behind it. Normative text: PROTOCOL.md, "Compression" and "Resuming".
 */

const api = router({
  ping: query({ output: v.string() }),
  news: event({ payload: v.string() }),
  cursor: event({ payload: v.string(), volatile: true }),
})
const calls = router({ confirm: mutation({ output: v.boolean() }) })
const implementation = implement(api, { calls }).handlers({ ping: () => 'pong' })

const ping: Frame = {
  type: FrameType.Call,
  id: 1,
  procedure: 'ping',
  input: undefined,
  timeoutMs: undefined,
  meta: undefined,
}
const listen = (name: string): Frame => ({ type: FrameType.Listen, id: 1, event: name, params: undefined })
const long = 'x'.repeat(5000)

/** Types of frames, message by message. */
function contentsOf(messages: readonly Uint8Array[]) {
  return messages.map((message) =>
    decodeEnvelope(message, DEFAULT_LIMITS).compressed ? 'compressed' : framesOf(message).map(({ type }) => type),
  )
}

interface Greeter {
  readonly server: SocketAcceptor
  readonly clock: VirtualClock
}

/** What leaves in the turn of a HELLO, which these frames follow. */
async function greet({ server, clock }: Greeter, ...behind: readonly Frame[]) {
  const { listener, sent } = openSocket(server)
  sayHello(listener, { compression: ['deflate-raw'] }, ...behind)
  await clock.settle()
  listener.closed(1006, '')
  return contentsOf(sent)
}

describe('WELCOME shares its message with no other frame of its turn', () => {
  test('such as GOAWAY of a server that closes as soon as it has a connection', async () => {
    const bench = createBench(implementation, {
      onConnection: () => void bench.server.close({ drainMs: 1000 }),
    })
    expect(await greet(bench)).toEqual([[FrameType.Welcome], [FrameType.GoAway]])
  })

  test('such as GOAWAY of a server that closes when the turn is nearly over', async () => {
    const bench = createBench(implementation, {
      onConnection: () => queueMicrotask(() => void bench.server.close({ drainMs: 1000 })),
    })
    expect(await greet(bench)).toEqual([[FrameType.Welcome], [FrameType.GoAway]])
  })

  test.each([
    ['a volatile event', 'cursor', 'short', [[FrameType.VolatileEvent], [FrameType.Ok]]],
    ['a volatile event that is compressed', 'cursor', long, [[FrameType.Ok], 'compressed']],
    ['an event', 'news', 'short', [[FrameType.Ok, FrameType.Event]]],
    ['an event that is compressed', 'news', long, [[FrameType.Ok], 'compressed']],
  ] as const)('such as %s', async (_, name, payload, behind) => {
    const receivers: number[] = []
    const bench = createBench(implementation, {
      onConnection: () => queueMicrotask(() => void receivers.push(bench.server.publish(api[name], payload))),
    })
    expect(await greet(bench, listen(name))).toEqual([[FrameType.Welcome], ...behind])
    expect(receivers).toEqual([1])
  })

  test('such as a call of the client', async () => {
    const bench = createBench(implementation, { onConnection: ({ client }) => void client.confirm().catch(() => {}) })
    expect(await greet(bench)).toEqual([[FrameType.Welcome], [FrameType.Call]])
  })

  test('such as the answer to a call that came with HELLO', async () => {
    expect(await greet(createBench(implementation), ping)).toEqual([[FrameType.Welcome], [FrameType.Ok]])
  })

  test('where it resumes a session, either', async () => {
    const bench = createBench(implementation, {
      resume: { windowMs: 60_000 },
      onSession: ({ type }) => void (type === 'resumed' && bench.server.close({ drainMs: 1000 })),
    })
    const before = openSocket(bench.server)
    sayHello(before.listener, {}, listen('news'))
    await bench.clock.settle()
    before.listener.closed(1006, '')
    bench.server.publish(api.news, 'missed')
    await bench.clock.settle()

    const { listener, sent } = openSocket(bench.server)
    sayHello(listener, { ...sessionOf(before), attempt: 2 })
    await bench.clock.settle()
    listener.closed(1006, '')
    expect(contentsOf(sent)).toEqual([
      [FrameType.Welcome],
      // The answer to LISTEN, which nobody has acknowledged.
      [FrameType.Ok],
      [FrameType.Event],
      [FrameType.GoAway],
    ])
  })
})
