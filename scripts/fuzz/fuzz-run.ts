import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Random } from '@tautline/core/io'
import { createRandom } from '@tautline/core/testing'
import { readCorpus, writeCorpus } from './corpus.ts'
import { Coverage } from './coverage.ts'
import type { FuzzInput } from './fuzz-target.ts'
import type { LoadedTarget } from './load-target.ts'
import { Mutation } from './mutation.ts'

interface Finding {
  readonly why: 'threw' | 'slow' | 'grew'
  readonly message: string
  readonly input: FuzzInput | undefined
}

export interface FuzzProgress {
  readonly runs: number
  readonly inputs: number
  readonly branches: number
  /** The longest that one input took, in ms of wall clock. */
  readonly slowestMs: number
}

export interface FuzzOptions {
  readonly seed: number
  readonly runs: number
  readonly corpus: readonly FuzzInput[]
  /** Whether `kept` is wanted: every input runs once more for it. */
  readonly minimises: boolean
  /** No input may take longer, all its steps together, on a machine that has nothing else to do. @default 50 */
  readonly slowMs?: number
  readonly onProgress: (progress: FuzzProgress) => void
  /** Ends the run early, and with a report. */
  readonly signal?: AbortSignal
  /** An input is about to run. */
  readonly onRun?: (input: FuzzInput) => void
}

export interface FuzzReport extends FuzzProgress {
  readonly finding: Finding | undefined
  /** As few of the inputs as reach all branches that were reached. */
  readonly kept: readonly FuzzInput[]
  /** Bytes of the heap after the run, less those when it was warm; `undefined` where it cannot be collected. */
  readonly grownBytes: number | undefined
}

const DEFAULT_SLOW_MS = 50
/** By so much the heap may be larger at the end: what the engine compiles and remembers of types. */
const GROWTH_BYTES = 4 * 1024 * 1024
/** Inputs until the code is compiled and what is kept on purpose is there. */
const WARM_RUNS = 20_000
const PROGRESS_EVERY = 1024
const MEASUREMENTS = 3

/** Changes inputs that are known, and keeps those that reach something new. Ends with its runs, or with a finding. */
export async function fuzz(loaded: LoadedTarget, options: FuzzOptions): Promise<FuzzReport> {
  return new FuzzRun(loaded, options).run()
}

class FuzzRun {
  readonly #loaded: LoadedTarget
  readonly #options: FuzzOptions
  readonly #coverage: Coverage
  readonly #random: Random
  readonly #mutation: Mutation
  readonly #inputs: FuzzInput[] = []
  readonly #slowMs: number
  #runs = 0
  #slowestMs = 0
  #finding: Finding | undefined
  #current: FuzzInput | undefined
  #escaped: Finding | undefined

  constructor(loaded: LoadedTarget, options: FuzzOptions) {
    this.#loaded = loaded
    this.#options = options
    this.#coverage = new Coverage(loaded.counters)
    this.#random = createRandom(options.seed)
    this.#slowMs = options.slowMs ?? DEFAULT_SLOW_MS
    this.#mutation = new Mutation(this.#random, loaded.target)
  }

  async run(): Promise<FuzzReport> {
    const { runs, corpus } = this.#options
    // What escapes to the event loop would end a process: it is a finding of the input that runs, or of the one before.
    const onEscape = (error: unknown): void => {
      this.#escaped ??= { why: 'threw', message: `Escaped: ${textOf(error)}`, input: this.#current }
    }
    process.on('uncaughtException', onEscape)
    // Of the refusals: most inputs end with one, and its trace would cost more than all the rest.
    const { stackTraceLimit } = Error
    if (runs > 0) Error.stackTraceLimit = 0
    for (const input of [...this.#loaded.target.seeds, ...corpus]) await this.#try(input)
    // Whatever is warmed up by then stays; what grows from there on is held against it.
    const warmAt = Math.min(this.#runs + WARM_RUNS, Math.ceil(runs / 2))
    let before: number | undefined
    while (this.#runs < runs && this.#finding === undefined && this.#options.signal?.aborted !== true) {
      if (this.#runs === warmAt) before = await heapBytesWithout(this.#inputs)
      await this.#try(this.#mutation.mutate(this.#pick(), this.#pick()))
    }
    const after = await heapBytesWithout(this.#inputs)
    const grownBytes = before === undefined || after === undefined ? undefined : after - before
    if (this.#finding === undefined && grownBytes !== undefined && grownBytes > GROWTH_BYTES) {
      this.#finding = { why: 'grew', message: `The heap grew by ${grownBytes} bytes in ${runs} runs`, input: undefined }
    }
    const kept = this.#options.minimises && this.#finding === undefined ? await this.#smallest() : this.#inputs
    process.off('uncaughtException', onEscape)
    Error.stackTraceLimit = stackTraceLimit
    return { ...this.#progress(), finding: this.#finding, kept, grownBytes }
  }

  /** New ones above all, and of two the shorter one: it runs faster, and each change to it means more. */
  #pick(): FuzzInput {
    const one = this.#pickAny()
    const other = this.#pickAny()
    return bytesOf(one) <= bytesOf(other) || this.#random() < 0.2 ? one : other
  }

  #pickAny(): FuzzInput {
    const { length } = this.#inputs
    const among = this.#random() < 0.4 ? Math.min(length, 64) : length
    return this.#inputs[length - 1 - Math.floor(this.#random() * among)] ?? [new Uint8Array()]
  }

  async #try(input: FuzzInput): Promise<void> {
    this.#runs += 1
    this.#current = input
    this.#options.onRun?.(input)
    this.#coverage.clear()
    const began = performance.now()
    try {
      const later = this.#loaded.target.run(input)
      if (later !== undefined) await later
    } catch (error) {
      this.#finding = { why: 'threw', message: textOf(error), input }
      return
    }
    const took = performance.now() - began
    this.#finding = this.#escaped
    if (this.#finding !== undefined) return
    this.#slowestMs = Math.max(this.#slowestMs, took)
    if (this.#coverage.add() && this.#mutation.isKept(input)) this.#inputs.push(input)
    if (took > this.#slowMs) await this.#measure(input)
    if (this.#runs % PROGRESS_EVERY !== 0) return
    this.#options.onProgress(this.#progress())
    // What runs at once never leaves the microtasks: signals come now.
    await nextTurn()
  }

  /** The machine may have been busy with something else: only what this process computes counts, and only every time. */
  async #measure(input: FuzzInput): Promise<void> {
    const { target } = this.#loaded
    let fastest = Number.POSITIVE_INFINITY
    for (let times = 0; times < MEASUREMENTS; times += 1) {
      const before = process.threadCpuUsage()
      await (target.cause === undefined ? target.run(input) : target.cause(input))
      const { user, system } = process.threadCpuUsage(before)
      fastest = Math.min(fastest, (user + system) / 1000)
    }
    const allowedMs = this.#slowMs * slowness()
    if (fastest <= allowedMs) return
    const message = `Took ${fastest.toFixed(1)} ms of processor time, every time, of ${allowedMs.toFixed(1)} ms`
    this.#finding = { why: 'slow', message, input }
  }

  /** The shortest first, each that reaches what those before it do not. */
  async #smallest(): Promise<readonly FuzzInput[]> {
    const reached = new Set<number>()
    const kept: FuzzInput[] = []
    for (const input of this.#inputs.toSorted((a, b) => bytesOf(a) - bytesOf(b))) {
      this.#coverage.clear()
      await this.#loaded.target.run(input)
      const branches = this.#coverage.reached()
      if (branches.every((branch) => reached.has(branch))) continue
      for (const branch of branches) reached.add(branch)
      kept.push(input)
    }
    return kept
  }

  #progress(): FuzzProgress {
    return {
      runs: this.#runs,
      inputs: this.#inputs.length,
      branches: this.#coverage.branches,
      slowestMs: this.#slowestMs,
    }
  }
}

/** What `JSON.parse` takes for as many values, in ms, where nothing else keeps the processor and its memory busy. */
const CALM_MS = 25

/** How many times slower this machine is at the moment: processor time counts waiting for memory that others use, too. */
function slowness(): number {
  const reference = `[${'null,'.repeat(999_999)}null]`
  const took = Array.from({ length: MEASUREMENTS }, () => {
    const before = process.threadCpuUsage()
    JSON.parse(reference)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.max(1, Math.min(...took) / CALM_MS)
}

function bytesOf(input: FuzzInput): number {
  return input.reduce((sum, step) => sum + step.byteLength, 0)
}

/** Bytes of the heap without the inputs, which go to a file meanwhile; `undefined` without `--expose-gc`. */
async function heapBytesWithout(inputs: FuzzInput[]): Promise<number | undefined> {
  const { gc } = globalThis
  if (gc === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'tautline-fuzz-'))
  const file = join(folder, 'inputs')
  try {
    writeCorpus(file, inputs)
    inputs.length = 0
    // What waits to be finalized goes with the turn after.
    for (let times = 0; times < 4; times += 1) {
      gc()
      await nextTurn()
    }
    const { heapUsed, external } = process.memoryUsage()
    inputs.push(...readCorpus(file))
    return heapUsed + external
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
