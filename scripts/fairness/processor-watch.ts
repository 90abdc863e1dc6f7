// A thread of the process that measures, on the processor of the server and ahead of it: what keeps this one waiting is not the server.
import { workerData } from 'node:worker_threads'

const { stalledAt, lateMs, lookMs } = workerData as ProcessorWatchData
const times = new Float64Array(stalledAt)
const sleeping = new Int32Array(new SharedArrayBuffer(4))

export interface ProcessorWatchData {
  /** One number: when the last stall ended, as `performance.timeOrigin + performance.now()` has it. */
  readonly stalledAt: SharedArrayBuffer
  readonly lateMs: number
  readonly lookMs: number
}

for (let before = performance.now(); ; ) {
  Atomics.wait(sleeping, 0, 0, lookMs)
  const now = performance.now()
  if (now - before > lookMs + lateMs) times[0] = performance.timeOrigin + now
  before = now
}
