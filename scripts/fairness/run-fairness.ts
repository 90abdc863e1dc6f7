import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '../../bench/harness/ordered-process.ts'
import { startServer } from '../../packages/adapters/conformance/start-server.ts'
import type { Runtime } from '../runtimes.ts'
import type { Attack, AttackOrders, FairnessClientOptions, LoadOrders } from './fairness-orders.ts'
import type { FairnessResult, FairnessRow } from './fairness-result.ts'
import { giveOwnProcessors, SERVER_PROCESSOR } from './own-processors.ts'

export interface FairnessOptions extends Omit<FairnessClientOptions, 'url'> {
  readonly runtime: Runtime
  readonly attacks: readonly Attack[]
  /** Pairs of phases, without the attacker and with it. */
  readonly rounds: number
  readonly phaseMs: number
}

export const attacks: readonly Attack[] = ['flood', 'streams', 'hold', 'work', 'heavy', 'heavy-at-once']

interface Measured {
  readonly without: LoadOrders['load']['get']
  readonly during: LoadOrders['load']['get']
  /** By the attacker. */
  readonly done: number
}

/** @param onProgress told of each pair of phases that begins */
export async function runFairness(
  { runtime, attacks: chosen, rounds, phaseMs: forMs, connections, everyMs }: FairnessOptions,
  onProgress: (attack: Attack, round: number) => void,
): Promise<FairnessResult> {
  const server = await startServer(runtime, {
    script: new URL('../../packages/adapters/conformance/fairness/fairness-server.ts', import.meta.url),
  })
  const argument: FairnessClientOptions = { url: server.urls.main ?? '', connections, everyMs }
  const start = <Orders>(script: string) =>
    OrderedProcess.start<Orders, null>({
      runtime: 'node',
      script: fileURLToPath(new URL(script, import.meta.url)),
      argument,
      packages: 'source',
    })
  const { process: load } = await start<LoadOrders>('load-process.ts')
  const { process: attacker } = await start<AttackOrders>('attack-process.ts')
  const ownProcessors = giveOwnProcessors({ server: server.pid, load: load.pid, attacker: attacker.pid })
  const rows: FairnessRow[] = []
  try {
    if (ownProcessors) await load.order('watch', { processor: SERVER_PROCESSOR })
    for (const attack of chosen) {
      // Once beforehand: code that runs for the first time is slow for everybody.
      await attacker.order('begin', { attack })
      await load.order('load', { forMs })
      await attacker.order('end', {})
      const measured: Measured[] = []
      for (let round = 1; round <= rounds; round++) {
        onProgress(attack, round)
        const without = await load.order('load', { forMs })
        await attacker.order('begin', { attack })
        const during = await load.order('load', { forMs })
        measured.push({ without, during, done: await attacker.order('end', {}) })
      }
      rows.push(rowOf(attack, measured, forMs))
    }
  } finally {
    await Promise.all([load.kill(), attacker.kill(), server.kill()])
  }
  return { runtime, date: new Date().toISOString().slice(0, 10), rounds, connections, everyMs, ownProcessors, rows }
}

function rowOf(attack: Attack, measured: readonly Measured[], forMs: number): FairnessRow {
  return {
    attack,
    ratio: median(measured.map(({ without, during }) => during.p99Ms / without.p99Ms)),
    p99Ms: median(measured.map(({ during }) => during.p99Ms)),
    p99WithoutMs: median(measured.map(({ without }) => without.p99Ms)),
    p50Ms: median(measured.map(({ during }) => during.p50Ms)),
    p50WithoutMs: median(measured.map(({ without }) => without.p50Ms)),
    leftOut: median(measured.map(({ during }) => during.leftOut / (during.leftOut + during.count))),
    attackerPerSecond: median(measured.map(({ done }) => done / (forMs / 1000))),
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
