// npm run fairness: what one connection that asks for too much costs the others. Phases with and without it take turns; what
// counts is the median of the ratios of neighbouring phases.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { attacks, runFairness } from './fairness/run-fairness.ts'
import { runtimes } from './runtimes.ts'
import { publish } from './soak/soak-page.ts'

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    rounds: { type: 'string', default: '7' },
    'phase-ms': { type: 'string', default: '2500' },
    connections: { type: 'string', default: '100' },
    'every-ms': { type: 'string', default: '50' },
    /** Some of the attacks. */
    only: { type: 'string' },
    /** Writes docs/soak, too. */
    publish: { type: 'boolean' },
  },
})
const runtime = runtimes.find((name) => name === values.runtime)
if (runtime === undefined) {
  throw new TypeError(`Expected \`--runtime\` to be out of ${runtimes.join(', ')}, got \`${values.runtime}\``)
}
const chosen =
  values.only === undefined ? attacks : attacks.filter((attack) => values.only?.split(',').includes(attack))
if (chosen.length === 0)
  throw new TypeError(`Expected \`--only\` to be out of ${attacks.join(', ')}, got \`${values.only}\``)
if (values.publish === true && values.only !== undefined) throw new TypeError('Expected all attacks to be published')
const options = {
  runtime,
  attacks: chosen,
  rounds: Number(values.rounds),
  phaseMs: Number(values['phase-ms']),
  connections: Number(values.connections),
  everyMs: Number(values['every-ms']),
}
const result = await runFairness(options, (attack, round) => {
  const place = `[${String(chosen.indexOf(attack) + 1)}/${String(chosen.length)}]`
  process.stderr.write(`\r${place} ${attack}, round ${String(round)} of ${values.rounds}\u{1b}[K`)
})
process.stderr.write('\r\u{1b}[K')
console.log(`${runtime}: p99 of ${values.connections} connections that call every ${values['every-ms']} ms`)
if (!result.ownProcessors) {
  console.log('The processes shared all processors: the ratios are higher than the server is to blame for.')
}
console.table(
  Object.fromEntries(
    result.rows.map(({ attack, ratio, p99Ms, p99WithoutMs, p50Ms, p50WithoutMs, leftOut, attackerPerSecond }) => [
      attack,
      {
        ratio: ratio.toFixed(2),
        'p99, ms': p99Ms.toFixed(1),
        'without it': p99WithoutMs.toFixed(1),
        'p50, ms': p50Ms.toFixed(2),
        'without it ': p50WithoutMs.toFixed(2),
        'not counted': `${(leftOut * 100).toFixed(1)} %`,
        'it gets done, a second': Math.round(attackerPerSecond).toLocaleString('en'),
      },
    ]),
  ),
)
if (values.publish === true) publish('fairness', runtime, result)
