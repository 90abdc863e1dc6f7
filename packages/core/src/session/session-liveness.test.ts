import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { createSessionPair } from '../testing/session-pair.ts'
import { follow, SESSION_TRANSITIONS } from './phase.ts'
import { brief, callOf, listenOf, NO_STATS, openOf, openPair, payload } from './session-pair.fixture.ts'

describe('a living link', () => {
  test('stays open for an hour without any traffic, with one PING and one PONG each 18 s', () => {
    const { client, server, clock, link } = openPair()
    const before = [link.up.messages, link.down.messages] as const
    clock.advance(3_600_000)
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
    expect([link.up.messages - before[0], link.down.messages - before[1]]).toEqual([200, 200])
    expect(client.effects.every(({ type }) => type === 'round-trip')).toBe(true)
    expect(server.effects).toEqual([])
  })

  test('knows its round trip', () => {
    const { client, clock } = createSessionPair({ latencyMs: 15 })
    clock.advance(1_000)
    expect(client.effects).toContainEqual({ type: 'round-trip', ms: 30 })
  })

  test('is left alone where the server turns the heartbeat off', () => {
    const { client, server, clock, link } = openPair({ welcome: { heartbeat: { idleMs: 0, timeoutMs: 0 } } })
    link.silence('both')
    clock.advance(3_600_000)
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
    expect([link.up.messages, link.down.messages]).toEqual([1, 1])
  })

  test('acknowledges what nothing answers to', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(199)
    expect(client.session.nextDeadline()).toBeGreaterThan(4_000)
    const sent = server.session.stamp(0, 0, clock.now())
    expect(sent.ack).toBe(1)
    clock.advance(60_000)
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
  })

  test('that is slow is spared while a large message crawls over it', () => {
    const { client, server, clock, link } = openPair({ latencyMs: 50 })
    link.up.setBandwidth(80)
    client.move((session, now) => session.call(callOf(session, { input: payload(1_000_000) }), now))
    clock.advance(60_000)
    expect(brief(server.effects)).toContain('call 1')
    expect(client.session.state).toBe('open')
  })
})

describe('a half-open link', () => {
  test('that is idle is found by each end within 30 s', () => {
    for (const direction of ['up', 'down', 'both'] as const) {
      const { client, server, clock, link } = openPair()
      link.silence(direction)
      clock.advance(27_999)
      expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
      clock.advance(2_001)
      expect([client.session.state, server.session.state]).toEqual(['closed', 'closed'])
      expect(client.effects.at(-1)).toMatchObject({ type: expect.stringMatching(/^closed?$/), code: 4504, retry: true })
    }
  })

  test('that carries calls is found within 8 s', () => {
    const { client, clock, link } = openPair()
    clock.advance(10_000)
    link.silence('both')
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(8_002)
    expect(client.effects.at(-1)).toMatchObject({ type: 'close', code: 4504 })
    expect(client.session.isUnsent(1)).toBe(false)
  })

  test('is found within 2 s of waking up', () => {
    const { client, clock, link } = openPair()
    link.silence('both')
    client.move((session, now) => session.wake(now))
    clock.advance(1_999)
    expect(client.session.state).toBe('open')
    clock.advance(1)
    expect(client.effects.at(-1)).toMatchObject({ type: 'close', code: 4504 })
  })

  test('is not suspected of a link that answers on waking up', () => {
    const { client, clock } = openPair()
    client.move((session, now) => session.wake(now))
    clock.advance(10_000)
    expect(client.session.state).toBe('open')
  })
})

describe('PINGs', () => {
  test('are answered at once, in the receive path', () => {
    const { server } = openPair()
    const ping = { type: FrameType.Ping, n: 5, t: 123.5 } as const
    expect(server.session.receive({ seq: 0, count: 0, ack: 0 }, [ping], 0)).toEqual([
      { type: 'send', frame: { type: FrameType.Pong, n: 5, t: 123.5 } },
    ])
  })

  test('in a flood end the session', () => {
    const { server } = openPair()
    const flood = Array.from({ length: 101 }, () => ({ type: FrameType.Ping, n: 1, t: 1 }) as const)
    const effects = server.session.receive({ seq: 0, count: 0, ack: 0 }, flood, 5_000)
    expect(effects.filter(({ type }) => type === 'send')).toHaveLength(100)
    expect(effects.at(-1)).toMatchObject({ type: 'close', code: 4400 })
  })
})

describe('a topic', () => {
  test('is accepted, brings events, and ends with a CANCEL', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.listen(listenOf(session, { event: 4, params: payload(2) }), now))
    clock.advance(0)
    expect(server.takeEffects()).toEqual([{ type: 'listen', id: 1, event: 4, params: payload(2) }])
    server.move((session) => session.succeed(1, undefined))
    server.send({ type: FrameType.Event, event: 4, params: payload(2), payload: payload(3) })
    server.send({ type: FrameType.VolatileEvent, event: 4, params: payload(2), payload: payload(5), key: undefined })
    clock.advance(0)
    expect(client.takeEffects()).toEqual([
      { type: 'ok', id: 1, output: undefined },
      { type: 'event', event: 4, params: payload(2), payload: payload(3) },
      { type: 'event', event: 4, params: payload(2), payload: payload(5) },
    ])
    expect([client.session.stats().topics, server.session.stats().peerTopics]).toEqual([1, 1])
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(server.takeEffects()).toEqual([{ type: 'abort', id: 1, why: 'cancelled' }])
    expect([client.session.stats(), server.session.stats()]).toEqual([NO_STATS, NO_STATS])
  })

  test('may be refused, or ended by the server later', () => {
    const { client, server, clock } = openPair()
    const error = { code: 'FORBIDDEN', message: '', data: undefined }
    client.move((session, now) => session.listen(listenOf(session), now))
    client.move((session, now) => session.listen(listenOf(session), now))
    clock.advance(0)
    server.move((session) => session.fail(1, error))
    server.move((session) => session.succeed(3, undefined))
    server.move((session) => session.fail(3, error))
    clock.advance(0)
    expect(brief(client.effects)).toEqual(['error 1', 'ok 3', 'error 3'])
    expect([client.session.stats(), server.session.stats()]).toEqual([NO_STATS, NO_STATS])
  })

  test('cannot be accepted twice, nor a stream be answered like a call', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.listen(listenOf(session), now))
    client.move((session, now) => session.open(openOf(session), now))
    clock.advance(0)
    server.move((session) => session.succeed(1, undefined))
    expect(() => server.session.succeed(1, undefined)).toThrow('topic 1')
    expect(() => server.session.succeed(3, undefined)).toThrow('stream 3')
  })
})

describe('the end of a session', () => {
  test('tells the peer the code, the reason and whether to try again', () => {
    const { client, server, clock } = openPair()
    server.move((session) => session.close(4503, 'full', true))
    clock.advance(0)
    expect(client.effects).toEqual([{ type: 'closed', code: 4503, reason: 'full', retry: true }])
  })

  test('leaves nothing behind and nothing to come, whatever is still moved', () => {
    for (const how of ['close', 'closed', 'violated', 'cut'] as const) {
      const { client, server, clock, link, welcome } = openPair()
      const ends = [client, server] as const
      for (const end of ends) {
        end.move((session, now) => session.call(callOf(session, { timeoutMs: 1_000 }), now))
        end.move((session, now) => session.open(openOf(session, { duplex: true }), now))
        end.move((session, now) => session.listen(listenOf(session), now))
      }
      clock.advance(0)
      if (how === 'cut') link.cut()
      if (how === 'close') client.move((session) => session.close(1000, '', false))
      if (how === 'closed') server.move((session) => session.close(1000, '', false))
      if (how === 'violated') server.move((session, now) => session.violated(4422, 'no', now))
      clock.advance(0)
      for (const { session } of ends) {
        const now = clock.now()
        expect(session.state).toBe('closed')
        expect(session.stats()).toEqual(NO_STATS)
        expect(session.nextDeadline()).toBeUndefined()
        const [mine, theirs] = session.role === 'client' ? [3, 4] : [4, 3]
        const moves = [
          session.handleTimeout(now + 100_000),
          session.call(callOf(session), now),
          session.open(openOf(session), now),
          session.listen(listenOf(session), now),
          session.cancel(mine, now),
          session.succeed(theirs, undefined),
          session.fail(theirs, { code: 'X', message: '', data: undefined }),
          session.sendItems(mine, { count: 1, values: payload(1), resumes: undefined }),
          session.sendItems(theirs, { count: 1, values: payload(1), resumes: undefined }),
          session.sendEnd(theirs),
          session.itemsConsumed(mine, { items: 1, bytes: 1 }),
          session.close(1000, '', false),
          session.violated(4400, '', now),
          session.receive({ seq: 99, count: 0, ack: 0 }, [], now),
        ]
        expect(moves.flat()).toEqual([])
        expect(session.itemCredit(mine)).toBeUndefined()
        expect(session.admit({ seq: 1, count: 1, ack: 0 }, 1, now)).toEqual({ type: 'drop' })
      }
      expect(client.session.opened(0)).toEqual([])
      expect(client.session.wake(0)).toEqual([])
      expect(client.session.refreshAuth(payload(1), 0)).toEqual([])
      expect(server.session.accept(welcome, 0)).toEqual([])
      expect(server.session.authAccepted(undefined, 0)).toEqual([])
      expect(client.takeEffects().filter(({ type }) => type.startsWith('close')).length).toBeLessThanOrEqual(1)
    }
  })

  test('comes once, in the middle of a message: what follows CLOSE is not looked at', () => {
    const { client } = openPair()
    const close = { type: FrameType.Close, code: 4500, reason: '', retry: true } as const
    const effects = client.session.receive({ seq: 0, count: 0, ack: 0 }, [close, close], 0)
    expect(effects).toEqual([{ type: 'closed', code: 4500, reason: '', retry: true }])
  })

  test('follows a SUPERSEDED', () => {
    const { client } = openPair()
    const superseded = { type: FrameType.Superseded, attempt: 2, gen: 2 } as const
    expect(client.session.receive({ seq: 0, count: 0, ack: 0 }, [superseded], 0)).toMatchObject([
      { type: 'close', code: 4409 },
    ])
  })

  test('is announced by GOAWAY, after which calls still work', () => {
    const { client, server, clock } = openPair()
    const goAway = { why: 'deploy', drainMs: 5_000, delayMs: [0, 1_000], to: undefined } as const
    server.move((session, now) => session.goAway(goAway, now))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'go-away', goAway }])
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['call 1'])
  })
})

describe('the states of a session', () => {
  test('follow one another in one direction, but for those that wait for another connection', () => {
    const order = ['opening', 'handshaking', 'open', 'detached', 'closed'] as const
    for (const [index, state] of order.entries()) {
      const onwards = SESSION_TRANSITIONS[state].filter((next) => next !== 'open' || index < order.indexOf('open'))
      for (const next of onwards) expect(order.indexOf(next)).toBeGreaterThan(index)
    }
    expect(SESSION_TRANSITIONS.closed).toEqual([])
  })

  test('do not follow one another in any other way', () => {
    const closed = { name: 'closed', unsent: new Set<number>(), endedAtId: 1 } as const
    expect(follow({ name: 'opening', deadline: undefined }, closed)).toBe(closed)
    expect(() => follow(closed, { name: 'handshaking', deadline: 0 })).toThrow('no transition from closed')
  })

  test('may end from each of them', () => {
    const opening = createSessionPair()
    const handshaking = createSessionPair({ onHello: 'wait' })
    handshaking.clock.advance(0)
    const open = openPair()
    for (const [pair, state] of [
      [opening, 'opening'],
      [handshaking, 'handshaking'],
      [open, 'open'],
    ] as const) {
      for (const { session } of [pair.client, pair.server]) {
        expect(session.state).toBe(state)
        expect(SESSION_TRANSITIONS[state]).toContain('closed')
        session.transportClosed(1006, 0)
        expect(session.state).toBe('closed')
      }
    }
  })
})
