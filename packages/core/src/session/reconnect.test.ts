import { describe, expect, test } from 'vitest'
import { createRandom } from '../testing/random.ts'
import { createReconnectPolicy, type LinkFailure, type ReconnectOptions, type ReconnectPolicy } from './reconnect.ts'

/** Gives the longest delays. */
const longest = () => 0
const DIAL = expect.objectContaining({ type: 'dial' })

function failure(overrides: Partial<LinkFailure> = {}): LinkFailure {
  return { code: 1006, reason: 'gone', retry: true, retryAfterMs: undefined, ...overrides }
}

function started(options?: ReconnectOptions): ReconnectPolicy {
  const policy = createReconnectPolicy(longest, options)
  policy.start(0)
  return policy
}

function connected(options?: ReconnectOptions): ReconnectPolicy {
  const policy = started(options)
  policy.connected(0)
  return policy
}

describe('a reconnect policy', () => {
  test('begins idle and dials once when started', () => {
    const policy = createReconnectPolicy(longest)
    expect(policy.status).toMatchObject({ state: 'idle', attempt: 0 })
    expect(policy.start(5)).toEqual([{ type: 'dial', attempt: 1, why: 'start' }])
    expect(policy.start(6)).toEqual([])
    expect(policy.status).toMatchObject({ state: 'connecting', attempt: 1, since: 5, nextAttemptAt: undefined })
    policy.connected(7)
    expect(policy.status).toMatchObject({ state: 'connected', since: 7 })
    expect(policy.nextDeadline()).toBeUndefined()
  })

  test('is connecting until there was a connection, and reconnecting after that', () => {
    const policy = started()
    policy.failed(failure(), 10)
    expect(policy.status).toMatchObject({ state: 'connecting', reason: 'gone', nextAttemptAt: 1_010, since: 0 })
    policy.handleTimeout(1_010)
    policy.connected(1_020)
    policy.lost(failure({ reason: '' }), 2_000)
    expect(policy.status).toMatchObject({ state: 'reconnecting', reason: 'code 1006' })
  })

  test('waits longer after each failure in a row', () => {
    const policy = started()
    const delays: number[] = []
    let now = 0
    for (let i = 0; i < 8; i += 1) {
      policy.failed(failure(), now)
      const at = policy.nextDeadline() ?? Number.NaN
      delays.push(at - now)
      now = at
      expect(policy.handleTimeout(at - 1)).toEqual([])
      expect(policy.handleTimeout(at)).toEqual([{ type: 'dial', attempt: i + 2, why: 'retry' }])
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  test.each([
    [29_999, 2],
    [30_000, 1],
  ])('after a connection of %i ms dials as attempt %i', (livedMs, attempt) => {
    const policy = connected()
    policy.lost(failure(), livedMs)
    policy.handleTimeout(policy.nextDeadline() ?? Number.NaN)
    expect(policy.status.attempt).toBe(attempt)
  })

  test('waits up to 1 s after the loss of a stable connection, and longer after each failure behind it', () => {
    const policy = connected()
    const delays: number[] = []
    let now = 60_000
    for (let i = 0; i < 7; i += 1) {
      if (i === 0) policy.lost(failure(), now)
      else policy.failed(failure(), now)
      const at = policy.nextDeadline() ?? Number.NaN
      delays.push(at - now)
      now = at
      policy.handleTimeout(now)
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  test('does not count an attempt that only opened as a success', () => {
    const policy = started()
    let now = 0
    for (let i = 0; i < 4; i += 1) {
      policy.connected(now)
      policy.lost(failure(), now + 10)
      now = policy.nextDeadline() ?? Number.NaN
      policy.handleTimeout(now)
    }
    policy.failed(failure(), now)
    expect((policy.nextDeadline() ?? Number.NaN) - now).toBe(16_000)
  })

  test.each([
    [0, 1],
    [1, 1],
    [3, 3],
  ])('with at most %i attempts dials %i times, then is suspended', (maxAttempts, dials) => {
    const policy = started({ maxAttempts })
    let dialled = 1
    for (let now = 0; policy.status.state !== 'suspended'; now = policy.nextDeadline() ?? now) {
      dialled += policy.handleTimeout(now).length
      policy.failed(failure(), now)
    }
    expect(dialled).toBe(dials)
    expect(policy.status.reason).toBe(`gave up after ${dials} attempts`)
    expect(policy.nextDeadline()).toBeUndefined()
  })

  test('gives up once failures have gone on for too long', () => {
    const policy = started({ maxElapsedMs: 1_000 })
    policy.failed(failure(), 500)
    policy.handleTimeout(1_500)
    policy.failed(failure(), 1_499)
    expect(policy.status.state).toBe('connecting')
    policy.handleTimeout(policy.nextDeadline() ?? Number.NaN)
    policy.failed(failure(), 1_500)
    expect(policy.status).toMatchObject({ state: 'suspended', reason: 'gave up after 1000 ms' })
  })

  test('gives failures the whole time again after a stable connection', () => {
    const policy = started({ maxElapsedMs: 10_000 })
    policy.failed(failure(), 0)
    policy.handleTimeout(1_000)
    policy.connected(1_000)
    policy.lost(failure(), 60_000)
    expect(policy.status.state).toBe('reconnecting')
  })

  test('stops at a failure that another attempt cannot mend', () => {
    const policy = connected()
    policy.lost(failure({ code: 4401, reason: 'who are you', retry: false }), 10)
    expect(policy.status).toMatchObject({ state: 'suspended', reason: 'who are you' })
    expect(policy.reconnect(20)).toEqual([{ type: 'dial', attempt: 1, why: 'manual' }])
  })

  test('keeps the code of the last failure until it is connected', () => {
    const policy = started()
    expect(policy.status.code).toBeUndefined()
    policy.failed(failure({ code: 4503 }), 0)
    expect(policy.status.code).toBe(4503)
    policy.handleTimeout(1_000)
    expect(policy.status).toMatchObject({ code: 4503, nextAttemptAt: undefined })
    policy.offline(1_000)
    policy.failed(failure({ code: 1006 }), 1_000)
    expect(policy.status).toMatchObject({ state: 'offline', code: 1006 })
    policy.online(2_000)
    policy.handleTimeout(10_000)
    policy.connected(10_000)
    expect(policy.status.code).toBeUndefined()
  })

  test.each([
    ['reconnect', 'reconnecting'],
    ['close', 'closed'],
  ] as const)('forgets the code of the last failure on %s', (move, state) => {
    const policy = connected()
    policy.lost(failure({ code: 4403, retry: false }), 0)
    expect(policy.status).toMatchObject({ state: 'suspended', code: 4403 })
    policy[move](1)
    expect(policy.status).toMatchObject({ state, code: undefined })
  })

  test('asks `shouldRetry`', () => {
    const asked: unknown[] = []
    const policy = started({
      shouldRetry: ({ code }, attempt) => {
        asked.push([code, attempt])
        return code !== 4503
      },
    })
    policy.failed(failure(), 0)
    policy.handleTimeout(1_000)
    policy.failed(failure({ code: 4503 }), 1_000)
    expect(asked).toEqual([
      [1006, 1],
      [4503, 2],
    ])
    expect(policy.status.state).toBe('suspended')
  })

  test('waits for what the server asked for, and its own delay on top', () => {
    const policy = started()
    policy.failed(failure({ retryAfterMs: 5_000 }), 0)
    expect(policy.nextDeadline()).toBe(6_000)
    policy.online(100)
    expect(policy.nextDeadline()).toBe(6_000)
  })

  test('leaves a connection at a moment within the window of GOAWAY', () => {
    const policy = createReconnectPolicy(() => 0.5)
    policy.start(0)
    policy.connected(0)
    policy.goAway({ delayMs: [1_000, 3_000] }, 100)
    expect(policy.nextDeadline()).toBe(2_100)
    expect(policy.status.state).toBe('connected')
    expect(policy.handleTimeout(2_100)).toEqual([{ type: 'dial', attempt: 2, why: 'goaway' }])
    expect(policy.status).toMatchObject({ state: 'connected', reason: 'welcome' })
    expect(policy.nextDeadline()).toBeUndefined()
    policy.connected(2_200)
    expect(policy.status).toMatchObject({ state: 'connected', reason: 'moved' })
  })

  test('keeps a connection that it cannot move from, and tries again later', () => {
    const policy = connected()
    policy.goAway({ delayMs: [0, 0] }, 100)
    expect(policy.handleTimeout(100)).toEqual([DIAL])
    policy.failed(failure({ retryAfterMs: 5_000 }), 200)
    expect(policy.status.state).toBe('connected')
    expect(policy.nextDeadline()).toBe(200 + 5_000 + 2_000)
    expect(policy.handleTimeout(7_200)).toEqual([{ type: 'dial', attempt: 3, why: 'goaway' }])
  })

  test('goes on with the attempt under way when it loses the connection that this was to replace', () => {
    const policy = connected()
    policy.goAway({ delayMs: [0, 0] }, 100)
    policy.handleTimeout(100)
    policy.lost(failure(), 150)
    expect(policy.status).toMatchObject({ state: 'reconnecting', reason: 'gone' })
    expect(policy.nextDeadline()).toBeUndefined()
    policy.failed(failure(), 200)
    expect(policy.nextDeadline()).toBe(200 + 2_000)
  })

  test('waits longer each time when one server after the other sends it away at once', () => {
    const policy = connected()
    const delays: number[] = []
    let now = 0
    for (let i = 0; i < 6; i += 1) {
      policy.goAway({ delayMs: [0, 0] }, now)
      const at = policy.nextDeadline() ?? Number.NaN
      delays.push(at - now)
      now = at
      policy.handleTimeout(now)
      policy.connected(now)
    }
    expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000])
    // One that could settle is left as it says.
    policy.goAway({ delayMs: [0, 0] }, now + 30_000)
    expect(policy.nextDeadline()).toBe(now + 30_000)
  })

  test('waits as long for a failure behind many GOAWAYs as behind that many failures', () => {
    const policy = connected()
    let now = 0
    for (let i = 0; i < 4; i += 1) {
      policy.goAway({ delayMs: [0, 0] }, now)
      now = policy.nextDeadline() ?? Number.NaN
      policy.handleTimeout(now)
      policy.connected(now)
    }
    policy.lost(failure(), now)
    expect((policy.nextDeadline() ?? Number.NaN) - now).toBe(16_000)
  })

  test('keeps to the window of GOAWAY when the connection goes first', () => {
    const policy = connected()
    policy.goAway({ delayMs: [8_000, 8_000] }, 0)
    policy.lost(failure(), 100)
    expect(policy.nextDeadline()).toBe(9_000)
  })

  test('begins to count anew when it leaves a stable connection', () => {
    const policy = connected()
    policy.goAway({ delayMs: [0, 0] }, 40_000)
    expect(policy.handleTimeout(40_000)).toEqual([{ type: 'dial', attempt: 1, why: 'goaway' }])
  })

  test('dials at once by hand, whatever it waits for', () => {
    const waiting = started()
    waiting.failed(failure(), 0)
    expect(waiting.reconnect(1)).toEqual([{ type: 'dial', attempt: 1, why: 'manual' }])
    expect(waiting.nextDeadline()).toBeUndefined()
    expect(waiting.reconnect(2)).toEqual([])

    expect(connected().reconnect(1)).toEqual([{ type: 'drop' }, DIAL])
    expect(createReconnectPolicy(longest).reconnect(1)).toEqual([DIAL])

    const offline = started()
    offline.offline(0)
    offline.failed(failure(), 0)
    expect(offline.reconnect(1)).toEqual([DIAL])
  })

  test('waits for the network where the platform says that there is none', () => {
    const policy = connected()
    policy.offline(0)
    expect(policy.status.state).toBe('connected')
    policy.lost(failure(), 10)
    expect(policy.status).toMatchObject({ state: 'offline', nextAttemptAt: undefined })
    expect(policy.nextDeadline()).toBeUndefined()
    policy.online(60_000)
    expect(policy.status).toMatchObject({ state: 'reconnecting', reason: 'the network is back', nextAttemptAt: 61_000 })
  })

  test('stops waiting for its next attempt when the network goes', () => {
    const policy = started()
    policy.failed(failure({ retryAfterMs: 50_000 }), 0)
    policy.offline(1)
    expect(policy.status.state).toBe('offline')
    policy.online(2)
    expect(policy.nextDeadline()).toBe(51_000)
  })

  test('closes for good, from any state', () => {
    const closes: [ReconnectPolicy, number][] = [
      [createReconnectPolicy(longest), 0],
      [started(), 1],
      [connected(), 1],
    ]
    for (const [policy, drops] of closes) {
      expect(policy.close(10)).toHaveLength(drops)
      expect(policy.status).toMatchObject({ state: 'closed', since: 10 })
      expect(policy.close(11)).toEqual([])
      expect(policy.reconnect(11)).toEqual([])
      expect(policy.start(11)).toEqual([])
      expect(policy.failed(failure(), 11)).toEqual([])
      policy.lost(failure(), 11)
      policy.connected(11)
      policy.online(11)
      policy.offline(11)
      policy.goAway({ delayMs: [0, 0] }, 11)
      expect(policy.status).toMatchObject({ state: 'closed', since: 10 })
      expect(policy.nextDeadline()).toBeUndefined()
    }
  })

  test('makes a new status only when something changes', () => {
    const policy = connected()
    const { status } = policy
    policy.online(1)
    policy.offline(1)
    policy.handleTimeout(1)
    expect(policy.status).toBe(status)
  })

  test('spreads a thousand clients that lost their server evenly', () => {
    const random = createRandom(1)
    const slots = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 1_000; i += 1) {
      const policy = createReconnectPolicy(random)
      policy.start(0)
      policy.connected(0)
      policy.lost(failure(), 60_000)
      const slot = Math.min(9, Math.floor(((policy.nextDeadline() ?? 0) - 60_000) / 100))
      slots[slot] = (slots[slot] ?? 0) + 1
    }
    expect(Math.max(...slots)).toBeLessThan(150)
  })

  test.each([
    [{ maxAttempts: -1 }, 'Expected `maxAttempts` to be an integer >= 0, got `-1` (number)'],
    [{ maxAttempts: 1.5 }, 'Expected `maxAttempts` to be an integer >= 0, got `1.5` (number)'],
    [{ maxElapsedMs: Number.NaN }, 'Expected `maxElapsedMs` to be a number >= 0, got `NaN` (number)'],
    // A delay that is no number would be none.
    [{ baseMs: Number.NaN }, 'Expected `baseMs` to be a number >= 0, got `NaN` (number)'],
    [{ maxMs: -1 }, 'Expected `maxMs` to be a number >= 0, got `-1` (number)'],
  ])('refuses options out of range: %o', (options, message) => {
    expect(() => createReconnectPolicy(longest, options)).toThrow(new TypeError(message))
  })
})
