// npm run simulate -- --runs 1000000 --seed 1
// Runs random schedules of clients and servers on a network that fails, on all processors. See docs/testing.md.
import { availableParallelism } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Finding, simulate } from '../test/simulation/simulate.ts'

/** Of the schedules from `seed` on, one worker takes every `step`-th, `runs` in all. */
interface Share {
  readonly seed: number
  readonly step: number
  readonly runs: number
}

type Report =
  | { readonly type: 'ran'; readonly schedules: number }
  | { readonly type: 'found'; readonly finding: Finding }

const REPORT_EVERY = 20
const PROGRESS_EVERY_MS = 1_000
/** So many stories are enough to begin with. */
const MOST_STORIES = 5

async function work({ seed, step, runs }: Share, report: (report: Report) => void): Promise<void> {
  let ran = 0
  for (let index = 0; index < runs; index++) {
    const finding = await simulate(seed + index * step)
    if (finding !== undefined) report({ type: 'found', finding })
    ran++
    if (ran % REPORT_EVERY !== 0 && index < runs - 1) continue
    report({ type: 'ran', schedules: ran })
    ran = 0
    // A schedule never leaves the microtasks: what was reported goes out now.
    await nextTurn()
  }
}

async function main(): Promise<void> {
  const { runs, seed } = readArguments()
  const began = performance.now()
  const findings: Finding[] = []
  let ran = 0
  const progress = (end: string): void => {
    const perSecond = Math.round((ran * 1000) / (performance.now() - began))
    process.stderr.write(
      `\r${ran} of ${runs} schedules from seed ${seed}, ${perSecond} per second, ${findings.length} found${end}`,
    )
  }
  const tell = (finding: Finding): void => {
    findings.push(finding)
    if (findings.length <= MOST_STORIES) console.log(`\n${finding.story}`)
  }
  const timer = setInterval(() => progress(''), PROGRESS_EVERY_MS)
  const workers = Math.min(availableParallelism(), runs)
  const shares = Array.from({ length: workers }, (_, index) => ({
    seed: seed + index,
    step: workers,
    runs: Math.ceil((runs - index) / workers),
  }))
  await Promise.all(
    shares.map((share) =>
      runWorker(share, (report) => {
        if (report.type === 'ran') ran += report.schedules
        else tell(report.finding)
      }),
    ),
  )
  clearInterval(timer)
  progress('\n')
  if (findings.length > MOST_STORIES)
    console.log(
      `\nAnd: ${findings
        .slice(MOST_STORIES)
        .map(({ seed: one }) => one)
        .join(', ')}`,
    )
  process.exitCode = findings.length > 0 ? 1 : 0
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  console.error(`Expected \`--${name}\` to be an integer >= 1, got \`${text}\``)
  return process.exit(2)
}

function readArguments(): { readonly runs: number; readonly seed: number } {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
  return {
    runs: wholeNumber('runs', values.runs ?? '10000'),
    seed: wholeNumber('seed', values.seed ?? String(1 + (Date.now() % 0x7fffffff))),
  }
}

function runWorker(share: Share, onReport: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share })
    worker.on('message', onReport)
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

if (isMainThread) await main()
else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to the main thread
  await work(workerData as Share, (report) => parentPort?.postMessage(report))
}
