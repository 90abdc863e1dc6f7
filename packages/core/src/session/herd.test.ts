// What a server meets whose clients have all lost it in the same instant.
import { describe, expect, test } from 'vitest'
import { createRandom } from '../testing/random.ts'
import { arrivalsAfter, departuresAfterGoAway, largestShare, pausesOf } from './simulation/herd.fixture.ts'

const CLIENTS = 10_000
const DAY_MS = 24 * 3_600_000
const CAP_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {}
/** Another herd in each run. The bounds are many standard deviations away from what is likely. */
const SEED = Number(environment['TAUTLINE_SIMULATION_SEED'] ?? Date.now() % 0x7fffffff)
const herd = `herd of seed ${SEED}`

describe(`after an outage of a minute, a ${herd}`, () => {
  test.each([
    ['is refused meanwhile', 0],
    ['is not answered meanwhile', CONNECT_TIMEOUT_MS],
  ])('that %s comes back spread out, and is complete within the cap and one attempt', (_, attemptMs) => {
    const arrivals = arrivalsAfter({ lastsMs: 60_000, attemptMs }, CLIENTS, createRandom(SEED))
    expect(largestShare(arrivals, 100)).toBeLessThanOrEqual(0.015)
    expect(arrivals.at(0)).toBeGreaterThanOrEqual(0)
    expect(arrivals.at(-1)).toBeLessThanOrEqual(CAP_MS + attemptMs)
    expect(arrivals).toHaveLength(CLIENTS)
  })
})

test(`a server that is back at once meets a tenth of a ${herd} in 100 ms, and all of it in one second`, () => {
  const arrivals = arrivalsAfter({ lastsMs: 0, attemptMs: 0 }, CLIENTS, createRandom(SEED))
  expect(largestShare(arrivals, 100)).toBeLessThanOrEqual(0.12)
  expect(arrivals.at(-1)).toBeLessThanOrEqual(1_000)
})

test.each([0, 29_999])(`a ${herd} waits longer each time a server accepts it and dies after %i ms`, (livesMs) => {
  const random = createRandom(SEED)
  const attempts = 30
  const herdPauses = Array.from({ length: 1_000 }, () => pausesOf(attempts, livesMs, random))
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const pauses = herdPauses.map((ofOne) => ofOne[attempt] ?? Number.NaN)
    const ceilingMs = [1_000, 2_000, 4_000, 8_000, 16_000][attempt] ?? CAP_MS
    const meanMs = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
    expect(Math.max(...pauses)).toBeLessThanOrEqual(ceilingMs)
    expect(meanMs / ceilingMs).toBeGreaterThan(0.44)
    expect(meanMs / ceilingMs).toBeLessThan(0.56)
  }
})

test(`a ${herd} never dials without a pause in a day without a server, nor pauses for longer than the cap`, () => {
  const random = createRandom(SEED)
  for (let client = 0; client < 50; client += 1) {
    // More than can be made in a day: it is over half the cap on average.
    const pauses = pausesOf(8_000, undefined, random)
    expect(Math.min(...pauses)).toBeGreaterThan(0)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(CAP_MS)
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(DAY_MS)
  }
})

test.each([1_000, 5_000, 30_000, 60_000])(`a ${herd} uses all of the %i ms that GOAWAY gives it`, (windowMs) => {
  const departures = departuresAfterGoAway(windowMs, CLIENTS, createRandom(SEED))
  const fair = (CLIENTS * 100) / windowMs
  expect(largestShare(departures, 100) * CLIENTS).toBeLessThanOrEqual(fair + 8 * Math.sqrt(fair))
  expect(departures.at(0)).toBeGreaterThanOrEqual(0)
  expect(departures.at(0)).toBeLessThan(windowMs / 100)
  expect(departures.at(-1)).toBeLessThanOrEqual(windowMs)
  expect(departures.at(-1)).toBeGreaterThan(windowMs * 0.99)
})
