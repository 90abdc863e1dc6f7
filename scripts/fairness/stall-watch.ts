import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { ProcessorWatchData } from './processor-watch.ts'

/*
 * Whether the machine stood still, or the process that measures was itself held up. A host takes processors away for tens of
 * milliseconds where all of a virtual machine are busy; a garbage collection of one's own is no better. What is measured
 * meanwhile says nothing of the server.
 */

/** Timers are late by as much without anything being wrong. */
const LATE_MS = 3
const LOOK_MS = 1

export class StallWatch {
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  /** See `ProcessorWatchData`. */
  readonly #onProcessor: Float64Array
  #lookedAt: number
  #stalledAt = Number.NEGATIVE_INFINITY

  constructor(onProcessor: SharedArrayBuffer, now: () => number = () => performance.now()) {
    this.#now = now
    this.#onProcessor = new Float64Array(onProcessor)
    this.#lookedAt = now()
    this.#timer = setInterval(() => this.look(), LOOK_MS)
  }

  look(): void {
    const now = this.#now()
    if (now - this.#lookedAt > LOOK_MS + LATE_MS) this.#stalledAt = now
    this.#lookedAt = now
  }

  /** Whether this process, or the processor of the server, was held up at any time since `ms`. */
  stalledSince(ms: number): boolean {
    const onProcessorAt = (this.#onProcessor[0] ?? 0) - performance.timeOrigin
    // It may have been just now, and what has come in meanwhile is told of first.
    return this.#stalledAt > ms || onProcessorAt > ms || this.#now() - this.#lookedAt > LOOK_MS + LATE_MS
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/**
 * Looks after the processor of the server, with a priority that no server has (Linux, as root).
 *
 * @returns where it says when that stood still last; for ever 0 where the system does not let it
 */
export async function watchProcessor(processor: number): Promise<SharedArrayBuffer> {
  const stalledAt = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  const workerData: ProcessorWatchData = { stalledAt, lateMs: LATE_MS, lookMs: LOOK_MS }
  const before = threads()
  const worker = new Worker(new URL('processor-watch.ts', import.meta.url), { workerData })
  await once(worker, 'online')
  worker.unref()
  try {
    for (const thread of threads().filter((id) => !before.includes(id))) {
      execFileSync('taskset', ['--cpu-list', '--pid', String(processor), thread], { stdio: 'ignore' })
      execFileSync('chrt', ['--rr', '--pid', '1', thread], { stdio: 'ignore' })
    }
  } catch {
    await worker.terminate()
  }
  return stalledAt
}

function threads(): readonly string[] {
  try {
    return readdirSync('/proc/self/task')
  } catch {
    return []
  }
}
