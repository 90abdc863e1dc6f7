import type { Runtime } from '../runtimes.ts'
import type { Attack } from './fairness-orders.ts'

export interface FairnessResult {
  readonly runtime: Runtime
  readonly date: string
  /** Of how many neighbouring phases each row is the median. */
  readonly rounds: number
  readonly connections: number
  readonly everyMs: number
  /** Whether the server had a processor to itself. */
  readonly ownProcessors: boolean
  readonly rows: readonly FairnessRow[]
}

export interface FairnessRow {
  readonly attack: Attack
  readonly ratio: number
  readonly p99Ms: number
  readonly p99WithoutMs: number
  readonly p50Ms: number
  readonly p50WithoutMs: number
  /** The share of calls that are not counted, since the process that measures was held up meanwhile. */
  readonly leftOut: number
  readonly attackerPerSecond: number
}
