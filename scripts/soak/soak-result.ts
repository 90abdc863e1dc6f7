import type { Runtime } from '../runtimes.ts'
import type { Growth } from './growth.ts'
import type { Sabotage } from './sabotage.ts'
import type { Remains, ServerSample } from './soak-orders.ts'

export interface SoakOptions {
  readonly runtime: Runtime
  readonly minutes: number
  readonly clients: number
  readonly seed: number
  /** A folder. */
  readonly out: string
  /** Writes docs/soak, too. */
  readonly publish: boolean
  readonly sabotages: readonly Sabotage[]
}

/** Everything at one moment. */
export interface SoakSample {
  /** Since the clients began to come. */
  readonly atMs: number
  /** `heapBytes` counts only where garbage was collected before. */
  readonly collected: boolean
  readonly server: Omit<ServerSample, 'faults'>
  readonly clientRssBytes: number
  readonly clientHeapBytes: number
  readonly states: Readonly<Record<string, number>>
  readonly reconnects: number
  /** Of clients without faults, whose calls measure the server. */
  readonly witness: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }
  /** Of the machine: processes that could run, for each processor. Above 1 some of them wait. */
  readonly load?: number
  /** How often each thing was done until now. */
  readonly counts: Readonly<Record<string, number>>
}

export interface SoakResult {
  readonly options: Omit<SoakOptions, 'out' | 'publish'>
  readonly date: string
  readonly machine: string
  readonly versions: string
  readonly samples: readonly SoakSample[]
  readonly growth: { readonly server?: Growth; readonly client?: Growth }
  readonly remains?: Remains
  readonly hostile: Readonly<Record<string, number>>
  /** What was wrong. None: it holds. */
  readonly failures: readonly string[]
}
