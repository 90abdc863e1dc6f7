import { BASELINE, type Results, type Row, spreadIn } from '../harness/results.ts'
import { ratioOf } from '../harness/statistics.ts'
import type { RuntimeName } from '../subjects/subject.ts'

/** What Tautline is to reach. */
export interface Goal {
  readonly title: string
  readonly scenario: string
  readonly figure: string
  /** The figure itself, or its ratio to that of another subject in the same run, on the same runtime. */
  readonly measure: { readonly type: 'value'; readonly unit: string } | { readonly type: 'ratio'; readonly to: string }
  readonly most: number
  /** @default every runtime that was measured */
  readonly runtimes?: readonly RuntimeName[]
}

const ratio = { type: 'ratio', to: BASELINE } as const
const value = (unit: string) => ({ type: 'value', unit }) as const
/** What sockets carry, and how often deflate ran, only Node tells. */
const ONLY_NODE = { runtimes: ['node'] } as const

export const goals: readonly Goal[] = [
  { title: 'one call at a time, p50', scenario: 'one-call', figure: 'p50Us', measure: ratio, most: 1.1 },
  { title: '64 in flight, server CPU', scenario: 'in-flight-64', figure: 'serverCpuUs', measure: ratio, most: 0.35 },
  { title: '64 in flight, client CPU', scenario: 'in-flight-64', figure: 'clientCpuUs', measure: ratio, most: 0.5 },
  { title: '50 x 16, server CPU', scenario: 'connections-50', figure: 'serverCpuUs', measure: ratio, most: 0.45 },
  { title: 'table, server CPU', scenario: 'table', figure: 'serverCpuUs', measure: ratio, most: 0.57 },
  { title: 'table, bytes', scenario: 'table', figure: 'wireBytes', measure: ratio, most: 0.6, ...ONLY_NODE },
  { title: '1 MiB, server CPU', scenario: 'megabyte', figure: 'serverCpuUs', measure: ratio, most: 0.95 },
  { title: 'item, server CPU', scenario: 'stream', figure: 'serverCpuUs', measure: ratio, most: 0.03 },
  { title: 'item, bytes', scenario: 'stream', figure: 'wireBytes', measure: ratio, most: 0.33, ...ONLY_NODE },
  {
    title: 'delivery, server CPU, against prepared bytes',
    scenario: 'publish',
    figure: 'serverCpuUs',
    measure: { type: 'ratio', to: 'ws' },
    most: 1,
  },
  {
    title: 'a publish is compressed once',
    scenario: 'publish-compressed',
    figure: 'deflates',
    measure: value('times'),
    most: 1,
    ...ONLY_NODE,
  },
  {
    title: 'a small call, both ways',
    scenario: 'wire-bytes',
    figure: 'call',
    measure: value('bytes'),
    most: 92,
    ...ONLY_NODE,
  },
  { title: 'idle connection', scenario: 'idle', figure: 'rssKib', measure: value('KiB'), most: 13 },
  {
    title: 'idle connection, compression negotiated',
    scenario: 'idle-compressed',
    figure: 'rssKib',
    measure: value('KiB'),
    most: 13,
  },
  { title: 'connect and first call, p50', scenario: 'cold', figure: 'p50Us', measure: ratio, most: 1.1 },
  { title: 'restart, half are back', scenario: 'restart', figure: 'halfMs', measure: value('ms'), most: 600 },
  { title: 'restart, all are back', scenario: 'restart', figure: 'allMs', measure: value('ms'), most: 1_100 },
  { title: 'client in a page, gzipped', scenario: 'bundle', figure: 'gzip', measure: value('bytes'), most: 12_500 },
  {
    title: 'types of 300 procedures, above their schemas',
    scenario: 'types',
    figure: 'added300',
    measure: value('instantiations'),
    most: 115_000,
  },
  {
    // So long nobody calls a pause.
    title: 'completion in a contract of 3,000 in files, after an edit',
    scenario: 'editor',
    figure: 'editedFilesMs',
    measure: value('ms'),
    most: 300,
  },
  {
    title: 'the same, in one file',
    scenario: 'editor',
    figure: 'editedMs',
    measure: value('ms'),
    most: 300,
  },
  {
    title: 'server of 3,000 procedures starts, above its schemas',
    scenario: 'start',
    figure: 'serverMs',
    measure: value('ms'),
    most: 100,
  },
  {
    title: 'client of 3,000 procedures starts, above its schemas',
    scenario: 'start',
    figure: 'clientMs',
    measure: value('ms'),
    most: 100,
  },
]

export interface Verdict {
  readonly goal: Goal
  readonly runtime: RuntimeName
  readonly got: number
  readonly met: boolean
}

function measure(
  results: Results,
  goal: Goal,
  place: Pick<Row, 'scenario' | 'runtime' | 'subject'>,
): number | undefined {
  const own = spreadIn(results, place, goal.figure)
  if (own === undefined || goal.measure.type === 'value') return own?.median
  const other = spreadIn(results, { ...place, subject: goal.measure.to }, goal.figure)
  return other === undefined ? undefined : ratioOf(own, other)
}

/** Of every goal that this run has measured. */
export function judge(results: Results, subject = 'tautline'): readonly Verdict[] {
  const runtimes = [...new Set(results.rows.map(({ runtime }) => runtime))]
  return runtimes.flatMap((runtime) =>
    goals
      .filter((goal) => goal.runtimes?.includes(runtime) ?? true)
      .flatMap((goal) => {
        const place = { scenario: goal.scenario, runtime, subject }
        const got = measure(results, goal, place)
        if (got === undefined) return []
        return [{ goal, runtime, got, met: got <= goal.most }]
      }),
  )
}
