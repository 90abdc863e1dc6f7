// npm run bench: Tautline, its peers and bare sockets, measured against each other on this machine.
import { join, resolve } from 'node:path'
import process from 'node:process'
import { type CommandLine, parseCommandLine, USAGE } from './harness/command-line.ts'
import { findSubjects } from './harness/find-subjects.ts'
import { buildPackages, installPeers } from './harness/prepare.ts'
import { createProgressLines } from './harness/progress-lines.ts'
import type { Results } from './harness/results.ts'
import { runBench, scheduleOf } from './harness/run-bench.ts'
import { createTimeBudget } from './harness/time-budget.ts'
import { readResults, updateResults } from './harness/update-results.ts'
import { renderTerminal } from './report/terminal.ts'
import { writeReport } from './report/write-report.ts'
import { scenarios } from './scenarios/scenarios.ts'

const bench = import.meta.dirname
/** Of the minute that quick runs may take, what is left for the last round to end and for the report. */
const QUICK_MS = 50_000

const subjects = await findSubjects()
const choices = {
  scenarios: scenarios.map(({ name }) => name),
  subjects: subjects.map(({ name }) => name),
  defaultOut: join(bench, 'results'),
}

function understand(): CommandLine | undefined {
  try {
    const options = parseCommandLine(process.argv.slice(2), choices)
    if (options === 'help') console.log(USAGE)
    else if (options === 'list') console.log(list())
    else return options
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
  return undefined
}

function list(): string {
  return [
    'Scenarios',
    ...scenarios.map(({ name, title }) => `  ${name.padEnd(22)}${title}`),
    '',
    'Subjects',
    ...subjects.map(({ name, label, runtimes }) => `  ${name.padEnd(22)}${label} (${runtimes.join(', ')})`),
  ].join('\n')
}

async function run(options: CommandLine): Promise<void> {
  installPeers()
  if (options.packages === 'built') buildPackages()
  const plan = {
    ...options,
    scenarios: scenarios.filter(({ name }) => options.scenarios.includes(name)),
    // Once more: what has just been installed has versions.
    subjects: (await findSubjects()).filter(({ name }) => options.subjects.includes(name)),
  }
  const folders = [resolve(options.out), ...(options.publish ? [join(bench, '../docs/bench')] : [])]
  const present = folders.map((folder) => (options.update ? readResults(folder) : undefined))
  const progress = createProgressLines(process.stderr, scheduleOf(plan).length)
  const results = await runBench({
    ...plan,
    date: new Date().toISOString(),
    onProgress: progress.show,
    async onScenario(soFar) {
      await writeAll(folders.slice(0, 1), present, soFar)
    },
    time: createTimeBudget(options.scale === 'quick' ? QUICK_MS : Number.POSITIVE_INFINITY, () => performance.now()),
  })
  progress.clear()
  console.log(renderTerminal(results, scenarios))
  if (options.scale === 'quick') console.log('\nA quick run: it shows what has become slow, not how fast something is.')
  for (const page of await writeAll(folders, present, results)) console.log(page)
}

/** @param present what the folders have, where that is to be kept */
async function writeAll(
  folders: readonly string[],
  present: readonly (Results | undefined)[],
  results: Results,
): Promise<readonly string[]> {
  return Promise.all(
    folders.map((folder, index) => writeReport(folder, updateResults(present[index], results), scenarios)),
  )
}

// Children end with their stdin: nothing is left of them, whatever ends this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exit(130)
  })
}

const options = understand()
if (options !== undefined) await run(options)
