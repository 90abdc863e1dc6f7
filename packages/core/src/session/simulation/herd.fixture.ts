import type { Random } from '../../io/ports.ts'
import { createReconnectPolicy, type LinkFailure, type ReconnectPolicy } from '../reconnect.ts'

/** A server that cuts all its clients in the same instant and is gone for a while. */
export interface Outage {
  readonly lastsMs: number
  /**
   * How long an attempt takes to fail: 0 where the port is closed, up to `connectTimeoutMs` where packets are lost. One that
   * is under way when the server comes back fails all the same, which is the worst that can happen.
   */
  readonly attemptMs: number
}

/** Longer than a connection must live to count as stable. */
const LIVED_MS = 60_000
const GONE: LinkFailure = { code: 1006, reason: 'gone', retry: true, retryAfterMs: undefined }

/**
 * When each of `clients` comes back, in ms since the server is there again, earliest first. Clients meet only at the
 * server, so each of them lives through the outage by itself.
 */
export function arrivalsAfter({ lastsMs, attemptMs }: Outage, clients: number, random: Random): Float64Array {
  return Float64Array.from({ length: clients }, () => {
    const policy = settledClient(random)
    policy.lost(GONE, 0)
    for (;;) {
      const dialledAt = dialNext(policy)
      if (dialledAt >= lastsMs) return dialledAt - lastsMs
      policy.failed(GONE, dialledAt + attemptMs)
    }
  }).sort()
}

/** When each of `clients` moves on, in ms since one GOAWAY to all of them, earliest first. */
export function departuresAfterGoAway(windowMs: number, clients: number, random: Random): Float64Array {
  return Float64Array.from({ length: clients }, () => {
    const policy = settledClient(random)
    policy.goAway({ delayMs: [0, windowMs] }, 0)
    return dialNext(policy)
  }).sort()
}

/** The pauses of one client before `attempts` attempts that all fail, each after a connection that lived `livesMs`. */
export function pausesOf(attempts: number, livesMs: number | undefined, random: Random): Float64Array {
  const policy = settledClient(random)
  policy.lost(GONE, 0)
  let failedAt = 0
  return Float64Array.from({ length: attempts }, () => {
    const dialledAt = dialNext(policy)
    const pauseMs = dialledAt - failedAt
    if (livesMs !== undefined) policy.connected(dialledAt)
    failedAt = dialledAt + (livesMs ?? 0)
    if (livesMs === undefined) policy.failed(GONE, failedAt)
    else policy.lost(GONE, failedAt)
    return pauseMs
  })
}

/** The largest share of `times`, which are sorted, in any window of this length, wherever it begins. */
export function largestShare(times: Float64Array, windowMs: number): number {
  let most = 0
  for (let first = 0, end = 0; first < times.length; first += 1) {
    while (end < times.length && at(times, end) < at(times, first) + windowMs) end += 1
    most = Math.max(most, end - first)
  }
  return most / times.length
}

function at(times: Float64Array, index: number): number {
  return times[index] ?? Number.NaN
}

function settledClient(random: Random): ReconnectPolicy {
  const policy = createReconnectPolicy(random)
  policy.start(-LIVED_MS)
  policy.connected(-LIVED_MS)
  return policy
}

/** Lets time pass until the policy dials. Gives back when. */
function dialNext(policy: ReconnectPolicy): number {
  const due = policy.nextDeadline()
  if (due === undefined) throw new Error(`Expected a client that will dial, got one that is ${policy.status.state}`)
  const [effect] = policy.handleTimeout(due)
  if (effect?.type !== 'dial') throw new Error(`Expected it to dial when due, got ${effect?.type ?? 'nothing'}`)
  return due
}
