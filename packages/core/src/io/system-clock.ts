import type { Clock } from './ports.ts'

/** Longest delay that `setTimeout` keeps; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * So long Deno may go from turn to turn without a look at its sockets: while there is something to be done at once, it looks
 * every 61st time. Only a timer makes sure of it.
 */
const UNPOLLED_MS = 1

/** A turn that ends so soon after another is not alone: it ends with that of the event loop. */
const BUSY_WITHIN_MS = 0.02

interface LateGlobals {
  readonly Deno?: object
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
  const look = (): void => {
    const restMs = at - now()
    // Timers may fire up to a millisecond early, and long waits are cut into pieces.
    if (timer !== undefined && restMs <= 0) task()
    else timer = globalThis.setTimeout(look, Math.min(Math.max(Math.ceil(restMs), 0), MAX_TIMEOUT_MS))
  }
  look()
  return () => globalThis.clearTimeout(timer)
}

/**
 * Ends the turns of all that share the clock together. `setImmediate` runs after the sockets of this turn were read, so that all
 * their answers leave together. A lone call need not wait for that, which is 7 of its 90 microseconds on either end: where no
 * turn has ended just now, it ends as soon as the microtasks are done. Browsers have neither; a message to oneself is their
 * next turn, and is not slowed down in hidden tabs as timers are.
 */
function createTurns(): Pick<Clock, 'nextTurn' | 'afterMicrotasks'> & Pick<Clock, 'defer'> {
  let overChannel: Clock['defer'] | undefined
  /** In another turn of the event loop, each task by itself: its microtasks are done before the next one begins. */
  const later: Clock['defer'] = (task) => {
    const { setImmediate } = globalThis as LateGlobals
    if (setImmediate !== undefined) {
      setImmediate(task)
      return
    }
    overChannel ??= createChannelDefer()
    overChannel(task)
  }
  let endedAt = Number.NEGATIVE_INFINITY
  let tasks: (() => void)[] = []
  const endTurn = (): void => {
    const due = tasks
    tasks = []
    // What is put off by the end of a turn is for another one, behind what comes in meanwhile.
    endedAt = Number.POSITIVE_INFINITY
    try {
      runAll(due, defer)
    } finally {
      endedAt = now()
    }
  }
  const defer = (task: () => void): void => {
    if (tasks.push(task) > 1) return
    const isBusy = now() - endedAt < BUSY_WITHIN_MS
    if (isBusy || !tickAfterMicrotasks(endTurn)) later(endTurn)
  }
  let polledAt = Number.NEGATIVE_INFINITY
  const afterPoll: Clock['defer'] = (task) => {
    globalThis.setTimeout(() => {
      polledAt = now()
      task()
    }, 0)
  }
  /** How the tasks of the next turn get there; `undefined` while there are none. */
  let behind: Clock['defer'] | undefined
  const nextTurn = (task: () => void): void => {
    if (behind === undefined) {
      const mayBeUnpolled = (globalThis as LateGlobals).Deno !== undefined && now() - polledAt >= UNPOLLED_MS
      behind = mayBeUnpolled ? afterPoll : later
      behind(() => {
        // What its tasks ask for is for the turn behind it.
        behind = undefined
        // Answers leave before anybody begins what takes time.
        endTurn()
      })
    }
    behind(task)
  }
  if (usableNextTick() === undefined) return { defer, nextTurn }
  return { defer, nextTurn, afterMicrotasks: (task) => void tickAfterMicrotasks(task) }
}

/** Bun ticks ahead of microtasks, in which handlers may still be about to answer, and browsers have no ticks. */
function usableNextTick(): ((task: () => void) => void) | undefined {
  const { process, setImmediate } = globalThis as LateGlobals
  // A page may have a `process` from its bundler.
  if (setImmediate === undefined) return undefined
  return process?.versions?.['bun'] === undefined ? process?.nextTick : undefined
}

/** @returns whether that can be done here */
function tickAfterMicrotasks(task: () => void): boolean {
  const nextTick = usableNextTick()
  if (nextTick === undefined) return false
  globalThis.queueMicrotask(() => nextTick(task))
  return true
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
