import { CloseCode, FrameType } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { answerTo, call, createResumeBench, sendFrom, WINDOW_MS } from './resume.fixture.ts'
import { onlyConnection } from './test-bench.fixture.ts'

describe('`context`', () => {
  test('runs for every connection, with the handle of the session, and is what calls see from then on', async () => {
    const { connect, attach, questions, run, bench } = createResumeBench({ principalOf: () => 'one' })
    const { welcome } = await connect()
    const { peer } = await attach(welcome, { auth: 'ada2' })
    expect(questions).toMatchObject([
      { auth: 'ada', connectionId: '1' },
      { auth: 'ada2', connectionId: '1' },
    ])
    sendFrom(peer, 1, call(1, 'whoami'))
    expect(await run(answerTo(peer, 1))).toBe('ada2 on 1')
    expect(onlyConnection(bench).context.user).toBe('ada2')
  })

  test('has a signal that lasts as long as the session, not as a connection of it', async () => {
    const { connect, attach, lose, questions, clock } = createResumeBench()
    const { welcome } = await connect()
    await attach(welcome)
    await lose()
    const aborted = () => questions.map(({ signal }) => signal.aborted)
    await clock.advanceAsync(WINDOW_MS - 1)
    expect(aborted()).toEqual([false, false])
    await clock.advanceAsync(1)
    expect(aborted()).toEqual([true, true])
  })

  test('that refuses leaves the session alone, also that of the attempt', async () => {
    const { connect, ask, attach, run, server, questions } = createResumeBench()
    const { peer, welcome } = await connect()
    const refused = await ask(welcome, { auth: 'no', attempt: 2 })
    expect((await run(refused.closed)).code).toBe(CloseCode.Unauthorized)
    expect(questions.map(({ signal }) => signal.aborted)).toEqual([false, true])
    expect(server.stats()).toMatchObject({ connections: 1, sessions: 1 })
    peer.send(call(1, 'whoami'))
    expect(await run(answerTo(peer, 1))).toBe('ada on 1')
    expect((await attach(welcome, { attempt: 2 })).welcome.resumed).toBe(true)
  })

  test('of another principal gets a new session with a context of its own, and leaves the other as it is', async () => {
    const { connect, attach, run, server, questions, clock, lose } = createResumeBench()
    const { peer, welcome } = await connect()
    const other = await attach(welcome, { auth: 'bob' })
    expect(other.welcome).toMatchObject({ resumed: false, reason: 'auth', gen: 1 })
    other.peer.send(call(1, 'whoami'))
    const [, id] = String(await run(answerTo(other.peer, 1))).split('bob on ')
    expect([...server.connections].map((connection) => [connection.id, connection.principal])).toEqual([
      ['1', 'ada'],
      [id, 'bob'],
    ])
    peer.send(call(1, 'whoami'))
    expect(await run(answerTo(peer, 1))).toBe('ada on 1')
    // The end of the session it asked for is none of its own.
    peer.close(1000)
    await clock.settle()
    expect(questions.at(-1)).toMatchObject({ auth: 'bob', signal: { aborted: false } })
    await lose()
  })

  test('that takes its time decides about the session as it is then', async () => {
    const { connect, ask, attach, run, decision, clock } = createResumeBench()
    const { welcome } = await connect()
    const slowOne = await ask(welcome, { auth: 'wait:ada', attempt: 2 })
    const { welcome: next } = await attach(welcome, { attempt: 3 })
    expect(next.gen).toBe(2)
    decision.resolve()
    await clock.settle()
    expect(await run(slowOne.next(FrameType.Close))).toMatchObject({ code: CloseCode.Superseded })
    expect((await attach(next, { attempt: 4 })).welcome.gen).toBe(3)
  })

  test('is asked again where the session has ended meanwhile', async () => {
    const { connect, ask, run, decision, clock, lose, questions, bench } = createResumeBench()
    const { welcome } = await connect()
    await lose()
    const slowOne = await ask(welcome, { auth: 'wait:ada' })
    onlyConnection(bench).close('enough')
    await clock.settle()
    expect(questions[1]?.signal.aborted).toBe(true)
    decision.resolve()
    const { welcome: next } = await run(slowOne.next(FrameType.Welcome))
    expect(next).toMatchObject({ resumed: false, reason: 'unknown' })
    expect(questions.map(({ connectionId }) => connectionId)).toEqual(['1', '1', '2'])
    expect(questions[2]?.signal.aborted).toBe(false)
  })

  test('is told when the connection is lost that it decides on', async () => {
    const { connect, ask, attach, lose, questions, decision, clock, errors } = createResumeBench()
    const { welcome } = await connect()
    await lose()
    await ask(welcome, { auth: 'wait:ada', attempt: 2 })
    await lose()
    expect(questions.map(({ signal }) => signal.aborted)).toEqual([false, true])
    decision.resolve()
    await clock.settle()
    expect((await attach(welcome, { attempt: 3 })).welcome).toMatchObject({ resumed: true, gen: 2 })
    expect(errors).toEqual([])
  })
})
