// A deployment: a server process ends, the next one takes over, and all clients move, each with its calls. Beside the tests
// on a virtual clock in test/resume/drain.test.ts: real processes and sockets.
import { setTimeout as pass } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../start-server.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
import type { FleetReport } from './fleet.ts'
import { type RunningClient, startClient } from './start-client.ts'

const script = new URL('rolling-server.ts', import.meta.url)

/** A WebSocket that is opened and another one that is closed cost some 5 ms of processors, all processes together. */
const CROWD = 1000
const PROCESSES = 2
const DRAIN_MS = 10_000
/** Half of the drain, and no more than 5 s: over so long GOAWAY spreads the clients. */
const SPREAD_SECONDS = 5
/** Of all clients. An even spread would have a fifth. */
const MOST_IN_A_SECOND = 0.35
/** Traffic before the first server goes, and after the last client has moved. */
const STEADY_MS = 1_500
/** Numbers of calls of each process begin there. */
const NUMBERS_OF_A_PROCESS = 1_000_000

const servers: RunningServer[] = []
const processes: RunningClient[] = []
let proxy: FaultProxy | undefined

afterEach(async () => {
  await Promise.all(processes.splice(0).map((client) => client.stop()))
  await proxy?.close()
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

test('a thousand clients move to the next server, spread over time, and lose nothing', {
  timeout: 120_000,
}, async () => {
  const outcome = await roll({ clients: CROWD, next: 'ready' })
  expectNothingLost(outcome)
  const { perSecond } = outcome
  expect(perSecond.reduce((sum, count) => sum + count, 0)).toBe(CROWD)
  expect(perSecond.length).toBeGreaterThanOrEqual(SPREAD_SECONDS)
  expect(Math.max(...perSecond)).toBeLessThan(MOST_IN_A_SECOND * CROWD)
})

test('clients lose nothing where the next server only starts when the first one goes', {
  timeout: 60_000,
}, async () => {
  expectNothingLost(await roll({ clients: 100, next: 'starts late' }))
})

interface Rolling {
  readonly clients: number
  /** When the first server begins to go. */
  readonly next: 'ready' | 'starts late'
}

interface RollingOutcome {
  readonly clients: number
  readonly reports: readonly FleetReport[]
  /** Numbers of the calls that ran in each. */
  readonly ranInFirst: readonly number[]
  readonly ranInSecond: readonly number[]
  /** Connections that the next server was sent, since the first one began to go. */
  readonly perSecond: readonly number[]
}

/** Clients with traffic, over a balancer that knows one server and then the other. */
async function roll({ clients, next }: Rolling): Promise<RollingOutcome> {
  const first = await start()
  const arrivals: number[] = []
  const balancer = await createFaultProxy({
    targetPort: portOf(first),
    reads: 'bytes',
    onConnection: () => {
      arrivals.push(performance.now())
    },
  })
  proxy = balancer
  const url = new URL(first.urls.main ?? '')
  url.port = String(balancer.port)
  processes.push(...(await Promise.all(Array.from({ length: PROCESSES }, () => startClient('node')))))
  const mustered = stopwatch()
  const size = clients / PROCESSES
  await Promise.all(
    processes.map((client, index) =>
      client.ask('muster', { url: url.href, size, firstNumber: index * NUMBERS_OF_A_PROCESS }),
    ),
  )
  const musteredMs = mustered()
  expect((await first.usage()).connections).toBe(clients)
  await pass(STEADY_MS)

  const ready = next === 'ready' ? await start() : undefined
  const began = performance.now()
  const going = stopwatch()
  const ended = first.stop().then((code) => ({ code, ms: going() }))
  const second = ready ?? (await start())
  const readyMs = going()
  arrivals.length = 0
  balancer.retarget(portOf(second))
  const { code, ms: drainedMs } = await ended
  expect(code).toBe(0)
  await expect.poll(async () => (await second.usage()).connections, { timeout: 30_000 }).toBe(clients)
  const movedMs = going()
  const perSecond = histogram(arrivals, began)
  await pass(STEADY_MS)

  const reports = await Promise.all(processes.map((client) => client.ask('disband', {})))
  expect(await second.stop()).toBe(0)
  const outcome = { clients, reports, perSecond, ranInFirst: ranIn(first), ranInSecond: ranIn(second) }
  console.log(
    `${String(clients)} clients connected within ${seconds(musteredMs)}; next server there after ${seconds(readyMs)}, first ` +
      `one over after ${seconds(drainedMs)}, all moved after ${seconds(movedMs)}, arrivals per second: ${perSecond.join(' ')}; ` +
      `${String(outcome.ranInFirst.length)} calls in the first server and ${String(outcome.ranInSecond.length)} in the next, ` +
      `${String(reports.reduce((sum, { items }) => sum + items, 0))} items; ` +
      `other states: ${reports.map(({ otherStates }) => JSON.stringify(otherStates)).join(' ')}`,
  )
  return outcome
}

function expectNothingLost({ clients, reports, ranInFirst, ranInSecond }: RollingOutcome): void {
  expect(reports.flatMap(({ failures }) => failures)).toEqual([])
  expect(reports.flatMap(({ holes }) => holes)).toEqual([])
  expect(reports.map(({ transports }) => transports)).toEqual(reports.map(() => ({ websocket: clients / PROCESSES })))
  expect(Math.min(ranInFirst.length, ranInSecond.length)).toBeGreaterThan(0)
  // Each number once, in one server or the other.
  const ran = [...ranInFirst, ...ranInSecond].sort((a, b) => a - b)
  expect(ran).toEqual(reports.flatMap(({ calls }, index) => numbers(index * NUMBERS_OF_A_PROCESS, calls)))
}

async function start(): Promise<RunningServer> {
  const server = await startServer('node', { script, drainMs: DRAIN_MS })
  servers.push(server)
  return server
}

function histogram(times: readonly number[], from: number): readonly number[] {
  const counts: number[] = []
  for (const time of times) {
    const second = Math.floor((time - from) / 1000)
    while (counts.length <= second) counts.push(0)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return counts
}

/** What a server has said when it ended. */
function ranIn({ logged }: RunningServer): readonly number[] {
  const line = logged.find((text) => text.startsWith('RAN '))
  return JSON.parse(line?.slice('RAN '.length) ?? '[]') as number[]
}

function numbers(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

function portOf({ urls }: RunningServer): number {
  return Number(new URL(urls.main ?? '').port)
}

function stopwatch(): () => number {
  const began = performance.now()
  return () => performance.now() - began
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
