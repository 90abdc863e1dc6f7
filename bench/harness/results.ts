import type { About, RuntimeName } from '../subjects/subject.ts'
import type { Scale } from './scenario.ts'
import type { Spread } from './statistics.ts'

/** What runs have found: the JSON that is written, and what reports are made of. */
export interface Results {
  /** Of the last run. ISO 8601. */
  readonly date: string
  readonly scale: Scale
  /** `built`: as users get them. */
  readonly packages: 'built' | 'source'
  readonly machine: Machine
  readonly subjects: readonly MeasuredSubject[]
  readonly rows: readonly Row[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly runtimes: Readonly<Partial<Record<RuntimeName, string>>>
}

export interface MeasuredSubject extends About {
  /** Of its `packages`. */
  readonly versions: Readonly<Record<string, string>>
}

/** One subject in one scenario on one runtime. */
export interface Row {
  readonly scenario: string
  readonly runtime: RuntimeName
  readonly subject: string
  readonly outcome: Outcome
  /** Of its run. ISO 8601. */
  readonly date: string
}

export type Outcome =
  | { readonly type: 'measured'; readonly figures: Readonly<Record<string, Spread>> }
  /** It says of itself that it cannot, or time was over. */
  | { readonly type: 'left out'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** The reason for what was left out because time was over. */
export const NO_TIME = 'the time of the run was over'

/** What every ratio is a ratio to: in the same run, on the same runtime. */
export const BASELINE = 'ws-msgpack'

export function spreadIn(
  results: Results,
  place: Pick<Row, 'scenario' | 'runtime' | 'subject'>,
  figure: string,
): Spread | undefined {
  const row = results.rows.find(
    ({ scenario, runtime, subject }) =>
      scenario === place.scenario && runtime === place.runtime && subject === place.subject,
  )
  return row?.outcome.type === 'measured' ? row.outcome.figures[figure] : undefined
}
