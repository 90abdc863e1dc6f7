/** A rolling restart: clients move from the server that goes to the one that comes, and nobody meets an error. */
import { createClient } from '@tautline/client'
import { createMemoryNetwork, createRandom, createVirtualClock } from '@tautline/core/testing'
import { afterEach, expect, test } from 'vitest'
import { api, type Desk, serveOn, startServer } from './line.fixture.ts'

const cleanUps: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

interface Fleet {
  readonly clock: ReturnType<typeof createVirtualClock>
  readonly network: ReturnType<typeof createMemoryNetwork>
  readonly servers: ReturnType<typeof startServer>[]
  readonly desk: Desk
  readonly clients: ReturnType<typeof createClient<typeof api>>[]
  /** Starts the next server, which takes all new connections from now on, and ends the one before. */
  readonly roll: (drainMs: number) => Promise<void>
}

async function createFleet(size: number, latencyMs = 5): Promise<Fleet> {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, latencyMs, jitterMs: latencyMs })
  const desk: Desk = { runs: [], gate: undefined, live: 0 }
  const servers: Fleet['servers'] = []
  const start = (): void => {
    const server = startServer(desk, clock, {})
    servers.push(server)
    serveOn(network, server)
  }
  start()
  const random = createRandom(size)
  const clients = Array.from({ length: size }, () =>
    createClient(api, { connector: network.connector, clock, random, pageSignals: () => () => {}, onError: fail }),
  )
  await clock.advanceAsync(100)
  const roll = (drainMs: number): Promise<void> => {
    const before = servers.at(-1)
    start()
    return before?.close({ drainMs }) ?? Promise.resolve()
  }
  cleanUps.push(async () => {
    const ends = [
      ...clients.map((client) => client.$.close()),
      ...servers.map((server) => server.close({ drainMs: 0 })),
    ]
    await clock.advanceAsync(10_000)
    await Promise.all(ends)
    expect(clock.pending).toBe(0)
    for (const server of servers) {
      const { limited: _, ...left } = server.stats()
      expect(Object.values(left)).toEqual([0, 0, 0, 0, 0, 0, 0])
    }
  })
  return { clock, network, servers, desk, clients, roll }
}

function fail(error: unknown): void {
  throw error
}

/** Steady calls over all clients, each with a number of its own. */
function createLoad({ clock, clients, desk }: Fleet) {
  const answers: Promise<number>[] = []
  let next = 0
  return {
    async run(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 50) {
        for (let i = 0; i < 20; i++) {
          const client = clients[next % clients.length]
          if (client !== undefined) answers.push(client.add((next += 1)))
        }
        await clock.advanceAsync(50)
      }
    },
    /** None was rejected, and none ran twice. */
    async expectAllOnce(): Promise<void> {
      await clock.advanceAsync(1_000)
      const all = await Promise.all(answers)
      expect(all).toEqual(Array.from({ length: next }, (_, n) => n + 1))
      expect(desk.runs.toSorted((a, b) => a - b)).toEqual(all)
    },
  }
}

test('two rolling restarts under load reject no call, and run none twice', async () => {
  const fleet = await createFleet(100)
  const load = createLoad(fleet)
  await load.run(500)
  const first = fleet.roll(10_000)
  await load.run(7_000)
  await first
  const second = fleet.roll(10_000)
  await load.run(7_000)
  await second
  await load.expectAllOnce()
  expect(fleet.servers.map((server) => server.stats().sessions)).toEqual([0, 0, 100])
  for (const client of fleet.clients) expect(client.$.status).toMatchObject({ state: 'connected', resumed: undefined })
})

// Far above what it needs: with so many clients a busy machine takes its time.
test('two thousand clients move under load, and nothing is lost', { timeout: 120_000 }, async () => {
  const fleet = await createFleet(2_000)
  const load = createLoad(fleet)
  await load.run(200)
  const rolled = fleet.roll(10_000)
  await load.run(7_000)
  await rolled
  await load.expectAllOnce()
  expect(fleet.servers.map((server) => server.stats().sessions)).toEqual([0, 2_000])
})

test('clients move spread over the window, and never without a connection', async () => {
  const { clock, clients, roll, servers } = await createFleet(100)
  const states = new Set<string>()
  for (const client of clients) client.$.onStatus(({ state }) => states.add(state))
  const rolled = roll(10_000)
  const arrived: number[] = []
  for (let passed = 0; passed < 5_500; passed += 500) {
    await clock.advanceAsync(500)
    arrived.push(servers[1]?.stats().sessions ?? 0)
  }
  await clock.advanceAsync(1_000)
  await rolled
  expect(arrived.at(-1)).toBe(clients.length)
  const perHalfSecond = arrived.map((count, i) => count - (arrived[i - 1] ?? 0))
  expect(Math.max(...perHalfSecond)).toBeLessThan(25)
  expect(states).toEqual(new Set(['connected']))
})

test('a call that takes its time is answered by the server that is going', async () => {
  const { clock, clients, desk, roll } = await createFleet(1)
  const [client] = clients
  desk.gate = Promise.withResolvers()
  const slow = client?.add(1)
  await clock.advanceAsync(50)
  const rolled = roll(10_000)
  await clock.advanceAsync(6_000)
  expect(desk.runs).toEqual([1])
  expect(client?.$.stats().inFlight).toBe(1)
  desk.gate.resolve()
  await clock.advanceAsync(50)
  expect(await slow).toBe(1)
  await clock.advanceAsync(100)
  await rolled
})

test('a subscription goes on at the next server without a hole, and listeners miss nothing', async () => {
  const { clock, clients, roll, servers } = await createFleet(1)
  const [client] = clients
  if (client === undefined) throw new Error('Expected a client')
  const items: number[] = []
  const reading = (async () => {
    for await (const n of client.count({ to: 2_000 })) {
      items.push(n)
      // A reader that takes its time is in the middle of the stream when the server goes.
      await new Promise<void>((resolve) => {
        clock.schedule(clock.now() + 5, resolve)
      })
    }
  })()
  const heard: number[] = []
  const listening = client.tick.on((n) => void heard.push(n))
  await clock.advanceAsync(500)
  await listening.ready
  const rolled = roll(10_000)
  let published = 0
  for (let passed = 0; passed < 12_000; passed += 100) {
    published++
    // As a broker would: to whichever server the client listens at.
    for (const server of servers) if (server.publish(api.tick, published) > 0) break
    await clock.advanceAsync(100)
  }
  await Promise.all([rolled, reading])
  expect(items).toEqual(Array.from({ length: 2_000 }, (_, i) => i + 1))
  expect(heard).toEqual(Array.from({ length: published }, (_, i) => i + 1))
  listening.off()
})

test('a mutation that crosses with the end of its server goes again, for that has not run it', async () => {
  const { clock, clients, desk, roll } = await createFleet(1, 40)
  const [client] = clients
  const rolled = roll(0)
  // The server has closed; the client does not know yet.
  const call = client?.add(1)
  await clock.advanceAsync(3_000)
  await rolled
  expect(await call).toBe(1)
  expect(desk.runs).toEqual([1])
})
