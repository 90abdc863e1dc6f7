import type { CommandLine } from './command-line.ts'
import { describeMachine } from './machine.ts'
import type { MeasuredSubject, Results, Row } from './results.ts'
import { type Progress, runScenario, type Stages } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import type { TimeBudget } from './time-budget.ts'

export interface BenchPlan extends Pick<CommandLine, 'packages' | 'runtimes' | 'scale'> {
  readonly scenarios: readonly Scenario[]
  readonly subjects: readonly MeasuredSubject[]
  readonly onProgress: (progress: Progress) => void
  /** Told what there is when a scenario is through: a run that is interrupted has not been for nothing. */
  readonly onScenario?: (results: Results) => Promise<void>
  /** Of the whole run; what has no time is left out. */
  readonly time: TimeBudget
  /** ISO 8601. */
  readonly date: string
}

/** Which scenarios are run where: what `runBench` goes through, one after the other. */
export function scheduleOf({ scenarios, runtimes, scale }: Pick<BenchPlan, 'runtimes' | 'scale' | 'scenarios'>) {
  return runtimes.flatMap((runtime) =>
    scenarios
      .filter((scenario) => scale === 'full' || scenario.inQuickRuns !== 'none')
      .filter((scenario) => scenario.runtimes?.includes(runtime) ?? true)
      .map((scenario) => ({ runtime, scenario })),
  )
}

export async function runBench(plan: BenchPlan): Promise<Results> {
  const { scale, packages, subjects } = plan
  const rows: Row[] = []
  const machine = describeMachine(plan.runtimes)
  const resultsSoFar = (): Results => ({ date: plan.date, scale, packages, machine, subjects, rows })
  const total = scheduleOf(plan).length
  let turn = 0
  for (const runtime of plan.runtimes) {
    // A full run gives each scenario processes of its own: what one leaves on the heap is not another's.
    const kept: Stages | undefined = scale === 'full' ? undefined : new Map()
    try {
      for (const { scenario } of scheduleOf({ ...plan, runtimes: [runtime] })) {
        const chosen = subjects
          .filter(({ runtimes }) => runtimes.includes(runtime))
          .filter(({ name }) => scenario.subjects?.includes(name) ?? true)
        const { onProgress, date } = plan
        const time = plan.time.next(total - turn)
        const settings = { scale, packages, runtime, subjects: chosen, onProgress, date, time, turn }
        rows.push(...(await runScenario(scenario, settings, kept)))
        turn++
        await plan.onScenario?.(resultsSoFar())
      }
    } finally {
      await Promise.all(Array.from(kept?.values() ?? [], (stage) => stage.end()))
    }
  }
  return resultsSoFar()
}
