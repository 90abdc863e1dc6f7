// Storms of cuts, and beside them silence: half-open links, blocked event loops, stopped processes. All with real
// processes, every runtime as server and as client. Silence takes time and no processor, storms take a processor, so the
// ones run while the others wait.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerKind, serverKinds } from '../capabilities.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { runStorm, type StormOptions, type StormOutcome } from './cut-storm.ts'
import { faultsOf } from './ledger.ts'
import { cutKinds } from './random-cuts.ts'
import { runSilence, type SilenceOutcome } from './silence-run.ts'

const script = new URL('fault-server.ts', import.meta.url)

const STORM = { seed: 2, calls: 10_000, streams: 50, workers: 25, cuts: 1000 }
/** The same runtime goes through the long one with its other way to serve. */
const SHORT_STORM = { ...STORM, calls: 2500, cuts: 250 }
/** A long poll waits for 250 ms and more before it repeats a request, so each of its cuts takes several times as long. */
const MIXED_STORM = { ...STORM, calls: 1500, cuts: 150, transports: ['websocket', 'long-poll'] } as const
/** Several times what the long one takes while the blocked processes of the other tests spin. */
const STORM_TIMEOUT_MS = 180_000

/** PING at 18 s, dead 10 s later; of an unacknowledged call PING at 5 s, dead 3 s later. */
const FOUND_MS = { idle: 28_000, pending: 8_000 }
/** On a busy machine: a timer that fires over 1 s late asks the other end once more, for 2 s, before it is given up. */
const SLACK_MS = 4_000

const silences = new Map<ServerKind, Promise<SilenceOutcome>>()

beforeAll(() => {
  for (const kind of serverKinds) {
    const silence = runSilence(kind)
    silences.set(kind, silence)
    // The tests that wait for it are told.
    silence.catch(() => undefined)
  }
})

// Also where only some of the tests were asked for: no process is left to the next file.
afterAll(() => Promise.allSettled(silences.values()), 180_000)

describe.each(serverKinds)('cuts, server %s', (kind) => {
  test('a line that is never cut loses nothing', { timeout: STORM_TIMEOUT_MS }, async () => {
    const { verdict, reconnects } = await storm(kind, { ...STORM, calls: 1000, cuts: 0 })
    expect({ ...verdict, reconnects }).toEqual({ broken: [], losses: [], reconnects: 0 })
  })

  const options = kind === 'deno-serve' ? SHORT_STORM : STORM
  const name = `${String(options.cuts)} cuts during ${String(options.calls)} calls and 50 streams`
  test(`${name} lose nothing and repeat nothing`, { timeout: STORM_TIMEOUT_MS }, async () => {
    const { verdict, cuts } = await storm(kind, options)
    expect(faultsOf(verdict)).toEqual([])
    expect([...cuts.values()].reduce((sum, count) => sum + count, 0)).toBe(options.cuts)
    expect([...cuts.keys()].sort()).toEqual([...cutKinds].sort())
  })
})

test('cuts over both transports lose nothing and repeat nothing', { timeout: STORM_TIMEOUT_MS }, async () => {
  const { verdict, cuts, transports } = await storm('node', MIXED_STORM)
  expect(faultsOf(verdict)).toEqual([])
  expect([...cuts.values()].reduce((sum, count) => sum + count, 0)).toBe(MIXED_STORM.cuts)
  expect(new Set(transports)).toEqual(new Set(MIXED_STORM.transports))
})

describe.each(serverKinds)('silence, server %s', (kind) => {
  let outcome: SilenceOutcome
  beforeAll(async () => {
    outcome = await (silences.get(kind) ?? runSilence(kind))
    reportSilence(kind, outcome)
  }, 180_000)

  test('a half-open link is found while idle, and the line comes back', () => {
    const { foundMs, backMs, verdict } = outcome.idle
    expect(foundMs).toBeLessThan(FOUND_MS.idle + SLACK_MS)
    expect(backMs - foundMs).toBeLessThan(SLACK_MS)
    expect(faultsOf(verdict)).toEqual([])
  })

  test('a half-open link is found sooner with a call pending', () => {
    const { foundMs, backMs, verdict } = outcome.pending
    expect(foundMs).toBeLessThan(FOUND_MS.pending + SLACK_MS)
    expect(backMs - foundMs).toBeLessThan(SLACK_MS)
    expect(faultsOf(verdict)).toEqual([])
  })

  test('a server that is blocked for 5 s loses none of its 20 other clients', () => {
    const { ms, ...lost } = outcome.blockedServer
    expect(ms).toBeGreaterThanOrEqual(5_000)
    expect(lost).toEqual({ reconnects: 0, disconnections: 0 })
  })

  test('a process that is blocked for 5 s keeps its 20 clients', () => {
    const { ms, ...lost } = outcome.blockedClient
    expect(ms).toBeGreaterThanOrEqual(5_000)
    expect(lost).toEqual({ reconnects: 0 })
  })

  test('a server that was stopped for 20 s goes on', () => {
    expect(faultsOf(outcome.frozenServer.verdict)).toEqual([])
  })

  test('a client that was stopped for 20 s goes on', () => {
    expect(faultsOf(outcome.frozenClient.verdict)).toEqual([])
  })

  test('all processes end in good order', () => {
    expect(outcome.exitCodes).toEqual([0, 0, 0, 0])
  })
})

/** A storm over a server of its own, which has no connection left afterwards and ends in good order. */
async function storm(kind: ServerKind, options: Omit<StormOptions, 'url'>): Promise<StormOutcome> {
  const server = await startServer(kind, { script })
  try {
    const outcome = await runStorm({ ...options, url: server.urls.main ?? '' })
    reportStorm(kind, outcome)
    await expectNoConnection(server)
    expect(await server.stop()).toBe(0)
    return outcome
  } finally {
    await server.stop()
  }
}

async function expectNoConnection(server: RunningServer): Promise<void> {
  // Nobody may have told the server that a long poll is over: it gives it up after 10 s.
  await expect.poll(async () => (await server.usage()).connections, { timeout: 15_000 }).toBe(0)
}

function reportStorm(kind: ServerKind, { ms, reconnects, verdict, cuts, transports }: StormOutcome): void {
  if (cuts.size === 0) return
  const polls = transports.filter((transport) => transport === 'long-poll').length
  const ways = cutKinds.map((way) => `${way} ${String(cuts.get(way) ?? 0)}`).join(', ')
  const losses = `${String(verdict.losses.length)} losses told`
  console.log(
    `${kind}: ${seconds(ms)}, ${String(reconnects)} reconnects (${String(polls)} by long poll), ${losses}; ${ways}`,
  )
}

function reportSilence(kind: ServerKind, { idle, pending, frozenServer, frozenClient }: SilenceOutcome): void {
  console.log(
    `${kind}: half-open found after ${seconds(idle.foundMs)} idle and ${seconds(pending.foundMs)} with a call, ` +
      `connected after ${seconds(idle.backMs)} and ${seconds(pending.backMs)}; answered ${seconds(frozenServer.backMs)} ` +
      `after a stopped server and ${seconds(frozenClient.backMs)} after a stopped client went on`,
  )
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
