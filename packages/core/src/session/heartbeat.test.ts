import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { Heartbeat, LATE_TIMER_MS, MAX_PINGS_PER_SECOND, SLOW_LINK_BYTES_PER_MS, WAKE_TIMEOUT_MS } from './heartbeat.ts'

const TIMES = { idleMs: 20_000, timeoutMs: 10_000 }
const ping = (n: number, t: number) => ({ type: FrameType.Ping, n, t })
const pong = (n: number, t: number) => ({ type: FrameType.Pong, n, t })

describe('a heartbeat', () => {
  test('sends PING to a peer that was silent for the idle time, and gives it up after the timeout', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    expect(heartbeat.nextDeadline(undefined)).toBe(20_000)
    expect(heartbeat.handleTimeout(19_999, undefined)).toBeUndefined()
    expect(heartbeat.handleTimeout(20_000, undefined)).toEqual(ping(1, 20_000))
    expect(heartbeat.nextDeadline(undefined)).toBe(30_000)
    expect(heartbeat.handleTimeout(29_999, undefined)).toBeUndefined()
    expect(heartbeat.handleTimeout(30_000, undefined)).toBe('dead')
  })

  test('takes any byte as a proof of life', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    heartbeat.heard(5_000)
    expect(heartbeat.nextDeadline(undefined)).toBe(25_000)
    heartbeat.handleTimeout(25_000, undefined)
    heartbeat.heard(26_000)
    expect(heartbeat.nextDeadline(undefined)).toBe(46_000)
  })

  test('measures the round trip by the answer to the latest PING, and by no other', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    heartbeat.ping(10_000, 100)
    expect(heartbeat.onPong(pong(1, 99), 140)).toBeUndefined()
    expect(heartbeat.onPong(pong(2, 100), 140)).toBeUndefined()
    expect(heartbeat.onPong(pong(1, 100), 140)).toBe(40)
  })

  test('that leads keeps measuring while the peer is busy', () => {
    const heartbeat = new Heartbeat('lead', TIMES, 0)
    heartbeat.ping(10_000, 0)
    for (let now = 1_000; now <= 18_000; now += 1_000) heartbeat.heard(now)
    expect(heartbeat.handleTimeout(17_999, undefined)).toBeUndefined()
    expect(heartbeat.handleTimeout(18_000, undefined)).toEqual(ping(2, 18_000))
  })

  test('with an idle time of 0 never asks a peer that is only silent', () => {
    const heartbeat = new Heartbeat('follow', { idleMs: 0, timeoutMs: 0 }, 0)
    expect(heartbeat.nextDeadline(undefined)).toBeUndefined()
    expect(heartbeat.nextDeadline({ since: 0, bytes: 0 })).toBe(5_000)
  })

  test('asks soon where data stays unacknowledged, and gives up after 3 s more', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    const unacked = { since: 1_000, bytes: 0 }
    expect(heartbeat.nextDeadline(unacked)).toBe(6_000)
    expect(heartbeat.handleTimeout(5_999, unacked)).toBeUndefined()
    expect(heartbeat.handleTimeout(6_000, unacked)).toEqual(ping(1, 6_000))
    expect(heartbeat.handleTimeout(9_000, unacked)).toBe('dead')
  })

  test('gives data four round trips where that is longer', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    heartbeat.onPong(pong(0, 0), 2_000)
    expect(heartbeat.nextDeadline({ since: 10_000, bytes: 0 })).toBe(18_000)
  })

  test('gives bytes the time that they need on a slow link', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    const bytes = 1_000 * SLOW_LINK_BYTES_PER_MS
    expect(heartbeat.nextDeadline({ since: 0, bytes })).toBe(6_000)
  })

  test('asks again only later about data that a living peer does not acknowledge', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    const unacked = { since: 0, bytes: 0 }
    heartbeat.handleTimeout(5_000, unacked)
    heartbeat.heard(5_100)
    expect(heartbeat.nextDeadline(unacked)).toBe(10_000)
  })

  test('asks with a short deadline on waking up, but not while a shorter one runs', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    expect(heartbeat.wake(1_000)).toEqual(ping(1, 1_000))
    expect(heartbeat.nextDeadline(undefined)).toBe(1_000 + WAKE_TIMEOUT_MS)
    expect(heartbeat.wake(1_500)).toBeUndefined()
    expect(heartbeat.handleTimeout(1_000 + WAKE_TIMEOUT_MS, undefined)).toBe('dead')
  })

  test('shortens a longer deadline on waking up', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    heartbeat.handleTimeout(20_000, undefined)
    expect(heartbeat.wake(20_001)).toEqual(ping(2, 20_001))
  })

  test('asks once more instead of giving up when its own timer was late', () => {
    const onTime = new Heartbeat('follow', TIMES, 0)
    onTime.handleTimeout(20_000, undefined)
    expect(onTime.handleTimeout(30_000 + LATE_TIMER_MS, undefined)).toBe('dead')

    const late = new Heartbeat('follow', TIMES, 0)
    late.handleTimeout(20_000, undefined)
    expect(late.handleTimeout(30_000 + LATE_TIMER_MS + 1, undefined)).toEqual(ping(2, 31_001))
    expect(late.handleTimeout(31_001 + WAKE_TIMEOUT_MS, undefined)).toBe('dead')
  })

  test('answers as many PINGs within a second as are allowed, and refuses one more', () => {
    const heartbeat = new Heartbeat('follow', TIMES, 0)
    for (let n = 1; n <= MAX_PINGS_PER_SECOND; n += 1) {
      expect(heartbeat.onPing(ping(n, 7), 1_000)).toEqual(pong(n, 7))
    }
    expect(() => heartbeat.onPing(ping(0, 0), 1_999)).toThrow(expect.objectContaining({ closeCode: 4400 }))
    expect(heartbeat.onPing(ping(1, 1), 2_000)).toEqual(pong(1, 1))
  })
})
