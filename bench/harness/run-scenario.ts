import type { About, RuntimeName } from '../subjects/subject.ts'
import type { PackageForm } from './ordered-process.ts'
import { BASELINE, NO_TIME, type Outcome, type Row } from './results.ts'
import type { Sample, Scale, Scenario, Trial } from './scenario.ts'
import { Stage } from './stage.ts'
import { spreadOf } from './statistics.ts'
import type { ScenarioTime } from './time-budget.ts'

export interface RunPlan {
  readonly scale: Scale
  readonly packages: PackageForm
  readonly subjects: readonly About[]
  readonly runtime: RuntimeName
  readonly time: ScenarioTime
  /** How many scenarios there have been. Each lets another subject go first, so that where time is short it is not always the same who has none. */
  readonly turn: number
  /** Of the run. ISO 8601. */
  readonly date: string
  readonly onProgress: (progress: Progress) => void
}

export interface Progress {
  readonly scenario: Scenario
  readonly runtime: RuntimeName
  readonly subject: string
  readonly doing: 'warming up' | { readonly round: number; readonly of: number }
}

interface Candidate {
  readonly subject: About
  readonly samples: Sample[]
  state:
    | { readonly type: 'ready'; readonly trial: Trial }
    | { readonly type: 'out'; readonly outcome: Outcome }
    | { readonly type: 'waiting' }
}

/** Without them there is nothing to compare: they are measured also where the time is too short for the others. */
const ESSENTIAL: ReadonlySet<string> = new Set(['tautline', BASELINE, 'ws'])

/** Stages that outlive a scenario, for runs that have no time to start processes for each. */
export type Stages = Map<string, Stage>

/**
 * All subjects in one scenario. Their rounds are interleaved (A B C, A B C, …), so that a noisy minute hits everyone. One
 * that fails is left behind with its reason; the others go on.
 */
export async function runScenario(scenario: Scenario, plan: RunPlan, kept?: Stages): Promise<readonly Row[]> {
  const stages: Stages = kept ?? new Map<string, Stage>()
  const candidates = plan.subjects.map((subject): Candidate => {
    const reason = whyLeftOut(scenario, subject, plan.scale)
    const state =
      reason === undefined ? { type: 'waiting' as const } : { type: 'out' as const, outcome: leftOut(reason) }
    return { subject, samples: [], state }
  })
  try {
    const order = inTurn(candidates, plan.turn)
    for (const candidate of order) await warmUp(candidate, { scenario, plan, stages })
    const rounds = scenario.rounds[plan.scale]
    for (let round = 1; round <= rounds; round++) {
      for (const candidate of order) await measure(candidate, { scenario, plan, stages, round })
    }
  } finally {
    if (kept === undefined) await Promise.all(Array.from(stages.values(), (stage) => stage.end()))
  }
  return candidates.map(({ subject, samples, state }) => ({
    scenario: scenario.name,
    runtime: plan.runtime,
    subject: subject.name,
    outcome: state.type === 'out' ? state.outcome : summarize(scenario, samples),
    date: plan.date,
  }))
}

function inTurn(candidates: readonly Candidate[], turn: number): readonly Candidate[] {
  const isEssential = ({ subject }: Candidate): boolean => ESSENTIAL.has(subject.name)
  const others = candidates.filter((candidate) => !isEssential(candidate))
  const first = turn % Math.max(1, others.length)
  return [...candidates.filter(isEssential), ...others.slice(first), ...others.slice(0, first)]
}

/** Why the scenario has nothing to say of this subject; `undefined` when it has. */
function whyLeftOut(scenario: Scenario, subject: About, scale: Scale): string | undefined {
  const isTooLong = scale === 'quick' && scenario.inQuickRuns === 'essential' && !ESSENTIAL.has(subject.name)
  if (isTooLong) return NO_TIME
  const missing = scenario.needs.find((feature) => subject.without[feature] !== undefined)
  return missing === undefined ? undefined : `${missing}: ${String(subject.without[missing])}`
}

const leftOut = (reason: string): Outcome => ({ type: 'left out', reason })
const OUT_OF_TIME = leftOut(NO_TIME)

interface Run {
  readonly scenario: Scenario
  readonly plan: RunPlan
  readonly stages: Stages
}

async function warmUp(candidate: Candidate, { scenario, plan, stages }: Run): Promise<void> {
  if (candidate.state.type === 'out') return
  const { runtime, packages } = plan
  const { time } = plan
  if (time.isOver() || (!time.mayPrepare() && !ESSENTIAL.has(candidate.subject.name))) {
    candidate.state = { type: 'out', outcome: OUT_OF_TIME }
    return
  }
  const { name } = candidate.subject
  plan.onProgress({ scenario, runtime, subject: name, doing: 'warming up' })
  const stage = stages.get(name) ?? new Stage({ subject: candidate.subject, runtime, packages })
  stages.set(name, stage)
  try {
    candidate.state = { type: 'ready', trial: await scenario.begin(stage, plan.scale) }
  } catch (error) {
    await giveUp(candidate, error, stage)
  }
}

interface Round extends Run {
  readonly round: number
}

async function measure(candidate: Candidate, { scenario, plan, stages, round }: Round): Promise<void> {
  const { state, samples, subject } = candidate
  // What has no round yet gets its first one: an interrupted series still has a figure for all.
  if (state.type !== 'ready' || (samples.length > 0 && !plan.time.mayRepeat())) return
  const { runtime, scale } = plan
  plan.onProgress({ scenario, runtime, subject: subject.name, doing: { round, of: scenario.rounds[scale] } })
  try {
    samples.push(await state.trial.round())
  } catch (error) {
    await giveUp(candidate, error, stages.get(subject.name))
  }
}

/** A stage that has failed is ended: nobody knows in what state its processes are. */
async function giveUp(candidate: Candidate, error: unknown, stage: Stage | undefined): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error)
  candidate.state = { type: 'out', outcome: { type: 'failed', reason } }
  await stage?.end()
}

function summarize(scenario: Scenario, samples: readonly Sample[]): Outcome {
  if (samples.length === 0) return OUT_OF_TIME
  const figures = scenario.figures.flatMap(({ name }) => {
    const values = samples.flatMap((sample) => sample[name] ?? [])
    return values.length === 0 ? [] : [[name, spreadOf(values)] as const]
  })
  return { type: 'measured', figures: Object.fromEntries(figures) }
}
