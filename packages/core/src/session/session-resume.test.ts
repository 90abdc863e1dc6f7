import { describe, expect, test } from 'vitest'
import { CloseCode } from '../protocol/close-codes.ts'
import { type CallFrame, type Frame, FrameType } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { rawHello, rawWelcome } from '../testing/raw-hello.ts'
import { deliver, nextWelcome, openResumablePair, WINDOW_MS } from './resumable.fixture.ts'
import { createServerSession } from './server-session.ts'
import { brief, callOf, openPair, payload } from './session-pair.fixture.ts'

function callFrame(id: number): CallFrame {
  return { type: FrameType.Call, id, procedure: 'p', input: undefined, timeoutMs: undefined, meta: undefined }
}

const ok = (id: number): Frame => ({ type: FrameType.Ok, id, output: undefined })

/** A pair on whose client two calls have left, and one answer has come. */
function calledPair() {
  const pair = openResumablePair()
  for (let i = 0; i < 2; i++) pair.client.move((session, now) => session.call(callOf(session), now))
  pair.clock.advance(0)
  pair.server.move((session) => session.succeed(1, undefined))
  pair.clock.advance(0)
  pair.client.takeEffects()
  pair.server.takeEffects()
  return pair
}

describe('the HELLO of another connection', () => {
  test('names the session, its latest token, what was accepted, and an attempt of its own', () => {
    const { client, welcome } = calledPair()
    const { sid, token } = welcome
    expect(client.session.nextResumption()).toEqual({ sid, token, rx: 1, attempt: 2 })
    expect(client.session.nextResumption()).toMatchObject({ attempt: 3 })
    const token2 = new Uint8Array(32).fill(2)
    client.session.resume(nextWelcome({ token: token2, rx: 2 }), 0)
    expect(client.session.nextResumption()).toEqual({ sid, token: token2, rx: 1, attempt: 4 })
  })

  test.each([
    ['is for a session that is there', { sid: 'raw-session' }],
    ['is for a standby', { standby: true }],
  ])('has nothing behind it in its message where it %s', (_, hello) => {
    const session = createServerSession({ limits: DEFAULT_LIMITS, now: 0 })
    const frames = [{ type: FrameType.Hello, hello: rawHello(hello) }, callFrame(1)] as const
    expect(deliver(session, frames, 1)).toMatchObject([{ type: 'hello' }, { type: 'close', code: 4400 }])
  })

  test.each([{ sid: 'raw-session' }, { standby: true }])('with %o is followed by nothing before WELCOME', (hello) => {
    const session = createServerSession({ limits: DEFAULT_LIMITS, now: 0 })
    deliver(session, [{ type: FrameType.Hello, hello: rawHello(hello) }])
    expect(deliver(session, [callFrame(1)], 1)).toMatchObject([{ type: 'close', code: 4400 }])
  })
})

describe('a connection on standby', () => {
  test('takes no request, and lives', () => {
    const session = createServerSession({ limits: DEFAULT_LIMITS, now: 0 })
    deliver(session, [{ type: FrameType.Hello, hello: rawHello({ standby: true }) }])
    session.accept(rawWelcome(), 0)
    const effects = deliver(session, [callFrame(1)], 1)
    expect(effects).toMatchObject([
      { type: 'limited', limit: 'calls' },
      { type: 'send', frame: { type: FrameType.Error, id: 1, code: 'LIMIT_EXCEEDED' } },
    ])
    expect(deliver(session, [{ type: FrameType.Ping, n: 1, t: 5 }])).toMatchObject([
      { type: 'send', frame: { type: FrameType.Pong, n: 1, t: 5 } },
    ])
    expect(session.state).toBe('open')
    expect(session.isResumable).toBe(false)
  })

  test('asks nothing of its client either', () => {
    const session = createServerSession({ limits: DEFAULT_LIMITS, now: 0 })
    deliver(session, [{ type: FrameType.Hello, hello: rawHello({ standby: true }) }])
    session.accept(rawWelcome(), 0)
    expect(session.call(callOf(session), 0)).toEqual([])
    expect(session.stats()).toMatchObject({ calls: 0, waiting: 1 })
  })
})

describe('attaching', () => {
  test.each(['open', 'detached'] as const)('goes on at both ends of a session that is %s', (state) => {
    const { client, server, clock } = calledPair()
    clock.advance(1000)
    if (state === 'detached') for (const { session } of [client, server]) session.transportClosed(1006, clock.now())
    const { rx } = client.session.nextResumption()
    expect(server.session.canContinueFrom(rx)).toBe(true)
    const welcome = server.session.resume(nextWelcome(), rx, clock.now())
    expect(welcome.rx).toBe(2)
    client.session.resume(welcome, clock.now())
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
    expect([client.session.acknowledged, server.session.acknowledged]).toEqual([2, 1])
    expect(client.session.stats().calls).toBe(1)
    expect(server.session.stats().peerCalls).toBe(1)
    // The wait is over, and does not end the session any more.
    expect(server.session.nextDeadline()).toBeLessThan(clock.now() + WINDOW_MS)
    expect(server.session.handleTimeout(clock.now() + WINDOW_MS)).not.toContainEqual(
      expect.objectContaining({ type: 'close' }),
    )
  })

  test('measures the new line at once, where the server has a heartbeat', () => {
    const { client } = openResumablePair()
    const ping = client.session.resume(nextWelcome(), 7)
    expect(ping).toMatchObject([{ type: 'send', frame: { type: FrameType.Ping, t: 7 } }])
    const heartbeat = { idleMs: 0, timeoutMs: 0 }
    expect(client.session.resume(nextWelcome({ gen: 3, heartbeat }), 8)).toEqual([])
  })

  test.each([
    ['the generation it has', { gen: 1 }],
    ['an older session', { sid: 'another' }],
    ['more accepted than it sent', { rx: 3 }],
  ])('is refused at the client for a WELCOME with %s', (_, wrong) => {
    const { client } = calledPair()
    const resume = () => client.session.resume(nextWelcome({ rx: 2, ...wrong }), 0)
    expect(resume).toThrow(expect.objectContaining({ closeCode: CloseCode.ProtocolError }))
    expect(client.session.resume(nextWelcome({ rx: 2 }), 0)).toHaveLength(1)
  })

  test('is for the server to refuse where the client has accepted more than was sent', () => {
    const { server } = calledPair()
    expect([server.session.canContinueFrom(1), server.session.canContinueFrom(2)]).toEqual([true, false])
    expect(() => server.session.resume(nextWelcome(), 2, 0)).toThrow(
      expect.objectContaining({ closeCode: CloseCode.ProtocolError }),
    )
  })

  test('is none of a session that is over, or has no window', () => {
    const { server } = calledPair()
    server.session.close(1000, '', false)
    expect(server.session.canContinueFrom(0)).toBe(false)
    expect(openPair().server.session.canContinueFrom(0)).toBe(false)
  })

  test('forgets nothing that was acknowledged over the connection before', () => {
    const { client, server, clock } = calledPair()
    const { rx } = client.session.nextResumption()
    // Another answer comes over the old connection meanwhile, and is acknowledged there.
    server.move((session) => session.succeed(3, undefined))
    clock.advance(0)
    clock.advance(200)
    server.session.resume(nextWelcome(), rx, clock.now())
    expect([rx, server.session.acknowledged]).toEqual([1, 2])
  })

  test('drops what was accepted before, and takes what was only admitted', () => {
    const { client } = calledPair()
    // The next answer was admitted over the old connection, and still waits to be inflated there.
    expect(client.session.admit({ seq: 2, count: 1, ack: 0 }, 10, 0)).toEqual({ type: 'accept' })
    client.session.transportClosed(1006, 0)
    client.session.resume(nextWelcome({ rx: 2 }), 0)
    expect(deliver(client.session, [ok(1)], 1)).toEqual([])
    expect(brief(deliver(client.session, [ok(3)], 2))).toEqual(['ok 3'])
    expect(deliver(client.session, [ok(3)], 2)).toEqual([])
  })

  test('is the answer to an AUTH that was lost, as HELLO brings credentials, too', () => {
    const { client, server, clock, link } = openResumablePair()
    link.silence('up')
    client.move((session, now) => session.refreshAuth(payload(1), now))
    clock.advance(0)
    client.session.resume(nextWelcome(), clock.now())
    const effects = client.session.refreshAuth(payload(2), clock.now())
    expect(effects).toMatchObject([{ type: 'send', frame: { type: FrameType.Auth, auth: payload(2) } }])

    const auth = { type: FrameType.Auth, auth: payload(1) } as const
    expect(brief(deliver(server.session, [auth]))).toEqual(['auth'])
    server.session.resume(nextWelcome(), 0, clock.now())
    expect(server.session.authAccepted(undefined, clock.now())).toEqual([])
    expect(brief(deliver(server.session, [auth]))).toEqual(['auth'])
  })
})

describe('SUPERSEDED', () => {
  const superseded = (attempt: number): Frame => ({ type: FrameType.Superseded, attempt, gen: 2 })

  test.each([
    ['its own', 3],
    ['an older one of its own', 2],
  ])('with an attempt of %s leaves the connection: WELCOME is on the way', (_, attempt) => {
    const { client } = openResumablePair()
    client.session.nextResumption()
    client.session.nextResumption()
    const effects = deliver(client.session, [superseded(attempt)])
    expect(effects).toMatchObject([{ type: 'detach', code: CloseCode.Superseded }])
    expect(client.session.state).toBe('detached')
    client.session.resume(nextWelcome(), 0)
    expect(client.session.state).toBe('open')
  })

  test('with a higher attempt ends the session: somebody else has it', () => {
    const { client } = openResumablePair()
    client.session.nextResumption()
    const effects = deliver(client.session, [superseded(3)])
    expect(effects).toMatchObject([{ type: 'close', code: CloseCode.Superseded }])
    expect(client.session.state).toBe('closed')
  })

  test('is nothing that a client may say', () => {
    const { server } = openResumablePair()
    expect(deliver(server.session, [superseded(1)])).toMatchObject([{ type: 'close', code: CloseCode.ProtocolError }])
  })
})
