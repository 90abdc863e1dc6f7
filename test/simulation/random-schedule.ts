/** Makes a schedule from a seed: the same for the same seed. */
import type { Random } from '@tautline/core/io'
import { createRandom } from '@tautline/core/testing'
import type { ApplicationStep, Direction, FaultStep, Schedule, Setup, Step, Who } from './schedule.ts'
import { TOPICS } from './simulated-api.ts'

export function createSchedule(seed: number): Schedule {
  const dice = new Dice(createRandom(seed))
  const setup = createSetup(dice)
  const busyMs = dice.pick([2_000, 10_000, 40_000])
  const work: Step[] = []
  for (let n = 1, count = 3 + dice.upTo(18); n <= count; n++) {
    // Much of it at the very beginning, around the handshake.
    const at = dice.chance(0.2) ? dice.upTo(200) : dice.upTo(busyMs)
    work.push({ at, ...createWork(dice, setup, n) })
  }
  const faults: Step[] = []
  for (let count = dice.upTo(6); count > 0; count--) {
    // Most faults where something happens.
    const near = dice.pick(work).at + dice.upTo(6 * (setup.latencyMs + 1))
    faults.push({ at: dice.chance(0.7) ? near : dice.upTo(busyMs), ...createFault(dice, setup) })
  }
  const steps = [...work, ...faults].sort((a, b) => a.at - b.at)
  return { seed, setup, steps }
}

class Dice {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  /** An integer from 0 to `most`. */
  upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1))
  }

  pick<T>(of: readonly T[]): T {
    const one = of[Math.floor(this.#random() * of.length)]
    if (one === undefined) throw new Error('Expected something to pick from')
    return one
  }

  /** Sometimes. */
  maybe<T>(probability: number, value: () => T): T | undefined {
    return this.chance(probability) ? value() : undefined
  }
}

const LARGE = 64 * 1024 * 1024

function createSetup(dice: Dice): Setup {
  const isNarrow = dice.chance(0.2)
  return {
    clients: dice.chance(0.7) ? 1 : 2 + dice.upTo(1),
    latencyMs: dice.pick([0, 5, 50, 200]),
    jitterMs: dice.pick([0, 0, 5, 100]),
    transports: dice.chance(0.25) ? 2 : 1,
    compression: dice.chance(0.15) ? 'on' : 'off',
    idleMs: dice.pick([2_000, 20_000]),
    windowMs: dice.pick([3_000, 20_000, 120_000]),
    windowBytes: isNarrow ? dice.pick([200, 2_000, 20_000]) : LARGE,
    windowFrames: dice.chance(0.2) ? dice.pick([1, 4, 32]) : 1024,
    maxDetached: isNarrow && dice.chance(0.3) ? dice.pick([1, 2]) : 10_000,
    maxDetachedBytes: isNarrow ? dice.pick([1_000, 20_000, LARGE]) : LARGE,
    backlogBytes: isNarrow ? dice.pick([20_000, 200_000]) : LARGE,
    places: dice.chance(0.2) ? 1 + dice.upTo(3) : 128,
    streamItems: dice.chance(0.3) ? 1 + dice.upTo(3) : 32,
    queuedCalls: dice.chance(0.05) ? 1 + dice.upTo(3) : 1_000,
    maxPauseMs: dice.pick([1_000, 5_000, 30_000]),
  }
}

function createWork(dice: Dice, setup: Setup, n: number): ApplicationStep {
  const client = dice.upTo(setup.clients - 1)
  const bytes = dice.chance(0.8) ? dice.upTo(40) : dice.upTo(8_000)
  const ask = {
    client,
    n,
    timeoutMs: dice.maybe(0.15, () => dice.pick([0, 1, 300, 3_000, 20_000])),
    cancelAfterMs: dice.maybe(0.1, () => dice.upTo(5_000)),
  }
  const pace = {
    to: dice.pick([1, 5, 40]),
    bytes: dice.chance(0.8) ? 0 : dice.upTo(2_000),
    everyMs: dice.pick([0, 20, 500]),
    readMs: dice.pick([0, 0, 100, 1_000]),
    onGap: dice.pick(['restart', 'fail'] as const),
  }
  const waitMs = dice.pick([0, 0, 20, 300, 3_000])
  const work: readonly (readonly [weight: number, make: () => ApplicationStep])[] = [
    [10, () => ({ type: 'call', kind: dice.pick(['ask', 'add', 'add', 'put'] as const), waitMs, bytes, ...ask })],
    [4, () => ({ type: 'count', ...pace, ...ask })],
    [2, () => ({ type: 'live', ...pace, ...ask })],
    [3, () => ({ type: 'sum', ...pace, ...ask })],
    [
      3,
      () => ({ type: 'listen', client, topic: dice.upTo(TOPICS - 1), forMs: dice.maybe(0.3, () => dice.upTo(10_000)) }),
    ],
    [4, () => ({ type: 'publish', topic: dice.upTo(TOPICS - 1), times: dice.pick([1, 3, 20]), bytes })],
    [3, () => ({ type: 'confirm', client, n, waitMs, timeoutMs: dice.maybe(0.3, () => dice.pick([300, 3_000])) })],
    [1, () => ({ type: 'reconnect', client })],
    [1, () => ({ type: 'refresh', client })],
    [0.3, () => ({ type: 'close', client })],
    [
      1,
      () => ({ type: 'signal', client, signal: dice.pick(['offline', 'online', 'online', 'wake', 'wake'] as const) }),
    ],
  ]
  return weighted(dice, work)
}

function createFault(dice: Dice, setup: Setup): FaultStep {
  const client = dice.upTo(setup.clients - 1)
  const direction = dice.pick<Direction>(['up', 'down', 'both'])
  const forMs = dice.pick([100, 1_000, 10_000, 40_000])
  const who: Who = dice.chance(0.3) ? 'server' : client
  const faults: readonly (readonly [weight: number, make: () => FaultStep])[] = [
    [6, () => ({ type: 'cut', client })],
    [4, () => ({ type: 'silence', client, direction })],
    [3, () => ({ type: 'pause', client, direction, forMs })],
    [1, () => ({ type: 'slow', client, direction, bytesPerMs: dice.pick([0.1, 1, 20]) })],
    [
      6,
      () => {
        const unit = dice.pick(['messages', 'messages', 'bytes'] as const)
        const after = unit === 'messages' ? dice.upTo(4) : dice.upTo(2_000)
        const when = dice.pick(['now', 'next link'] as const)
        return { type: 'break', client, when, direction: dice.pick(['up', 'down'] as const), unit, after }
      },
    ],
    [
      2,
      () => ({
        type: 'unreachable',
        client,
        transport: dice.upTo(setup.transports - 1),
        how: dice.pick(['refused', 'silent'] as const),
        forMs,
      }),
    ],
    [2, () => ({ type: 'decide', ms: dice.pick([50, 1_000, 9_900, 12_000]), forMs })],
    [0.5, () => ({ type: 'ban', client, forMs })],
    [1, () => ({ type: 'restart', downMs: dice.upTo(5_000), how: dice.pick(['cut', 'silent'] as const) })],
    [1.5, () => ({ type: 'drain', drainMs: dice.pick([0, 1_000, 10_000]) })],
    [
      2,
      () => ({
        type: 'sleep',
        who,
        ms: dice.pick([300, 5_000, 40_000]),
        wakening: dice.pick(['at once', 'one by one'] as const),
      }),
    ],
    [1, () => ({ type: 'throttle', client, forMs })],
    [1, () => ({ type: 'jump', who, ms: dice.pick([500, 10_000, 60_000]) })],
  ]
  return weighted(dice, faults)
}

function weighted<T>(dice: Dice, choices: readonly (readonly [weight: number, make: () => T])[]): T {
  const tickets = choices.flatMap(([weight, make]) => Array.from({ length: Math.ceil(weight * 4) }, () => make))
  return dice.pick(tickets)()
}
