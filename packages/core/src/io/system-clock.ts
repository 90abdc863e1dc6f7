import type { Clock } from './ports.ts'

/** Longest delay that `setTimeout` keeps; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

interface LateGlobals {
  readonly setImmediate?: (task: () => void) => unknown
}

/**
 * The platform's clock. Every global is looked up when it is used, so that fake timers and polyfills installed later
 * count.
 */
export function createSystemClock(): Clock {
  return { now, schedule, defer: createDefer() }
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
 * `setImmediate` runs after the sockets of this turn were read, so that all their answers leave together. Browsers have
 * none; a message to oneself is their next turn, and is not slowed down in hidden tabs as timers are.
 */
function createDefer(): Clock['defer'] {
  let overChannel: Clock['defer'] | undefined
  return (task) => {
    const { setImmediate } = globalThis as LateGlobals
    if (setImmediate !== undefined) {
      setImmediate(task)
      return
    }
    overChannel ??= createChannelDefer()
    overChannel(task)
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
