import type { CommandLine } from './command-line.ts'
import { describeMachine } from './machine.ts'
import type { MeasuredSubject, Results, Row } from './results.ts'
import { type Progress, runScenario, type Stages } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'

export interface BenchPlan extends Pick<CommandLine, 'packages' | 'runtimes' | 'scale'> {
  readonly scenarios: readonly Scenario[]
  readonly subjects: readonly MeasuredSubject[]
  readonly onProgress: (progress: Progress) => void
  /** Whether there is time for another round; what has not begun when there is none is left out. @default always */
  readonly hasTime?: () => boolean
  /** ISO 8601. */
  readonly date: string
}

/** Which scenarios are run where: what `runBench` goes through, one after the other. */
export function scheduleOf({ scenarios, runtimes, scale }: Pick<BenchPlan, 'runtimes' | 'scale' | 'scenarios'>) {
  return runtimes.flatMap((runtime) =>
    scenarios
      .filter((scenario) => scale === 'full' || scenario.slow !== true)
      .filter((scenario) => scenario.runtimes?.includes(runtime) ?? true)
      .map((scenario) => ({ runtime, scenario })),
  )
}

export async function runBench(plan: BenchPlan): Promise<Results> {
  const { scale, packages, subjects } = plan
  const rows: Row[] = []
  for (const runtime of plan.runtimes) {
    // A full run gives each scenario processes of its own: what one leaves on the heap is not another's.
    const kept: Stages | undefined = scale === 'full' ? undefined : new Map()
    try {
      for (const { scenario } of scheduleOf({ ...plan, runtimes: [runtime] })) {
        const chosen = subjects
          .filter(({ runtimes }) => runtimes.includes(runtime))
          .filter(({ name }) => scenario.subjects?.includes(name) ?? true)
        const { hasTime, onProgress } = plan
        const settings = { scale, packages, runtime, subjects: chosen, onProgress }
        rows.push(
          ...(await runScenario(scenario, { ...settings, ...(hasTime === undefined ? {} : { hasTime }) }, kept)),
        )
      }
    } finally {
      await Promise.all(Array.from(kept?.values() ?? [], (stage) => stage.end()))
    }
  }
  return { date: plan.date, scale, packages, machine: describeMachine(plan.runtimes), subjects, rows }
}
