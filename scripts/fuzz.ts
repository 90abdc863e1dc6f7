// npm run fuzz -- --target decoder --runs 1000000 --seed 1
// Coverage-guided fuzzing of what reads bytes of strangers: see docs/fuzzing.md. `--target all` takes one after the other,
// `--keep` writes the inputs that reach something new to scripts/fuzz/corpus, `--input FILE` runs those of a file and no others.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatInput, readCorpus, writeCorpus } from './fuzz/corpus.ts'
import { type FuzzProgress, fuzz } from './fuzz/fuzz-run.ts'
import { startHangWatch } from './fuzz/hang-watch.ts'
import { loadTarget } from './fuzz/load-target.ts'

const TARGETS = ['frames', 'decoder', 'packed', 'long-poll', 'session', 'dispatch', 'client'] as const
type Target = (typeof TARGETS)[number]

interface Arguments {
  readonly target: Target | 'all'
  readonly runs: number
  readonly seed: number
  readonly keeps: boolean
  readonly input: string | undefined
}

const PROGRESS_EVERY_MS = process.stderr.isTTY ? 1000 : 60_000
const MOST_SEED = 2 ** 31

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'all' },
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % MOST_SEED) },
      keep: { type: 'boolean', default: false },
      input: { type: 'string' },
    },
  })
  const target = ([...TARGETS, 'all'] as const).find((name) => name === values.target)
  const runs = Number(values.runs)
  const seed = Number(values.seed)
  if (target === undefined || !(runs >= 1) || !Number.isSafeInteger(seed)) {
    console.error(
      `Expected \`--target\` to be one of ${TARGETS.join(', ')} or all, \`--runs\` and \`--seed\` to be integers`,
    )
    process.exit(2)
  }
  return { target, runs, seed, keeps: values.keep, input: values.input }
}

async function runOne(target: Target, { runs, seed, keeps, input }: Arguments): Promise<boolean> {
  const loaded = await loadTarget(target)
  const file = new URL(`fuzz/corpus/${target}.txt`, import.meta.url)
  const began = performance.now()
  let toldAt = began
  const line = ({ runs: ran, inputs, branches, slowestMs }: FuzzProgress): string => {
    const perSecond = Math.round((ran * 1000) / (performance.now() - began))
    const reached = `${inputs} inputs reach ${branches} of ${loaded.counters.byteLength} branches`
    return `${target}: seed ${seed}, ${ran} runs, ${perSecond} per second, ${reached}, slowest ${slowestMs.toFixed(1)} ms`
  }
  const where = join(tmpdir(), `tautline-fuzz-${target}-${seed}.txt`)
  const watch = startHangWatch(where)
  const interruption = new AbortController()
  process.once('SIGINT', () => interruption.abort())
  const report = await fuzz(loaded, {
    seed,
    runs: input === undefined ? runs : 0,
    corpus: readCorpus(input ?? file),
    minimises: keeps,
    onRun: (next) => watch.begin(next),
    signal: interruption.signal,
    onProgress(progress) {
      const now = performance.now()
      if (now - toldAt < PROGRESS_EVERY_MS) return
      toldAt = now
      process.stderr.write(process.stderr.isTTY ? `\r${line(progress)}` : `${line(progress)}\n`)
    },
  })
  await watch.stop()
  const { finding, kept, grownBytes } = report
  const growth = grownBytes === undefined ? '' : `, heap grew by ${Math.round(grownBytes / 1024)} KiB`
  if (process.stderr.isTTY) process.stderr.write('\r')
  console.log(`${line(report)}${growth}`)
  if (finding === undefined) {
    if (keeps) writeCorpus(file, kept)
    return true
  }
  console.error(`FOUND by ${target} (${finding.why}): ${finding.message}`)
  if (finding.input !== undefined) {
    writeFileSync(where, `${formatInput(finding.input)}\n`)
    console.error(`Again: npm run fuzz -- --target ${target} --input ${where}`)
  }
  return false
}

/** Each in a process of its own, so that none is measured with what others have left. */
function runInProcess(target: Target): Promise<boolean> {
  const args = [...process.execArgv, import.meta.filename, ...process.argv.slice(2), '--target', target]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}

const given = readArguments()
let isGood = true
if (given.target === 'all') for (const target of TARGETS) isGood = (await runInProcess(target)) && isGood
else isGood = await runOne(given.target, given)
process.exitCode = isGood ? 0 : 1
