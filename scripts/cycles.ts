// npm run cycles: 200,000 times subscribe and leave, 20,000 times connect and go, on a runtime. Fails where more than 5 % of the heap is
// left, or any timer, handle or listener.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runCycles } from './cycles/run-cycles.ts'
import { runtimes } from './runtimes.ts'
import { publish } from './soak/soak-page.ts'

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'node' },
    subscribes: { type: 'string', default: '200000' },
    connects: { type: 'string', default: '20000' },
    /** Writes docs/soak, too. */
    publish: { type: 'boolean' },
  },
})
const runtime = runtimes.find((name) => name === values.runtime)
if (runtime === undefined) throw new TypeError(`Expected \`--runtime\` to be one of ${runtimes.join(', ')}`)
const result = await runCycles({
  runtime,
  subscribes: Number(values.subscribes),
  connects: Number(values.connects),
})
console.log(JSON.stringify(result, null, 1))
if (values.publish === true) publish('cycles', runtime, result)
if (result.failures.length > 0) process.exitCode = 1
