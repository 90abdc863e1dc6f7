// npm test: every check in sequence. A failing one does not hide the others.
// npm test -- --only node,bun    npm test -- --skip browser
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureCertutil } from './ensure-certutil.ts'
import { ensureChromium } from './ensure-chromium.ts'
import { ensureHaproxy } from './ensure-haproxy.ts'
import { ensureNginx } from './ensure-nginx.ts'

interface Step {
  readonly name: string
  readonly title: string
  readonly command: readonly string[]
  /** A vitest run: its tests are counted. */
  readonly counts?: true
}

interface Outcome {
  readonly step: Step
  readonly status: 'failed' | 'left out' | 'passed'
  readonly seconds: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly note: string
  /** A line each: the file, the test, and the first line of why. */
  readonly failures: readonly string[]
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const node = process.execPath
const npm = (script: string): readonly string[] => ['npm', 'run', '--silent', script]
const vitest = (place: string): readonly string[] => [node, 'scripts/vitest-on.ts', place, 'run']

const steps: readonly Step[] = [
  { name: 'lock', title: 'lock file complete', command: [node, 'scripts/check-lock.mjs'] },
  { name: 'typecheck', title: 'types', command: npm('typecheck') },
  { name: 'lint', title: 'lint and format', command: npm('lint') },
  { name: 'build', title: 'build', command: npm('build') },
  { name: 'packages', title: 'published packages', command: npm('packages') },
  { name: 'unused', title: 'unused code and dependencies', command: npm('unused') },
  { name: 'size', title: 'what the client weighs in a page', command: npm('size') },
  { name: 'types:budget', title: 'what a large contract costs the compiler', command: npm('types:budget') },
  { name: 'node', title: 'tests on Node, type tests, conformance', command: vitest('node'), counts: true },
  { name: 'bun', title: 'tests on Bun', command: vitest('bun'), counts: true },
  { name: 'deno', title: 'tests on Deno', command: vitest('deno'), counts: true },
  { name: 'browser', title: 'tests in Chromium', command: vitest('browser'), counts: true },
]
const stepTimeoutMs = 20 * 60_000

function chosen(): readonly Step[] {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, skip: { type: 'string', multiple: true } },
  })
  const names = (list: readonly string[] | undefined): string[] =>
    (list ?? []).flatMap((part) => part.split(',')).filter((name) => name !== '')
  const only = names(values.only)
  const skip = names(values.skip)
  const known = steps.map((step) => step.name)
  const unknown = [...only, ...skip].find((name) => !known.includes(name))
  if (unknown !== undefined) {
    console.error(`Expected steps out of ${known.join(', ')}, got \`${unknown}\``)
    process.exit(2)
  }
  return steps.filter((step) => (only.length === 0 || only.includes(step.name)) && !skip.includes(step.name))
}

let stopCurrent: (() => void) | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopCurrent?.()
    process.exit(130)
  })

/** Undefined is success; otherwise why it failed. */
function run([command = '', ...args]: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Its own process group, so that what it spawned ends with it.
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
    const stop = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // The group is already gone.
      }
    }
    stopCurrent = stop
    let late = false
    const timer = setTimeout(() => {
      late = true
      stop()
    }, stepTimeoutMs)
    const settle = (failure: string | undefined): void => {
      clearTimeout(timer)
      stopCurrent = undefined
      resolve(failure)
    }
    child.once('error', (error) => {
      settle(error.message)
    })
    child.once('exit', (code, signal) => {
      if (code === 0) settle(undefined)
      else if (late) settle(`did not end within ${String(stepTimeoutMs / 60_000)} minutes`)
      else settle(code === null ? `ended by ${String(signal)}` : `exit code ${String(code)}`)
    })
  })
}

function readReport(file: string): Report | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
}

/** A step that failed without a failed test, a file that does not load for instance, counts as one failure. */
function outcome(step: Step, failure: string | undefined, report: Report | undefined, seconds: number): Outcome {
  const passed = report?.numPassedTests ?? 0
  const brokenFiles = (report?.testResults ?? []).filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failedTests = (report?.numFailedTests ?? 0) + brokenFiles
  const ranNothing = step.counts === true && passed + failedTests === 0
  const note = [...(ranNothing ? ['no test was executed'] : []), ...(failure === undefined ? [] : [failure])].join(', ')
  const ok = note === '' && failedTests === 0
  return {
    step,
    status: ok ? 'passed' : 'failed',
    seconds,
    passed,
    failed: ok ? 0 : Math.max(1, failedTests),
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    note,
    failures: failuresOf(report),
  }
}

function failuresOf(report: Report | undefined): readonly string[] {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name)
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : []
    return failed.map(({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0])}`)
  })
}

function firstLine(text = 'no message'): string {
  return text.split('\n', 1)[0] ?? ''
}

async function execute(step: Step, reports: string): Promise<Outcome> {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  if (step.name === 'browser' && (await ensureChromium()) === undefined) {
    if (process.env['CI'] !== undefined) return outcome(step, 'no Chromium', undefined, seconds())
    const counts = { passed: 0, failed: 0, skipped: 0 }
    return { step, status: 'left out', seconds: seconds(), ...counts, note: 'no Chromium', failures: [] }
  }
  const file = join(reports, `${step.name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const failure = await run(step.counts === true ? [...step.command, ...reporters] : step.command)
  return outcome(step, failure, step.counts === true ? readReport(file) : undefined, seconds())
}

function row({ step, status, seconds, passed, failed, skipped, note }: Outcome): string {
  const counts = [
    `${String(passed)} passed`,
    `${String(failed)} failed`,
    ...(skipped > 0 ? [`${String(skipped)} skipped`] : []),
  ]
  const detail = [
    ...(step.counts === true && status !== 'left out' ? [counts.join(', ')] : []),
    ...(note === '' ? [] : [note]),
  ]
  return `  ${status.padEnd(8)}  ${step.name.padEnd(12)}${`${seconds.toFixed(1)} s`.padStart(8)}  ${detail.join(' · ')}`.trimEnd()
}

const selected = chosen()
// Once, before test files that need it run side by side: two installations at a time would meet apt's lock.
if (selected.some(({ name }) => ['packages', 'node', 'browser'].includes(name))) await ensureChromium()
if (selected.some(({ name }) => name === 'node'))
  for (const ensure of [ensureNginx, ensureHaproxy, ensureCertutil]) await ensure()
const reports = mkdtempSync(join(tmpdir(), 'tautline-test-'))
const outcomes: Outcome[] = []
try {
  for (const [index, step] of selected.entries()) {
    console.log(`\n[${String(index + 1)}/${String(selected.length)}] ${step.name}: ${step.title}`)
    const result = await execute(step, reports)
    outcomes.push(result)
    console.log(row(result).trimStart())
  }
} finally {
  rmSync(reports, { recursive: true, force: true })
}

const sum = (key: 'failed' | 'passed'): number => outcomes.reduce((total, result) => total + result[key], 0)
const broken = outcomes.filter((result) => result.status === 'failed').map((result) => result.step.name)
const failures = outcomes.flatMap(({ step, failures: lines }) => lines.map((line) => `  ${step.name}  ${line}`))
console.log(`\nSummary\n${outcomes.map(row).join('\n')}\n`)
// Last, since a log is often kept by its end alone.
if (failures.length > 0) console.log(`Failed tests\n${failures.join('\n')}\n`)
if (broken.length > 0)
  console.log(`Failed steps: ${broken.join(', ')} (a step that is no test run counts as one failure)`)
console.log(`${String(sum('passed'))} passed, ${String(sum('failed'))} failed`)
process.exitCode = sum('failed') === 0 && selected.length > 0 ? 0 : 1
