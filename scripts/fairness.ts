// npm run fairness: what one connection that asks for too much costs the others. Phases with and without it take turns; what
// counts is the median of the ratios of neighbouring phases.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { OrderedProcess } from '../bench/harness/ordered-process.ts'
import { startServer } from '../packages/adapters/conformance/start-server.ts'
import type { Attack, AttackOrders, FairnessClientOptions, LoadOrders } from './fairness/fairness-orders.ts'
import type { FairnessRow } from './fairness/fairness-result.ts'
import { runtimes } from './runtimes.ts'
import { publish } from './soak/soak-page.ts'

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    rounds: { type: 'string', default: '7' },
    'phase-ms': { type: 'string', default: '1500' },
    connections: { type: 'string', default: '100' },
    'every-ms': { type: 'string', default: '50' },
    /** Writes docs/soak, too. */
    publish: { type: 'boolean' },
  },
})
const runtime = runtimes.find((name) => name === values.runtime) ?? 'node'
const rounds = Number(values.rounds)
const forMs = Number(values['phase-ms'])
const ATTACKS: readonly Attack[] = ['flood', 'streams', 'heavy', 'heavy-at-once']

const server = await startServer(runtime, {
  script: new URL('../packages/adapters/conformance/fairness/fairness-server.ts', import.meta.url),
})
const argument: FairnessClientOptions = {
  url: server.urls.main ?? '',
  connections: Number(values.connections),
  everyMs: Number(values['every-ms']),
}
const start = <Orders>(script: string) =>
  OrderedProcess.start<Orders, null>({
    runtime: 'node',
    script: fileURLToPath(new URL(`fairness/${script}`, import.meta.url)),
    argument,
    packages: 'source',
  })
const load = await start<LoadOrders>('load-process.ts')
const attacker = await start<AttackOrders>('attack-process.ts')

const rows: FairnessRow[] = []
try {
  await load.process.order('load', { forMs })
  for (const attack of ATTACKS) {
    const measured: { readonly without: number; readonly with: number; readonly done: number }[] = []
    for (let round = 0; round < rounds; round++) {
      const without = await load.process.order('load', { forMs })
      await attacker.process.order('begin', { attack })
      const during = await load.process.order('load', { forMs })
      const done = await attacker.process.order('end', {})
      measured.push({ without: without.p99Ms, with: during.p99Ms, done })
    }
    rows.push({
      attack,
      ratio: median(measured.map((one) => one.with / one.without)),
      p99Ms: median(measured.map((one) => one.with)),
      p99WithoutMs: median(measured.map((one) => one.without)),
      attackerPerSecond: median(measured.map(({ done }) => done / (forMs / 1000))),
    })
  }
} finally {
  await Promise.all([load.process.kill(), attacker.process.kill(), server.kill()])
}
console.log(`${runtime}: p99 of ${values.connections} connections that call every ${values['every-ms']} ms`)
console.table(rows)
if (values.publish === true) {
  const { connections, everyMs } = argument
  const date = new Date().toISOString().slice(0, 10)
  publish('fairness', runtime, { runtime, date, rounds, connections, everyMs, rows })
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
