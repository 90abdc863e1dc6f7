import { constants } from 'node:os'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Serving } from './serving.ts'

/** What a process may be ended by and can still do something about. */
export type DrainSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2'

export interface DrainOptions {
  /** @default ['SIGTERM', 'SIGINT'] */
  readonly signals?: readonly DrainSignal[]
  /**
   * How long the server says only by `health` that it leaves, and takes connections still: as long as load balancers need to
   * notice. @default 0
   */
  readonly noticeMs?: number
  /** For what is under way then; what is left is closed. @default 10,000 */
  readonly drainMs?: number
}

/** A process that is to end in good order. */
export interface Draining {
  /** The signal that ended it, when nothing is left of the server. Rejects where closing fails. */
  readonly drained: Promise<DrainSignal>
  /** Leaves signals to others again, unless one has come. */
  cancel(): void
}

/**
 * Drains a server at the first signal: it becomes unready, is given time to be noticed, sends its clients elsewhere, finishes
 * what is under way, and closes. The second signal ends the process at once, with 128 and its number as shells have it. The
 * process ends by itself when nothing else keeps it.
 *
 * `noticeMs` and `drainMs` together have to be less than the time after which the orchestrator kills, such as
 * `terminationGracePeriodSeconds` or `TimeoutStopSec`.
 */
export function drainOnSignals(
  server: { leave(): void },
  serving: Pick<Serving, 'close'>,
  options: DrainOptions = {},
): Draining {
  const { signals = ['SIGTERM', 'SIGINT'], noticeMs = 0, drainMs } = options
  const { promise: drained, resolve } = Promise.withResolvers<DrainSignal>()
  let state: 'waiting' | 'draining' = 'waiting'

  const onSignal = (signal: DrainSignal): void => {
    if (state === 'draining') process.exit(128 + constants.signals[signal])
    state = 'draining'
    resolve(drain().then(() => signal))
  }

  async function drain(): Promise<void> {
    server.leave()
    if (noticeMs > 0) await delay(noticeMs)
    await serving.close(drainMs === undefined ? {} : { drainMs })
    ignoreSignals()
  }

  function ignoreSignals(): void {
    for (const signal of signals) process.off(signal, onSignal)
  }

  for (const signal of signals) process.on(signal, onSignal)
  return {
    drained,
    cancel() {
      if (state === 'waiting') ignoreSignals()
    },
  }
}
