import { describe, expect, test } from 'vitest'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { brief, callOf, listenOf, NO_STATS, openOf, openPair, payload } from './session-pair.fixture.ts'

const callFrame = (id: number) =>
  ({ type: FrameType.Call, id, procedure: 'p', input: undefined, timeoutMs: undefined, meta: undefined }) as const
const openFrame = (id: number) => ({ ...callFrame(id), type: FrameType.Open, resume: undefined }) as const
const listenFrame = (id: number) => ({ type: FrameType.Listen, id, event: 'e', params: undefined }) as const
const okFrame = (id: number) => ({ type: FrameType.Ok, id, output: undefined }) as const
const cancelFrame = (id: number) => ({ type: FrameType.Cancel, id }) as const
const ERROR = { code: 'NOT_FOUND', message: 'none', data: payload(3) }

describe('a call', () => {
  test('arrives as it was made, and its answer comes back', () => {
    const { client, server, clock } = openPair()
    const meta = { trace: 't' }
    client.move((session, now) =>
      session.call(callOf(session, { procedure: 7, input: payload(4), timeoutMs: 500, meta }), now),
    )
    clock.advance(0)
    expect(server.takeEffects()).toEqual([
      { type: 'call', id: 1, procedure: 7, input: payload(4), timeoutMs: 500, meta },
    ])
    server.move((session) => session.succeed(1, payload(2)))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'ok', id: 1, output: payload(2) }])
    expect(client.session.stats()).toEqual(NO_STATS)
    expect(server.session.stats()).toEqual(NO_STATS)
  })

  test('may fail', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    server.move((session) => session.fail(1, ERROR))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'error', id: 1, ...ERROR }])
  })

  test('may go from server to client, under an even id', () => {
    const { client, server, clock } = openPair()
    server.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    expect(brief(client.takeEffects())).toEqual(['call 2'])
    client.move((session) => session.succeed(2, undefined))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual(['ok 2'])
  })

  test('that a server makes before its client is there waits', () => {
    const { client, server, clock, welcome } = openPair({ onHello: 'wait' })
    server.move((session, now) => session.call(callOf(session), now))
    expect(server.session.isUnsent(2)).toBe(true)
    server.move((session, now) => session.accept(welcome, now))
    clock.advance(0)
    expect(brief(client.takeEffects())).toContain('call 2')
  })

  test('is settled once: what the callee says afterwards stays there', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    server.move((session) => session.succeed(1, undefined))
    server.move((session) => session.succeed(1, undefined))
    server.move((session) => session.fail(1, ERROR))
    clock.advance(0)
    expect(brief(client.takeEffects())).toEqual(['ok 1'])
  })

  test('carries the time that is left for it', () => {
    const { client, server, clock } = openPair({ serverLimits: { calls: 1 } })
    client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.call(callOf(session, { timeoutMs: 1_000 }), now))
    clock.advance(400)
    server.move((session) => session.succeed(1, undefined))
    clock.advance(0)
    expect(server.effects.at(-1)).toMatchObject({ type: 'call', id: 3, timeoutMs: 600 })
  })
})

describe('cancelling', () => {
  test('aborts what runs, and nothing comes of it any more', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(server.takeEffects().at(-1)).toEqual({ type: 'abort', id: 1, why: 'cancelled' })
    server.move((session) => session.succeed(1, undefined))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([])
    expect(server.session.stats()).toEqual(NO_STATS)
  })

  test('that crosses the answer is no error on either side', () => {
    const { client, server, clock } = openPair({ latencyMs: 10 })
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(10)
    server.move((session) => session.succeed(1, undefined))
    client.move((session, now) => session.cancel(1, now))
    clock.advance(100)
    expect(client.takeEffects()).toEqual([])
    expect(brief(server.takeEffects())).toEqual(['call 1'])
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
  })

  test('of what is unknown or settled is without effect', () => {
    const { client } = openPair()
    expect(client.session.cancel(1, 0)).toEqual([])
    expect(client.session.cancel(2, 0)).toEqual([])
  })
})

describe('a deadline', () => {
  test('passes at the caller: CANCEL leaves, and the late answer is ignored', () => {
    const { client, server, clock } = openPair({ latencyMs: 10 })
    client.move((session, now) => session.call(callOf(session, { timeoutMs: 100 }), now))
    clock.advance(95)
    server.move((session) => session.succeed(1, undefined))
    clock.advance(5)
    expect(client.takeEffects()).toEqual([{ type: 'timeout', id: 1 }])
    clock.advance(100)
    expect(client.takeEffects()).toEqual([])
    expect(client.session.stats()).toEqual(NO_STATS)
  })

  test('passes at the callee: it aborts and answers', () => {
    const { client, server } = openPair()
    const header = { seq: 1, count: 1, ack: 0 }
    const effects = server.session.receive(header, [{ ...callFrame(1), timeoutMs: 100 }], 1_000)
    expect(effects).toMatchObject([{ type: 'call', id: 1, timeoutMs: 100 }])
    expect(server.session.handleTimeout(1_099)).toEqual([])
    expect(server.session.nextDeadline()).toBe(1_100)
    expect(server.session.handleTimeout(1_100)).toMatchObject([
      { type: 'abort', id: 1, why: 'timeout' },
      { type: 'send', frame: { type: FrameType.Error, id: 1, code: 'TIMEOUT' } },
    ])
    expect(server.session.stats()).toEqual(NO_STATS)
    expect(client.session.stats()).toEqual(NO_STATS)
  })

  test('of 0 ms passes with the next timer', () => {
    const { client, clock } = openPair()
    client.move((session, now) => session.call(callOf(session, { timeoutMs: 0 }), now))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'timeout', id: 1 }])
  })

  test('that has passed before the request comes is answered, and nothing runs', () => {
    const { server } = openPair()
    const header = { seq: 1, count: 3, ack: 0 }
    const frames = [
      { ...callFrame(1), timeoutMs: 0 },
      { ...openFrame(3), timeoutMs: 0 },
      { ...callFrame(5), timeoutMs: 1 },
    ]
    expect(server.session.receive(header, frames, 1_000)).toMatchObject([
      { type: 'send', frame: { type: FrameType.Error, id: 1, code: 'TIMEOUT' } },
      { type: 'send', frame: { type: FrameType.Error, id: 3, code: 'TIMEOUT' } },
      { type: 'call', id: 5, timeoutMs: 1 },
    ])
    expect(server.session.stats()).toEqual({ ...NO_STATS, peerCalls: 1 })
  })

  test('does not pass what was answered', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session, { timeoutMs: 100 }), now))
    clock.advance(0)
    server.move((session) => session.succeed(1, undefined))
    clock.advance(0)
    for (const { session } of [client, server]) expect(session.nextDeadline()).toBeGreaterThan(100)
    clock.advance(1_000)
    expect(brief(client.takeEffects())).toEqual(['ok 1'])
    expect(brief(server.takeEffects())).toEqual(['call 1'])
  })
})

describe('the places of a peer', () => {
  test.each([
    ['call', { calls: 2 }],
    ['stream', { streams: 2 }],
    ['topic', { topics: 2 }],
  ] as const)('for a %s: the caller holds the rest back, in order, until one is free', (kind, limits) => {
    const { client, server, clock } = openPair({ serverLimits: limits, clientLimits: limits })
    for (let i = 0; i < 4; i += 1) {
      client.move((session, now) => {
        if (kind === 'call') return session.call(callOf(session), now)
        return kind === 'stream' ? session.open(openOf(session), now) : session.listen(listenOf(session), now)
      })
    }
    clock.advance(0)
    const type = { call: 'call', stream: 'open', topic: 'listen' }[kind]
    expect(brief(server.takeEffects())).toEqual([`${type} 1`, `${type} 3`])
    expect(client.session.stats().waiting).toBe(2)
    expect([client.session.isUnsent(3), client.session.isUnsent(5)]).toEqual([false, true])
    server.move((session) => session.fail(3, ERROR))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual([`${type} 5`])
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual(['abort 1', `${type} 7`])
  })

  test('of one kind are full without holding back another', () => {
    const { client, server, clock } = openPair({ serverLimits: { streams: 1 } })
    client.move((session, now) => session.open(openOf(session), now))
    client.move((session, now) => session.open(openOf(session), now))
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual(['open 1', 'call 5'])
    server.move((session) => session.sendEnd(1))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual(['open 3'])
    expect(server.session.state).toBe('open')
  })

  test.each([
    ['call', callFrame, { calls: 2 }, 'peerCalls'],
    ['stream', openFrame, { streams: 2 }, 'peerStreams'],
    ['topic', listenFrame, { topics: 2 }, 'peerTopics'],
  ] as const)('for a %s end with an error for the one past them, not with the session', (_, frame, limits, stat) => {
    const { server } = openPair({ serverLimits: limits, clientLimits: limits })
    const effects = server.session.receive({ seq: 1, count: 3, ack: 0 }, [frame(1), frame(3), frame(5)], 0)
    expect(effects.at(-1)).toMatchObject({
      type: 'send',
      frame: { type: FrameType.Error, id: 5, code: 'LIMIT_EXCEEDED' },
    })
    expect(server.session.stats()[stat]).toBe(2)
    expect(server.session.state).toBe('open')
  })
})

describe('a session ends with 4400, or 4410 for a gap', () => {
  const received = (frames: readonly Frame[], role: 'server' | 'client' = 'server') => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.listen(listenOf(session), now))
    clock.advance(0)
    server.move((session) => session.succeed(3, undefined))
    clock.advance(0)
    const { session } = role === 'server' ? server : client
    const header = { seq: role === 'server' ? 3 : 2, count: frames.length, ack: 0 }
    const admission = session.admit(header, 10, 0)
    return [
      admission.type,
      ...session.receive(header, frames, 0).map((effect) => ('code' in effect ? effect.code : effect.type)),
    ]
  }

  test.each([
    ['an even id', [callFrame(6)]],
    ['an id that is in use', [callFrame(1)]],
    ['an id of another kind that is in use', [openFrame(1)]],
    ['an id that does not grow', [callFrame(9), callFrame(7)]],
    ['an answer to a call of its own', [okFrame(1)]],
    ['an answer to a call never made', [okFrame(2)]],
    ['a CANCEL of a call never made', [cancelFrame(5)]],
    ['a CANCEL of a call of ours', [cancelFrame(2)]],
    ['ITEMS for a call', [{ type: FrameType.Items, id: 1, count: 1, values: payload(1), resumes: undefined }]],
    ['an END for a call', [{ type: FrameType.End, id: 1 }]],
    ['CREDIT for a call', [{ type: FrameType.Credit, id: 1, items: 1, bytes: 1 }]],
    ['an EVENT from a client', [{ type: FrameType.Event, event: 'e', params: undefined, payload: undefined }]],
  ] as [string, Frame[]][])('at a server, for %s', (_, frames) => {
    expect(received(frames).at(-1)).toBe(4400)
  })

  test.each([
    ['an answer to a call never made', [okFrame(5)]],
    ['a topic accepted twice', [okFrame(3)]],
    ['ITEMS for a call', [{ type: FrameType.Items, id: 1, count: 1, values: payload(1), resumes: undefined }]],
  ] as [string, Frame[]][])('at a client, for %s', (_, frames) => {
    expect(received(frames, 'client').at(-1)).toBe(4400)
  })

  test('for a number of counted frames that is not the one in the header', () => {
    const { server } = openPair()
    expect(server.session.receive({ seq: 1, count: 2, ack: 0 }, [callFrame(1)], 0)).toMatchObject([
      { type: 'close', code: 4400, retry: true },
    ])
  })

  test('for headers that do not continue, before anything is spent on the message', () => {
    const { server } = openPair()
    expect(server.session.admit({ seq: 2, count: 1, ack: 0 }, 10, 0)).toMatchObject({
      type: 'reject',
      effects: [{ type: 'close', code: 4410 }],
    })
    expect(server.session.admit({ seq: 1, count: 1, ack: 0 }, 10, 0)).toEqual({ type: 'drop' })
    expect(server.session.state).toBe('closed')
  })

  test('for an answer to a call that still waits for its place', () => {
    const { client } = openPair({ serverLimits: { streams: 1 } })
    client.move((session, now) => session.open(openOf(session), now))
    client.move((session, now) => session.open(openOf(session), now))
    client.move((session, now) => session.call(callOf(session), now))
    const error = { type: FrameType.Error, id: 3, ...ERROR } as const
    expect(client.session.receive({ seq: 1, count: 1, ack: 0 }, [error], 0)).toMatchObject([
      { type: 'close', code: 4400 },
    ])
  })

  test('with what was right before the violation still delivered, and nothing after it', () => {
    expect(received([callFrame(5), okFrame(99), callFrame(7)])).toEqual(['accept', 'call', 4400])
  })
})

describe('a repeated message', () => {
  test('is dropped and acknowledged', () => {
    const { server } = openPair()
    const header = { seq: 1, count: 1, ack: 0 }
    server.session.admit(header, 10, 0)
    server.session.receive(header, [callFrame(1)], 0)
    server.session.stamp(0, 0, 0)
    expect(server.session.admit(header, 10, 5)).toEqual({ type: 'drop' })
    expect(server.session.nextDeadline()).toBe(5)
    expect(server.session.handleTimeout(5)).toEqual([{ type: 'ack' }])
  })
})
