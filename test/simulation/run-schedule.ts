/** Runs one schedule from its first step to the last timer, and says what was wrong with it. */
import { createRandom, createVirtualClock } from '@tautline/core/testing'
import { watchCarriers } from './carrier-watch.ts'
import { Desk } from './desk.ts'
import { doFault, type Stage } from './faults.ts'
import type { Doorkeeper } from './handlers.ts'
import { type Accusation, Referee } from './referee.ts'
import { describeStep, type Schedule, type Step } from './schedule.ts'
import { Servers } from './servers.ts'
import { SessionBook } from './session-book.ts'
import { TOPICS } from './simulated-api.ts'
import { SimulatedClient } from './simulated-client.ts'
import { watchWindows } from './window-watch.ts'
import type { World } from './world.ts'

export interface Outcome {
  readonly accusation: Accusation | undefined
  /** Handlers that ran. */
  readonly runs: number
  readonly story: string
}

/** It makes no sense to go on. */
class Stopped extends Error {}

/** As long as any fault, and any timer of an application. */
const LONGEST_FAULT_MS = 41_000
/** Longer than any heartbeat, handshake, pause and answer of a schedule together. */
const CALM_MS = 150_000
const CLOSING_MS = 20_000
/** So often it is looked whether it makes sense to go on. */
const LOOK_MS = 5_000
const OVERFLOW_BELOW_BYTES = 1024 * 1024

export async function runSchedule(schedule: Schedule): Promise<Outcome> {
  const stage = prepare(schedule)
  const { world } = stage
  const { referee } = world
  const stopWatchingWindows = watchWindows((text) => referee.accuse('I5', text))
  const stopWatchingCarriers = watchCarriers((text) => referee.accuse('I6', text))
  try {
    await play(stage, schedule)
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  } finally {
    stopWatchingCarriers()
    stopWatchingWindows()
  }
  return { accusation: referee.accusation, runs: world.desk.runs, story: referee.story() }
}

async function play(stage: Stage, { steps }: Schedule): Promise<void> {
  const { world } = stage
  const { clock, referee } = world
  for (const step of steps) clock.schedule(step.at, () => doStep(stage, step))
  const last = Math.max(0, ...steps.map(({ at }) => at))
  await clock.advanceAsync(last + 1)
  await calmDown(stage)
  if (referee.accusation === undefined) await close(stage)
}

function prepare({ seed, setup }: Schedule): Stage {
  // Between two steps only promises settle here: a turn of the event loop would take several times as long.
  const clock = createVirtualClock({ afterPromises: (task) => process.nextTick(task) })
  const referee = new Referee(() => clock.now())
  const door: Doorkeeper = { decisionMs: 0, banned: new Set() }
  const book = new SessionBook({
    referee,
    now: () => clock.now(),
    clients: setup.clients,
    windowMs: setup.windowMs,
    mayOverflow:
      Math.min(setup.windowBytes, setup.backlogBytes, setup.maxDetachedBytes) < OVERFLOW_BELOW_BYTES ||
      setup.maxDetached < setup.clients,
  })
  const world: World = {
    setup,
    clock,
    random: createRandom(seed),
    referee,
    desk: new Desk(referee),
    book,
    door,
    afterTask: () => {
      for (const server of servers.all) server.check()
      if (referee.accusation !== undefined) throw new Stopped()
    },
  }
  const clients = Array.from({ length: setup.clients }, (_, id) => new SimulatedClient(world, id))
  const servers = new Servers(world, clients)
  return { world, clients, servers }
}

function doStep(stage: Stage, step: Step): void {
  const { world, clients, servers } = stage
  world.referee.note(`step`, describeStep(step))
  const { current } = servers
  switch (step.type) {
    case 'publish':
      current.process.run(() => current.publish(step.topic, step.times, step.bytes))
      break
    case 'confirm':
      current.process.run(() => current.confirm(step))
      break
    case 'call':
    case 'count':
    case 'live':
    case 'sum':
    case 'listen':
    case 'reconnect':
    case 'refresh':
    case 'close':
    case 'signal':
      clients[step.client]?.do(step)
      break
    case 'cut':
    case 'silence':
    case 'pause':
    case 'slow':
    case 'break':
    case 'unreachable':
    case 'decide':
    case 'ban':
    case 'restart':
    case 'drain':
    case 'sleep':
    case 'throttle':
    case 'jump':
      doFault(stage, step)
  }
}

/** Nothing bad happens any more: what is under way has the time to end. */
async function calmDown(stage: Stage): Promise<void> {
  const { world, clients, servers } = stage
  const { clock } = world
  world.referee.note('world', 'calms down')
  world.door.banned.clear()
  world.door.decisionMs = 0
  if (servers.current.process.isDead) servers.replace()
  for (const client of clients) {
    for (const network of client.networks) network.setReachable('open')
    for (const link of client.links) {
      link.resume('both')
      for (const lane of [link.up, link.down]) {
        lane.setBandwidth(Number.POSITIVE_INFINITY)
        lane.breakAfterMessages(Number.POSITIVE_INFINITY)
        lane.breakAfterBytes(Number.POSITIVE_INFINITY)
      }
    }
    client.breakNextLink(undefined)
    client.process.throttle(0)
    client.goOnline()
  }
  await clock.advanceAsync(LONGEST_FAULT_MS)
  for (const until = clock.now() + CALM_MS; clock.now() < until && !isQuiet(stage); ) await clock.advanceAsync(LOOK_MS)
  for (const client of clients) client.goOn()
  await clock.advanceAsync(LOOK_MS)
  for (let topic = 0; topic < TOPICS; topic++) servers.current.publish(topic, 1, 0)
  await clock.advanceAsync(LOOK_MS)
  for (const client of clients) {
    client.judgeIdle()
    client.judgeTopics(servers.current)
  }
}

function isQuiet({ world, clients, servers }: Stage): boolean {
  return world.desk.open === 0 && clients.every((client) => client.isQuiet && client.hasHeard(servers.current))
}

async function close({ world, clients, servers }: Stage): Promise<void> {
  const { clock, referee, desk } = world
  for (const client of clients) client.close()
  await clock.advanceAsync(CLOSING_MS)
  await Promise.all([servers.current.close(0), clock.advanceAsync(CLOSING_MS)])
  for (const client of clients) client.judgeClosed()
  for (const server of servers.all) {
    if (!server.isGone) referee.accuse('I7', `${server.name} does not close`)
    if (!server.process.isDead && server.process.pending > 0) {
      referee.accuse('I7', `${server.process.pending} timers of ${server.name} are left`)
    }
  }
  desk.judge()
  await clock.settle()
  if (clock.pending > 0) referee.accuse('I7', `${clock.pending} timers of nobody are left`)
}
