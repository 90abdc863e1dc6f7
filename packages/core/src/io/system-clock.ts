import type { Clock } from './ports.ts'

/** Longest delay that `setTimeout` keeps; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** A turn that ends so soon after another is not alone: it ends with that of the event loop. */
const BUSY_WITHIN_MS = 0.02

interface LateGlobals {
  readonly setImmediate?: (task: () => void) => unknown
  readonly process?: {
    readonly nextTick?: (task: () => void) => void
    readonly versions?: Readonly<Record<string, string | undefined>>
  }
}

/**
 * The platform's clock. Every global is looked up when it is used, so that fake timers and polyfills installed later
 * count.
 */
export function createSystemClock(): Clock {
  return { now, schedule, ...createTurns() }
}

function now(): number {
  return globalThis.performance.now()
}

function schedule(at: number, task: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (): void => {
    // Timers may fire up to a millisecond early, and long waits are cut into pieces.
    const restMs = Math.min(Math.ceil(at - now()), MAX_TIMEOUT_MS)
    timer = globalThis.setTimeout(() => (now() < at ? wait() : task()), Math.max(restMs, 0))
  }
  wait()
  return () => globalThis.clearTimeout(timer)
}

/**
 * Ends the turns of all that share the clock together. `setImmediate` runs after the sockets of this turn were read, so that all
 * their answers leave together. A lone call need not wait for that, which is 7 of its 90 microseconds on either end: where no
 * turn has ended just now, it ends as soon as the microtasks are done. Browsers have neither; a message to oneself is their
 * next turn, and is not slowed down in hidden tabs as timers are.
 */
function createTurns(): Required<Pick<Clock, 'defer' | 'nextTurn'>> {
  let endedAt = Number.NEGATIVE_INFINITY
  let overChannel: Clock['defer'] | undefined
  let tasks: (() => void)[] = []
  const endTurn = (): void => {
    const due = tasks
    tasks = []
    try {
      runAll(due, defer)
    } finally {
      endedAt = now()
    }
  }
  const scheduleEnd = (): void => {
    const { setImmediate, process } = globalThis as LateGlobals
    if (setImmediate === undefined) {
      overChannel ??= createChannelDefer()
      overChannel(endTurn)
      return
    }
    // Bun ticks ahead of microtasks, in which handlers may still be about to answer.
    const nextTick = process?.versions?.['bun'] === undefined ? process?.nextTick : undefined
    if (nextTick === undefined || now() - endedAt < BUSY_WITHIN_MS) setImmediate(endTurn)
    else globalThis.queueMicrotask(() => nextTick(endTurn))
  }
  const defer = (task: () => void): void => {
    if (tasks.push(task) === 1) scheduleEnd()
  }
  let later: (() => void)[] = []
  const runLater = (): void => {
    // Answers leave before anybody begins what takes time.
    const due = [endTurn, ...later]
    later = []
    runAll(due, nextTurn)
  }
  const nextTurn = (task: () => void): void => {
    if (later.push(task) > 1) return
    const { setImmediate } = globalThis as LateGlobals
    if (setImmediate !== undefined) setImmediate(runLater)
    else {
      overChannel ??= createChannelDefer()
      overChannel(runLater)
    }
  }
  return { defer, nextTurn }
}

/** One that throws keeps no others from their turn. */
function runAll(due: readonly (() => void)[], putBack: (task: () => void) => void): void {
  let next = 0
  try {
    for (; next < due.length; next += 1) due[next]?.()
  } finally {
    if (next < due.length) due.slice(next + 1).forEach(putBack)
  }
}

function createChannelDefer(): Clock['defer'] {
  const tasks: (() => void)[] = []
  const { port1, port2 } = new globalThis.MessageChannel()
  port1.addEventListener('message', () => tasks.shift()?.())
  port1.start()
  return (task) => {
    tasks.push(task)
    port2.postMessage(undefined)
  }
}
