import { CloseCode, FrameType } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { answerTo, api, call, createResumeBench, listen, sendFrom, WINDOW_MS } from './resume.fixture.ts'

describe('a client that comes back', () => {
  test('goes on with its session: calls have run on, and their answers come', async () => {
    const { connect, attach, lose, slow, run, server } = createResumeBench()
    const first = await connect()
    expect(first.welcome).toMatchObject({ gen: 1, resumeWindowMs: WINDOW_MS })
    first.peer.send(call(1, 'slow'))
    await run(Promise.resolve())
    await lose()
    expect(server.stats()).toMatchObject({ connections: 0, sessions: 1, detached: 1, running: 1 })
    slow.resolve('done')
    const { peer, welcome } = await attach(first.welcome)
    expect(welcome).toMatchObject({ sid: first.welcome.sid, gen: 2, resumed: true, reason: undefined, rx: 1 })
    expect(await run(answerTo(peer, 1))).toBe('done')
    expect(server.stats()).toMatchObject({ connections: 1, sessions: 1, detached: 0, running: 0 })
  })

  test('may come while its old connection is still there: that one is told, and closed', async () => {
    const { connect, attach, run } = createResumeBench()
    const { peer: old, welcome } = await connect()
    const { welcome: next } = await attach(welcome, { attempt: 5 })
    expect(next).toMatchObject({ gen: 2, resumed: true })
    expect(await run(old.next(FrameType.Superseded))).toMatchObject({ attempt: 5, gen: 2 })
    expect((await run(old.closed)).code).toBe(CloseCode.Superseded)
  })

  test('gets events that were published meanwhile, in order', async () => {
    const { connect, attach, lose, run, server, clock } = createResumeBench()
    const { peer: old, welcome } = await connect()
    old.send(listen(1, 'tick'))
    await run(old.next(FrameType.Ok))
    await lose()
    const { detachedBytes } = server.stats()
    for (const n of [1, 2]) {
      expect(server.publish(api.tick, n)).toBe(1)
      await clock.advanceAsync(10)
    }
    expect(server.stats()).toMatchObject({ topics: 1, detached: 1 })
    expect(server.stats().detachedBytes).toBeGreaterThan(detachedBytes)
    const { peer } = await attach(welcome, { rx: 1 })
    server.publish(api.tick, 3)
    await clock.settle()
    const payloads = peer.inbox.flatMap((frame) => (frame.type === FrameType.Event ? [frame.payload] : []))
    expect(payloads).toEqual([1, 2, 3].map((n) => Uint8Array.of(n)))
  })

  test.each([
    [WINDOW_MS - 1, true, undefined],
    [WINDOW_MS, false, 'unknown'],
  ])('after %i ms goes on: %s', async (ms, resumed, reason) => {
    const { connect, attach, lose, clock, signals, run } = createResumeBench()
    const { peer, welcome } = await connect()
    peer.send(call(1, 'slow'))
    await run(Promise.resolve())
    await lose()
    await clock.advanceAsync(ms)
    expect(signals.map(({ aborted }) => aborted)).toEqual([!resumed])
    expect((await attach(welcome)).welcome).toMatchObject({ resumed, reason })
  })

  test('has accepted more than it was sent: it is refused with 4400, and its session lives', async () => {
    const { connect, ask, attach, run } = createResumeBench()
    const { welcome } = await connect()
    const liar = await ask(welcome, { rx: 1 })
    expect(await run(liar.next(FrameType.Close))).toMatchObject({ code: CloseCode.ProtocolError, retry: true })
    expect((await attach(welcome)).welcome.resumed).toBe(true)
  })

  test('gets a new session where the server keeps none', async () => {
    const { connect, attach } = createResumeBench({ resume: false })
    const { welcome } = await connect()
    expect(welcome.resumeWindowMs).toBe(0)
    expect((await attach(welcome)).welcome).toMatchObject({ resumed: false, reason: 'unknown', gen: 1 })
  })
})

describe('a token', () => {
  test('is another one with each WELCOME, and the latest is good for one more connection', async () => {
    const { connect, attach } = createResumeBench()
    const first = await connect()
    const second = await attach(first.welcome, { attempt: 2 })
    const third = await attach(second.welcome, { attempt: 3 })
    const tokens = new Set([first, second, third].map(({ welcome }) => String(welcome.token)))
    expect(tokens.size).toBe(3)
    expect(third.welcome).toMatchObject({ resumed: true, gen: 3 })
  })

  test('of before is good until something comes over the new connection: WELCOME may have got lost', async () => {
    const { connect, attach, lose, clock } = createResumeBench()
    const { welcome } = await connect()
    await attach(welcome, { attempt: 2 })
    await lose()
    const again = await attach(welcome, { attempt: 3 })
    expect(again.welcome).toMatchObject({ resumed: true, gen: 3 })
    sendFrom(again.peer, 0)
    await clock.settle()
    expect((await attach(welcome, { attempt: 4 })).welcome).toMatchObject({ resumed: false, reason: 'superseded' })
    expect((await attach(again.welcome, { attempt: 4 })).welcome).toMatchObject({ resumed: true, gen: 4 })
  })

  test('of somebody else gives a new session, and leaves the one it names as it is', async () => {
    const { connect, attach, server, run } = createResumeBench()
    const { peer, welcome } = await connect()
    const foreign = await attach({ ...welcome, token: new Uint8Array(32) }, { attempt: 9 })
    expect(foreign.welcome).toMatchObject({ resumed: false, reason: 'superseded', gen: 1 })
    expect(foreign.welcome.sid).not.toBe(welcome.sid)
    expect(server.stats().sessions).toBe(2)
    peer.send(call(1, 'whoami'))
    expect(await run(answerTo(peer, 1))).toBe('ada on 1')
  })

  test('with an attempt that was overtaken closes that connection with 4409, and the session lives', async () => {
    const { connect, ask, attach, run } = createResumeBench()
    const { welcome } = await connect()
    const { peer, welcome: next } = await attach(welcome, { attempt: 5 })
    const late = await ask(next, { attempt: 5 })
    expect(await run(late.next(FrameType.Close))).toMatchObject({ code: CloseCode.Superseded, retry: true })
    expect((await run(late.closed)).code).toBe(CloseCode.Superseded)
    sendFrom(peer, 1, call(1, 'whoami'))
    expect(await run(answerTo(peer, 1))).toBe('ada on 1')
  })
})

describe('a connection on standby', () => {
  test('is decided on as any other, and carries no session', async () => {
    const { ask, connect, run, server, told, questions } = createResumeBench()
    const { welcome: own } = await connect()
    const peer = await ask(own, { sid: undefined, token: undefined, standby: true, why: 'probe' })
    const { welcome } = await run(peer.next(FrameType.Welcome))
    expect(welcome).toMatchObject({ resumed: false, resumeWindowMs: 0 })
    expect(server.stats()).toMatchObject({ connections: 2, sessions: 1 })
    peer.send(call(1, 'whoami'))
    expect(await run(peer.next(FrameType.Error))).toMatchObject({ id: 1, code: 'LIMIT_EXCEEDED' })
    peer.send({ type: FrameType.Ping, n: 1, t: 2 })
    expect(await run(peer.next(FrameType.Pong))).toMatchObject({ n: 1, t: 2 })
    const refused = await ask(own, { sid: undefined, token: undefined, standby: true, auth: 'no' })
    expect((await run(refused.closed)).code).toBe(CloseCode.Unauthorized)
    expect(told).toEqual(['connected 1'])
    expect(questions).toHaveLength(3)
  })
})
