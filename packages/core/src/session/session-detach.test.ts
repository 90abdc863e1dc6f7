import { describe, expect, test } from 'vitest'
import { CloseCode, sessionOutlives } from '../protocol/close-codes.ts'
import { FrameType } from '../protocol/frame.ts'
import { closeFrame, deliver, openResumablePair, WINDOW_MS } from './resumable.fixture.ts'
import { brief, callOf, NO_STATS, openPair } from './session-pair.fixture.ts'

const ENDS = ['client', 'server'] as const

const CODES = Object.values(CloseCode)
const LIVES = CODES.filter(sessionOutlives)
const ENDS_WITH = CODES.filter((code) => !sessionOutlives(code))

describe.each(ENDS)('a session at the %s', (role) => {
  test('waits where its transport is gone, and says nothing of it', () => {
    const { [role]: end, clock } = openResumablePair()
    end.session.transportClosed(1006, clock.now())
    expect(end.session.state).toBe('detached')
    expect(end.session.isResumable).toBe(true)
    expect(end.effects).toEqual([])
  })

  test('ends with its transport where it has no window', () => {
    const { [role]: end, clock } = openPair()
    expect(end.session.isResumable).toBe(false)
    expect(end.session.canContinueFrom(0)).toBe(false)
    end.session.transportClosed(1006, clock.now())
    expect(end.session.state).toBe('closed')
  })

  test.each([1000, 4401, 4403, 4406])(
    'ends where the transport closes with %i, which says not to try again',
    (code) => {
      const { [role]: end, clock } = openResumablePair()
      end.session.transportClosed(code, clock.now())
      expect(end.session.state).toBe('closed')
      expect(end.session.isResumable).toBe(false)
    },
  )

  test.each(LIVES)('waits after a CLOSE with %i, and keeps what is under way', (code) => {
    const { [role]: end, clock } = openResumablePair()
    end.move((session, now) => session.call(callOf(session), now))
    const { calls } = end.session.stats()
    expect(calls).toBe(1)
    expect(deliver(end.session, [closeFrame(code)])).toEqual([{ type: 'detached', code, reason: 'a reason' }])
    expect(end.session.state).toBe('detached')
    expect(end.session.stats()).toMatchObject({ calls })
    // The transport goes as well, in good order: that is no news.
    end.session.transportClosed(1000, clock.now())
    expect(end.session.state).toBe('detached')
  })

  test.each(ENDS_WITH)('ends with a CLOSE of %i', (code) => {
    const { [role]: end } = openResumablePair()
    expect(deliver(end.session, [closeFrame(code)])).toMatchObject([{ type: 'closed', code }])
    expect(end.session.state).toBe('closed')
  })

  test.each(LIVES)('ends with a CLOSE of %i where it has no window', (code) => {
    const { [role]: end } = openPair()
    expect(deliver(end.session, [closeFrame(code)])).toMatchObject([{ type: 'closed', code }])
    expect(end.session.state).toBe('closed')
  })

  test('leaves a connection on which a number is missing', () => {
    const { [role]: end } = openResumablePair()
    const effects = deliver(end.session, [{ type: FrameType.Cancel, id: 1 }], 5)
    expect(effects).toMatchObject([{ type: 'detach', code: CloseCode.SequenceGap }])
    expect(end.session.state).toBe('detached')
  })

  test('ends for what no other connection would mend', () => {
    for (const code of [CloseCode.ProtocolError, CloseCode.Malformed, CloseCode.TooLarge]) {
      const { [role]: end } = openResumablePair()
      expect(end.session.violated(code, 'wrong', 0)).toMatchObject([{ type: 'close', code }])
      expect(end.session.state).toBe('closed')
    }
  })

  test('leaves a connection over which nothing is heard, at the moment and not before', () => {
    const { [role]: end, link, clock } = openResumablePair()
    link.silence('both')
    // The idle time, of which the client keeps nine tenths, and the time to answer.
    const deadAfterMs = (role === 'client' ? 18_000 : 20_000) + 10_000
    clock.advance(deadAfterMs - 1)
    expect(end.session.state).toBe('open')
    clock.advance(1)
    expect(end.takeEffects()).toMatchObject([{ type: 'detach', code: CloseCode.HeartbeatTimeout }])
    expect(end.session.state).toBe('detached')
  })

  test('leaves a connection because it is told to, once', () => {
    const { [role]: end, clock } = openResumablePair()
    const leave = () => end.session.leave(CloseCode.SlowConsumer, 'too slow', clock.now())
    expect(leave()).toEqual([{ type: 'detach', code: CloseCode.SlowConsumer, reason: 'too slow' }])
    expect(leave()).toEqual([])
    expect(end.session.state).toBe('detached')
  })

  test('ends in place of leaving where it has no window', () => {
    const { [role]: end, clock } = openPair()
    const effects = end.session.leave(CloseCode.SlowConsumer, 'too slow', clock.now())
    expect(effects).toMatchObject([{ type: 'close', code: CloseCode.SlowConsumer, retry: true }])
  })

  test('waits exactly as long as its window, counted from the loss', () => {
    const { [role]: end, clock } = openResumablePair()
    clock.advance(1_000)
    const lostAt = clock.now()
    end.takeEffects()
    end.session.transportClosed(1006, lostAt)
    expect(end.session.nextDeadline()).toBe(lostAt + WINDOW_MS)
    expect(end.session.handleTimeout(lostAt + WINDOW_MS - 1)).toEqual([])
    expect(end.session.state).toBe('detached')
    const effects = end.session.handleTimeout(lostAt + WINDOW_MS)
    expect(effects).toMatchObject([{ type: 'close', code: 1006, retry: true }])
    expect(end.session.state).toBe('closed')
    expect(end.session.nextDeadline()).toBeUndefined()
  })

  test('lets deadlines run while it waits, and asks for nothing else', () => {
    const { [role]: end, clock } = openResumablePair()
    end.move((session, now) => session.call(callOf(session, { timeoutMs: 500 }), now))
    const id = role === 'client' ? 1 : 2
    clock.advance(0)
    end.session.transportClosed(1006, clock.now())
    expect(end.session.nextDeadline()).toBe(500)
    expect(end.session.handleTimeout(499)).toEqual([])
    expect(brief(end.session.handleTimeout(500))).toEqual([`timeout ${id}`, 'send'])
    expect(end.session.stats().calls).toBe(0)
    expect(end.session.nextDeadline()).toBe(WINDOW_MS)
  })

  test('ends while it waits when it is closed, and leaves nothing', () => {
    const { [role]: end, clock } = openResumablePair()
    end.move((session, now) => session.call(callOf(session, { timeoutMs: 500 }), now))
    end.session.transportClosed(1006, clock.now())
    expect(end.session.close(1000, 'done', false)).toMatchObject([{ type: 'close', code: 1000 }])
    expect(end.session.stats()).toEqual(NO_STATS)
    expect(end.session.nextDeadline()).toBeUndefined()
  })

  test('takes nothing more from the connection that it has left', () => {
    const { [role]: end, clock } = openResumablePair()
    end.session.transportClosed(1006, clock.now())
    const header = { seq: 1, count: 1, ack: 0 }
    expect(end.session.admit(header, 10, 0)).toEqual({ type: 'drop' })
    expect(end.session.receive(header, [{ type: FrameType.Cancel, id: 1 }], 0)).toEqual([])
    expect(deliver(end.session, [{ type: FrameType.Ping, n: 1, t: 1 }])).toEqual([])
  })
})

test('a page that is left ends its session at the server, and no server ends that of its client so', () => {
  const { client, server, clock } = openResumablePair()
  for (const { session } of [client, server]) session.transportClosed(1001, clock.now())
  expect([client.session.state, server.session.state]).toEqual(['detached', 'closed'])
})

test('both ends lose a link that is cut, and keep the call on it', () => {
  const { client, server, link, clock } = openResumablePair()
  client.move((session, now) => session.call(callOf(session), now))
  clock.advance(0)
  link.cut()
  clock.advance(0)
  expect([client.session.state, server.session.state]).toEqual(['detached', 'detached'])
  expect(client.session.stats().calls).toBe(1)
  expect(server.session.stats().peerCalls).toBe(1)
  expect(client.session.isUnsent(1)).toBe(false)
})
