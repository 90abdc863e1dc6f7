import type { Runtime } from '../runtimes.ts'
import type { Attack } from './fairness-orders.ts'

export interface FairnessResult {
  readonly runtime: Runtime
  readonly date: string
  /** Of how many neighbouring phases each row is the median. */
  readonly rounds: number
  readonly connections: number
  readonly everyMs: number
  readonly rows: readonly FairnessRow[]
}

export interface FairnessRow {
  readonly attack: Attack
  readonly ratio: number
  readonly p99Ms: number
  readonly p99WithoutMs: number
  readonly attackerPerSecond: number
}
