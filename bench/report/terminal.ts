import { BASELINE, NO_TIME, type Results, type Row, spreadIn } from '../harness/results.ts'
import type { Scenario } from '../harness/scenario.ts'
import { ratioOf } from '../harness/statistics.ts'
import { formatNumber, formatRatio, formatSpread, formatUnit } from './format-number.ts'
import { judge } from './goals.ts'
import { labelOf } from './markdown.ts'

/** The headline of each scenario, the failures, and the goals: what somebody wants to see at once. */
export function renderTerminal(results: Results, scenarios: readonly Scenario[]): string {
  return [...scenarios.flatMap((scenario) => summary(results, scenario)), ...goalLines(results)].join('\n')
}

function summary(results: Results, scenario: Scenario): string[] {
  const rows = results.rows.filter((row) => row.scenario === scenario.name)
  if (rows.length === 0) return []
  const figure = scenario.figures.find(({ name }) => name === scenario.headline)
  const shown = rows.filter((row) => !hadNoTime(row))
  const missing = rows.filter(hadNoTime).map(({ subject }) => labelOf(results, subject))
  const width = Math.max(...shown.map(({ subject }) => labelOf(results, subject).length))
  return [
    `${scenario.title}: ${figure?.title ?? ''}${figure === undefined ? '' : `,${formatUnit(figure.unit)}`}`,
    ...shown.map((row) => {
      const label = `  ${labelOf(results, row.subject).padEnd(width)}  ${row.runtime.padEnd(4)}  `
      if (row.outcome.type !== 'measured') return `${label}${row.outcome.type}: ${firstLine(row.outcome.reason)}`
      const own = row.outcome.figures[scenario.headline]
      if (own === undefined) return `${label}not told`
      const base = spreadIn(results, { ...row, subject: BASELINE }, scenario.headline)
      const ratio = base === undefined ? undefined : ratioOf(own, base)
      const times = ratio === undefined ? '' : `x ${formatRatio(ratio)}`
      return `${label}${times.padEnd(9)}${formatSpread(own)}`
    }),
    ...(missing.length === 0 ? [] : [`  no time for ${missing.join(', ')}`]),
    '',
  ]
}

const hadNoTime = ({ outcome }: Row): boolean => outcome.type === 'left out' && outcome.reason === NO_TIME

/** The rest, what the process said on stderr, is in the JSON. */
const firstLine = (reason: string): string => reason.split('\n', 1)[0] ?? ''

function goalLines(results: Results): string[] {
  const verdicts = judge(results)
  if (verdicts.length === 0) return []
  const width = Math.max(...verdicts.map(({ goal }) => goal.title.length))
  return [
    'Goals',
    ...verdicts.map(({ goal, runtime, got, met }) => {
      const show = (value: number): string =>
        goal.measure.type === 'ratio' ? formatRatio(value) : `${formatNumber(value)} ${goal.measure.unit}`
      return `  ${met ? 'met   ' : 'missed'}  ${goal.title.padEnd(width)}  ${runtime.padEnd(4)}  ${show(got)} of at most ${show(goal.most)}`
    }),
  ]
}
