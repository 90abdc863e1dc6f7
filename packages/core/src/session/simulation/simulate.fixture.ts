import type { Random } from '../../io/ports.ts'
import type { MemoryLink } from '../../testing/memory-link.ts'
import { createRandom } from '../../testing/random.ts'
import { createSessionPair, type SessionPair } from '../../testing/session-pair.ts'
import type { Effect } from '../effect.ts'
import type { SessionStats } from '../session.ts'
import type { Saboteur } from './saboteurs.fixture.ts'
import { SimulatedApp } from './simulated-app.fixture.ts'

interface Simulation {
  readonly pair: SessionPair
  readonly apps: readonly [client: SimulatedApp, server: SimulatedApp]
  readonly random: Random
  /** Close codes that the schedule can lead to. */
  readonly expectedCodes: Set<number>
}

const BUSY_MS = 30_000
const LONGEST_LATENCY_MS = 150
/** Longer than any answer, read, heartbeat or handshake here. */
const QUIET_MS = 120_000

/**
 * One random schedule of calls, streams, topics, cancels, slow readers and faults of the link, the same for the same
 * seed. Throws when anything a session promises does not hold.
 *
 * @returns how many requests were served
 */
export function simulate(seed: number, sabotage: Saboteur = (session) => session): number {
  const simulation = prepare(createRandom(seed), sabotage)
  const { pair, apps } = simulation
  scheduleWork(simulation)
  scheduleFaults(simulation)
  pair.clock.advance(BUSY_MS)
  pair.link.resume('both')
  for (const app of apps) app.finish()
  pair.clock.advance(QUIET_MS)
  expectNothingInFlight(simulation)
  pair.client.move((session) => session.close(1000, 'done', false))
  pair.link.cut()
  pair.clock.advance(QUIET_MS)
  expectNothingLeft(simulation)
  return apps[0].served.size + apps[1].served.size
}

function prepare(random: Random, sabotage: Saboteur): Simulation {
  const upTo = (most: number): number => Math.floor(random() * (most + 1))
  const decisionMs = random() < 0.9 ? upTo(500) : upTo(12_000)
  const expectedCodes = new Set([1000, 4401, ...(decisionMs >= 9_000 ? [4408] : [])])
  const window = { items: 1 + upTo(6), bytes: 1 + upTo(1_000) }
  const grown = { items: window.items * (1 + upTo(3)), bytes: window.bytes }
  const limits = {
    calls: 1 + upTo(5),
    streams: 1 + upTo(3),
    topics: 1 + upTo(2),
    streamItems: window.items,
    streamBytes: window.bytes,
  }
  const apps: SimulatedApp[] = []
  const onEffect = (index: number) => (effect: Effect) => {
    const app = apps[index]
    if ((effect.type === 'close' || effect.type === 'closed') && !expectedCodes.has(effect.code)) {
      throw new Error(`${app?.name}: unexpected ${effect.type} with ${effect.code} ${effect.reason}`)
    }
    if (effect.type === 'hello') decide()
    app?.onEffect(effect)
  }
  const pair = createSessionPair({
    seed: upTo(1e9),
    latencyMs: upTo(LONGEST_LATENCY_MS),
    jitterMs: upTo(100),
    clientLimits: { topics: limits.topics, maxStreamItems: grown.items },
    serverLimits: { ...limits, maxStreamItems: grown.items },
    onHello: 'wait',
    wrap: sabotage,
    onClientEffect: onEffect(0),
    onServerEffect: onEffect(1),
    onClientLost: () => apps[0]?.onLost(),
    onServerLost: () => apps[1]?.onLost(),
  })
  const { clock, client, server, welcome } = pair
  const decide = (): void => {
    clock.schedule(clock.now() + decisionMs, () => {
      if (random() < 0.97) server.move((session, now) => session.accept(welcome, now))
      else server.move((session, now) => session.refuse(4401, 'no', false, now))
    })
  }
  const clientApp = new SimulatedApp({ name: 'client', clock, random, window: grown, end: client })
  const serverApp = new SimulatedApp({ name: 'server', clock, random, window: grown, end: server })
  clientApp.meet(serverApp)
  serverApp.meet(clientApp)
  apps.push(clientApp, serverApp)
  return { pair, apps: [clientApp, serverApp], random, expectedCodes }
}

function scheduleWork({ pair, apps: [client, server], random }: Simulation): void {
  const { clock } = pair
  const work: readonly [weight: number, task: () => void][] = [
    [8, () => client.call()],
    [3, () => server.call()],
    [4, () => client.open()],
    [2, () => server.open()],
    [2, () => client.listen()],
    [3, () => server.publish()],
    [3, () => client.cancel()],
    [1, () => server.cancel()],
    [1, () => pair.client.move((session, now) => session.wake(now))],
  ]
  const total = work.reduce((sum, [weight]) => sum + weight, 0)
  for (let rest = 5 + Math.floor(random() * 60); rest > 0; rest -= 1) {
    let point = random() * total
    const [, task] = work.find(([weight]) => (point -= weight) < 0) ?? []
    // Half of it at the very beginning, around the handshake, where most things meet.
    if (task !== undefined) clock.schedule(random() * (random() < 0.5 ? 1_000 : BUSY_MS), task)
  }
}

function scheduleFaults({ pair, random, expectedCodes }: Simulation): void {
  const { clock, link, client, server } = pair
  // From the moment on when the server knows of the link; half of the faults around the handshake.
  const at = LONGEST_LATENCY_MS + 1 + random() * (random() < 0.5 ? 1_500 : BUSY_MS)
  const direction = (['up', 'down', 'both'] as const)[Math.floor(random() * 3)] ?? 'both'
  const silence = (): void => {
    expectedCodes.add(4504).add(4408)
    link.silence(direction)
  }
  const pause = (): void => {
    expectedCodes.add(4504).add(4408)
    link.pause(direction)
    clock.schedule(clock.now() + random() * 5_000, () => link.resume(direction))
  }
  const faults: readonly (() => void)[] = [
    () => {},
    () => {},
    () => link.cut(),
    silence,
    pause,
    () => laneOf(link, direction).breakAfterBytes(Math.floor(random() * 5_000)),
    () => client.move((session) => session.close(1000, 'bye', false)),
    () => server.move((session) => session.close(1000, 'bye', false)),
  ]
  const fault = faults[Math.floor(random() * faults.length)]
  if (fault !== undefined) clock.schedule(at, fault)
}

function laneOf(link: MemoryLink, direction: 'up' | 'down' | 'both'): MemoryLink['up'] {
  return direction === 'down' ? link.down : link.up
}

function expectNothingInFlight({ pair, apps }: Simulation): void {
  for (const app of apps) {
    if (app.isLost) continue
    for (const [id, { state, kind }] of app.asked) {
      if (state === 'open' || state === 'accepted') throw new Error(`${app.name}: ${kind} ${id} was never settled`)
    }
    for (const [id, { state, kind }] of app.served) {
      if (state === 'live') throw new Error(`${app.name}: ${kind} ${id} was never aborted`)
    }
  }
  expectZero('client', pair.client.session.stats())
  expectZero('server', pair.server.session.stats())
}

function expectNothingLeft({ pair: { client, server, clock, link } }: Simulation): void {
  for (const { session } of [client, server]) {
    if (session.state !== 'closed') throw new Error(`${session.role}: is still ${session.state}`)
    if (session.nextDeadline() !== undefined) throw new Error(`${session.role}: still waits for something`)
    expectZero(session.role, session.stats())
  }
  if (!link.gone) throw new Error('The link is still there')
  if (clock.pending !== 0) throw new Error(`${clock.pending} timers are left`)
}

function expectZero(name: string, stats: SessionStats): void {
  for (const [what, count] of Object.entries(stats)) {
    if (count !== 0) throw new Error(`${name}: ${count} ${what} are left`)
  }
}
