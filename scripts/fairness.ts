// npm run fairness: what one connection that asks for too much costs the others. Phases with and without it take turns; what
// counts is the median of the ratios of neighbouring phases.
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { OrderedProcess } from '../bench/harness/ordered-process.ts'
import { startServer } from '../packages/adapters/conformance/start-server.ts'
import type { Attack, AttackOrders, FairnessClientOptions, LoadOrders } from './fairness/fairness-orders.ts'
import type { FairnessRow } from './fairness/fairness-result.ts'
import { giveOwnProcessors, SERVER_PROCESSOR } from './fairness/own-processors.ts'
import { runtimes } from './runtimes.ts'
import { publish } from './soak/soak-page.ts'

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    rounds: { type: 'string', default: '7' },
    'phase-ms': { type: 'string', default: '2500' },
    connections: { type: 'string', default: '100' },
    'every-ms': { type: 'string', default: '50' },
    /** Writes docs/soak, too. */
    publish: { type: 'boolean' },
  },
})
const runtime = runtimes.find((name) => name === values.runtime) ?? 'node'
const rounds = Number(values.rounds)
const forMs = Number(values['phase-ms'])
const ATTACKS: readonly Attack[] = ['flood', 'streams', 'hold', 'work', 'heavy', 'heavy-at-once']

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
const ownProcessors = giveOwnProcessors({
  server: server.pid,
  load: load.process.pid,
  attacker: attacker.process.pid,
})
if (ownProcessors) await load.process.order('watch', { processor: SERVER_PROCESSOR })
else console.error('The processes share all processors: expect higher ratios than the server is to blame for')

type Latency = LoadOrders['load']['get']
const rows: FairnessRow[] = []
try {
  for (const attack of ATTACKS) {
    // Once beforehand: code that runs for the first time is slow for everybody.
    await attacker.process.order('begin', { attack })
    await load.process.order('load', { forMs })
    await attacker.process.order('end', {})
    const measured: { readonly without: Latency; readonly during: Latency; readonly done: number }[] = []
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`\r${attack}, round ${String(round + 1)} of ${String(rounds)}      `)
      const without = await load.process.order('load', { forMs })
      await attacker.process.order('begin', { attack })
      const during = await load.process.order('load', { forMs })
      const done = await attacker.process.order('end', {})
      measured.push({ without, during, done })
    }
    rows.push({
      attack,
      ratio: median(measured.map(({ without, during }) => during.p99Ms / without.p99Ms)),
      p99Ms: median(measured.map(({ during }) => during.p99Ms)),
      p99WithoutMs: median(measured.map(({ without }) => without.p99Ms)),
      p50Ms: median(measured.map(({ during }) => during.p50Ms)),
      p50WithoutMs: median(measured.map(({ without }) => without.p50Ms)),
      leftOut: median(measured.map(({ during }) => during.leftOut / (during.leftOut + during.count))),
      attackerPerSecond: median(measured.map(({ done }) => done / (forMs / 1000))),
    })
  }
} finally {
  await Promise.all([load.process.kill(), attacker.process.kill(), server.kill()])
}
process.stderr.write('\r')
console.log(`${runtime}: p99 of ${values.connections} connections that call every ${values['every-ms']} ms`)
console.table(rows)
if (values.publish === true) {
  const { connections, everyMs } = argument
  const date = new Date().toISOString().slice(0, 10)
  publish('fairness', runtime, { runtime, date, rounds, connections, everyMs, ownProcessors, rows })
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
