import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { rawHello, rawWelcome } from '../testing/raw-hello.ts'
import { createSessionPair } from '../testing/session-pair.ts'
import { EARLY_REQUESTS } from './handshake.ts'
import { brief, callOf, listenOf, NO_STATS, openOf, openPair, payload } from './session-pair.fixture.ts'

const welcomeFrame = (overrides = {}) => ({ type: FrameType.Welcome, welcome: rawWelcome(overrides) }) as const
const helloFrame = (overrides = {}) => ({ type: FrameType.Hello, hello: rawHello(overrides) }) as const
const ping = { type: FrameType.Ping, n: 1, t: 1 } as const

const HANDSHAKE_MS = { type: 'limited', limit: 'handshakeMs' }

describe('a handshake', () => {
  test('opens both ends and tells each what the other holds', () => {
    const { client, server, clock } = createSessionPair({
      hello: { contractHash: 'client-hash' },
      welcome: { contractHash: 'server-hash' },
    })
    expect([client.session.state, server.session.state]).toEqual(['opening', 'opening'])
    expect(client.session.peerContractHash).toBeUndefined()
    clock.advance(0)
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
    expect(client.session.peerContractHash).toBe('server-hash')
    expect(server.session.peerContractHash).toBe('client-hash')
    expect(brief(server.effects)).toEqual(['hello'])
    expect(brief(client.effects)).toEqual(['welcome', 'round-trip'])
  })

  test('fills in what the server has accepted', () => {
    const { client, clock } = createSessionPair()
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    expect(client.effects).toContainEqual(
      expect.objectContaining({ type: 'welcome', welcome: expect.objectContaining({ rx: 1 }) }),
    )
  })

  test('lets the first calls travel with HELLO, and runs none before the server accepts', () => {
    const { client, server, clock, welcome, link } = createSessionPair({ onHello: 'wait' })
    client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.open(openOf(session), now))
    expect(client.session.isUnsent(1)).toBe(true)
    clock.advance(0)
    expect(client.session.isUnsent(1)).toBe(false)
    expect(link.up.messages).toBe(1)
    expect(brief(server.takeEffects())).toEqual(['hello'])
    server.move((session, now) => session.accept(welcome, now))
    expect(brief(server.takeEffects())).toEqual(['call 1', 'open 3'])
  })

  test('ends with the refusal: nothing was run, everything is unsent', () => {
    const { client, server, clock } = createSessionPair({ onHello: 'wait' })
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    server.move((session, now) => session.refuse(4401, 'who are you', false, now))
    clock.advance(0)
    expect(client.effects).toEqual([{ type: 'closed', code: 4401, reason: 'who are you', retry: false }])
    expect(client.session.isUnsent(1)).toBe(true)
    expect(client.session.stats()).toEqual(NO_STATS)
    expect(client.session.state).toBe('closed')
  })

  test('leaves the outcome open of what went with a HELLO that got no answer', () => {
    const { client, clock, link } = createSessionPair({ onHello: 'wait' })
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    link.cut()
    clock.advance(0)
    client.move((session, now) => session.call(callOf(session), now))
    expect(client.session.isUnsent(1)).toBe(false)
    expect(client.session.isUnsent(5)).toBe(true)
  })

  test('ignores a decision that comes too late', () => {
    const { server, clock, link, welcome } = createSessionPair({ onHello: 'wait' })
    clock.advance(0)
    link.cut()
    clock.advance(0)
    expect(server.session.accept(welcome, 0)).toEqual([])
    expect(server.session.refuse(4401, '', false, 0)).toEqual([])
    expect(server.session.goAway({ why: '', drainMs: 0, delayMs: [0, 0], to: undefined }, 0)).toEqual([])
  })

  test.each([
    ['another frame before HELLO', [ping], 4400],
    ['a frame of servers', [welcomeFrame()], 4400],
    ['attempt 0', [helloFrame({ attempt: 0 })], 4400],
    ['an acknowledgement in a new session', [helloFrame({ rx: 1 })], 4400],
    ['another version', [helloFrame({ version: 2 })], 4406],
    ['a second HELLO at once', [helloFrame(), helloFrame()], 4429],
  ])('ends at the server for %s', (_, frames, code) => {
    const { server } = createSessionPair({ onHello: 'wait' })
    const effects = server.session.receive({ seq: 0, count: 0, ack: 0 }, frames, 0)
    expect(effects.at(-1)).toMatchObject({ type: 'close', code })
    expect(server.session.state).toBe('closed')
  })

  test('ends at the server for a second HELLO, later', () => {
    const { server } = openPair()
    const effects = server.session.receive({ seq: 0, count: 0, ack: 0 }, [helloFrame()], 0)
    expect(effects).toMatchObject([{ type: 'close', code: 4429, retry: true }])
  })

  test.each([
    ['another frame before WELCOME', [ping], 4400],
    ['a frame of clients', [helloFrame()], 4400],
    ['a second WELCOME', [welcomeFrame(), welcomeFrame()], 4400],
    ['another version', [welcomeFrame({ version: 0 })], 4406],
    ['generation 0', [welcomeFrame({ gen: 0 })], 4400],
    ['a session resumed that never was', [welcomeFrame({ resumed: true })], 4400],
    ['more accepted than was sent', [welcomeFrame({ rx: 1 })], 4400],
    ['a compression nobody offered', [welcomeFrame({ compression: { algorithm: 'zip', thresholdBytes: 1 } })], 4400],
  ])('ends at the client for %s', (_, frames, code) => {
    const { client, clock } = createSessionPair({ onHello: 'wait' })
    clock.advance(0)
    const effects = client.session.receive({ seq: 0, count: 0, ack: 0 }, frames, 0)
    expect(effects.at(-1)).toMatchObject({ type: 'close', code })
  })

  test('ends at the client for WELCOME before HELLO', () => {
    const { client } = createSessionPair()
    const effects = client.session.receive({ seq: 0, count: 0, ack: 0 }, [welcomeFrame()], 0)
    expect(effects).toMatchObject([{ type: 'close', code: 4400 }])
  })

  test('takes the compression that was offered', () => {
    const { client } = openPair({
      hello: { compression: ['deflate-raw'] },
      welcome: { compression: { algorithm: 'deflate-raw', thresholdBytes: 1_024 } },
    })
    expect(client.session.state).toBe('open')
  })

  test('is given up by a server that hears no HELLO in time', () => {
    const { server, link, clock } = createSessionPair({ serverLimits: { handshakeMs: 500 } })
    link.silence('up')
    clock.advance(499)
    expect(server.session.state).toBe('opening')
    clock.advance(1)
    expect(server.effects).toMatchObject([HANDSHAKE_MS, { type: 'close', code: 4408, retry: true }])
  })

  test('is given up by a server that cannot decide in time', () => {
    const { server, client, clock } = createSessionPair({ onHello: 'wait', serverLimits: { handshakeMs: 500 } })
    clock.advance(499)
    expect(server.session.state).toBe('handshaking')
    clock.advance(1)
    expect(server.effects).toMatchObject([{ type: 'hello' }, HANDSHAKE_MS, { type: 'close', code: 4408 }])
    expect(client.effects).toMatchObject([{ type: 'closed', code: 4408 }])
  })

  test('is given up by a client that hears no WELCOME in time', () => {
    const { client, clock } = createSessionPair({ onHello: 'wait', clientLimits: { handshakeMs: 500 } })
    clock.advance(500)
    expect(client.effects).toMatchObject([HANDSHAKE_MS, { type: 'close', code: 4408, retry: true }])
  })
})

describe('before WELCOME', () => {
  test.each([
    [1_000, { type: 'accept' }],
    [
      1_001,
      {
        type: 'reject',
        effects: [
          { type: 'limited', limit: 'helloBytes' },
          { type: 'close', code: 4413 },
        ],
      },
    ],
  ])('a server that allows 1,000 bytes answers to %i: %o', (bytes, expected) => {
    const { server } = createSessionPair({ onHello: 'wait', serverLimits: { helloBytes: 1_000 } })
    expect(server.session.admit({ seq: 0, count: 0, ack: 0 }, 400, 0)).toEqual({ type: 'accept' })
    expect(server.session.admit({ seq: 0, count: 0, ack: 0 }, bytes - 400, 0)).toMatchObject(expected)
  })

  test('a client sends no more than that, whatever its calls are made of', () => {
    const { client, clock, link } = createSessionPair({ onHello: 'wait' })
    const meta = { trace: 'ü'.repeat(100), key: '界'.repeat(50) }
    for (let i = 0; i < 20; i += 1) {
      client.move((session, now) =>
        session.call(callOf(session, { procedure: `a.${'é'.repeat(40)}`, input: payload(700), meta }), now),
      )
      client.move((session, now) => session.listen(listenOf(session, { params: payload(90) }), now))
    }
    clock.advance(0)
    expect(link.up.bytes).toBeGreaterThan(10 * 1024)
    expect(link.up.bytes).toBeLessThanOrEqual(16 * 1024)
    expect(client.session.stats().waiting).toBeGreaterThan(0)
  })

  test('a client sends no request at all when HELLO needs all the bytes', () => {
    const { client, clock } = createSessionPair({ onHello: 'wait', hello: { auth: payload(16 * 1024 - 700) } })
    client.move((session, now) => session.call(callOf(session, { input: payload(500) }), now))
    clock.advance(0)
    expect(client.session.stats()).toMatchObject({ calls: 0, waiting: 1 })
  })

  test('a client sends so many requests of each kind, and the rest in order when WELCOME is there', () => {
    const { client, server, clock, welcome } = createSessionPair({ onHello: 'wait' })
    for (let i = 0; i < EARLY_REQUESTS + 3; i += 1) client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.open(openOf(session), now))
    clock.advance(0)
    expect(client.session.stats()).toMatchObject({ calls: EARLY_REQUESTS, streams: 1, waiting: 3 })
    server.takeEffects()
    server.move((session, now) => session.accept(welcome, now))
    clock.advance(0)
    const calls = server.effects.filter(({ type }) => type === 'call')
    expect(brief(calls)).toEqual(Array.from({ length: EARLY_REQUESTS + 3 }, (_, i) => `call ${2 * i + 1}`))
  })

  test('a server takes these even where its own limits are lower', () => {
    const { client, server, clock } = createSessionPair({ serverLimits: { calls: 1 } })
    for (let i = 0; i < EARLY_REQUESTS + 1; i += 1) client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    expect(server.session.stats().peerCalls).toBe(EARLY_REQUESTS)
    expect(client.session.stats()).toMatchObject({ calls: EARLY_REQUESTS, waiting: 1 })
    expect(client.effects.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('a client keeps what comes after HELLO until WELCOME, as it could meet the limits of the server', () => {
    const { client, server, clock, welcome, link } = createSessionPair({ onHello: 'wait', serverLimits: { calls: 1 } })
    client.move((session, now) => session.call(callOf(session), now))
    clock.advance(0)
    client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(link.up.messages).toBe(1)
    expect(client.session.stats()).toMatchObject({ calls: 0, waiting: 1 })
    server.move((session, now) => session.accept(welcome, now))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['hello', 'call 1', 'abort 1', 'call 3'])
  })

  test('a call that is cancelled while it waits never leaves', () => {
    const { client, server, clock } = createSessionPair()
    client.move((session, now) => session.call(callOf(session), now))
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['hello'])
    expect(client.session.stats()).toEqual(NO_STATS)
  })

  test('a call runs out of time', () => {
    const { client, clock } = createSessionPair({ onHello: 'wait' })
    client.move((session, now) => session.call(callOf(session, { timeoutMs: 100 }), now))
    clock.advance(100)
    expect(brief(client.effects)).toEqual(['timeout 1'])
    expect(client.session.stats()).toEqual(NO_STATS)
  })
})

describe('credentials', () => {
  test('are refreshed one question at a time, of what waits only the latest', () => {
    const { client, server, clock } = openPair()
    for (const length of [1, 2, 3]) client.move((session, now) => session.refreshAuth(payload(length), now))
    clock.advance(0)
    expect(server.takeEffects()).toEqual([{ type: 'auth', auth: payload(1) }])
    server.move((session, now) => session.authAccepted(60_000, now))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'auth-ok', expiresInMs: 60_000 }])
    expect(server.takeEffects()).toEqual([{ type: 'auth', auth: payload(3) }])
    server.move((session, now) => session.authAccepted(undefined, now))
    server.move((session, now) => session.authAccepted(undefined, now))
    clock.advance(0)
    expect(client.takeEffects()).toEqual([{ type: 'auth-ok', expiresInMs: undefined }])
    client.move((session, now) => session.refreshAuth(payload(4), now))
    clock.advance(0)
    expect(server.takeEffects()).toEqual([{ type: 'auth', auth: payload(4) }])
  })

  test('wait for WELCOME', () => {
    const { client, server, clock } = createSessionPair()
    client.move((session, now) => session.refreshAuth(payload(1), now))
    client.move((session, now) => session.refreshAuth(payload(2), now))
    clock.advance(0)
    expect(brief(server.takeEffects())).toEqual(['hello', 'auth'])
  })

  test('asked for twice at once end the session', () => {
    const { server } = openPair()
    const auth = { type: FrameType.Auth, auth: payload(1) } as const
    const effects = server.session.receive({ seq: 0, count: 0, ack: 0 }, [auth, auth], 0)
    expect(effects).toMatchObject([{ type: 'auth' }, { type: 'close', code: 4400 }])
  })

  test('accepted without a question end the session', () => {
    const { client } = openPair()
    const frame = { type: FrameType.AuthOk, expiresInMs: undefined } as const
    const effects = client.session.receive({ seq: 0, count: 0, ack: 0 }, [frame], 0)
    expect(effects).toMatchObject([{ type: 'close', code: 4400 }])
  })
})
