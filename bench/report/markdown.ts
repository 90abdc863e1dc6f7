import { BASELINE, type Outcome, type Results, type Row, spreadIn } from '../harness/results.ts'
import type { Figure, Scenario } from '../harness/scenario.ts'
import { ratioOf } from '../harness/statistics.ts'
import type { RuntimeName } from '../subjects/subject.ts'
import { formatNumber, formatRatio, formatSpread, formatUnit } from './format-number.ts'
import { type Goal, judge } from './goals.ts'

export interface ReportOptions {
  readonly scenarios: readonly Scenario[]
  /** File names of charts, by `scenario` and `runtime` together. */
  readonly charts: ReadonlyMap<string, string>
}

export const chartKey = (scenario: string, runtime: RuntimeName): string => `${scenario} ${runtime}`

/** The run as one page of Markdown. */
export function renderMarkdown(results: Results, { scenarios, charts }: ReportOptions): string {
  const measured = scenarios.filter(({ name }) => results.rows.some(({ scenario }) => scenario === name))
  return [
    '# Measured',
    ...head(results),
    ...verdicts(results),
    ...subjects(results),
    ...measured.flatMap((scenario) => section(results, scenario, charts)),
    '',
  ].join('\n\n')
}

function head(results: Results): string[] {
  const { machine, scale, packages } = results
  const runtimes = Object.entries(machine.runtimes).map(([name, version]) => `${capitalize(name)} ${version}`)
  const warning = {
    full: '',
    quick: ' **A quick run**: few rounds, little warm-up. It shows what has become slow, not how fast something is.',
    tiny: ' **A trial run**: no figure here means anything.',
  }[scale]
  const sources = packages === 'source' ? ' Tautline was run from its sources.' : ''
  return [
    `${datesOf(results)}, ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryGib)} GiB, ${machine.system}; ${runtimes.join(', ')}.${warning}${sources}`,
    `Server and client are processes of their own on one machine; clients run on Node. Rounds of all subjects are interleaved. Figures are medians of the rounds, with the least and the most; behind them, in bold, the middle of the ratios of each round to \`${BASELINE}\` on the same runtime. Read ratios, not absolutes.`,
  ]
}

/** A day, or the first and the last one. */
function datesOf({ rows, date }: Results): string {
  const days = rows.map((row) => row.date.slice(0, 10)).toSorted()
  const [first, last] = [days[0] ?? date.slice(0, 10), days.at(-1)]
  return last === undefined || last === first ? first : `${first} to ${last}`
}

function verdicts(results: Results): string[] {
  const judged = judge(results)
  if (judged.length === 0) return []
  const rows = judged.map(({ goal, runtime, got, met }) => [
    goal.title,
    capitalize(runtime),
    amount(goal, goal.most),
    amount(goal, got),
    met ? 'met' : '**missed**',
  ])
  return ['## Goals', markdownTable(['goal', 'server', 'at most', 'measured', ''], rows)]
}

const amount = ({ measure }: Goal, value: number): string =>
  measure.type === 'ratio' ? formatRatio(value) : `${formatNumber(value)} ${measure.unit}`

function subjects(results: Results): string[] {
  const rows = results.subjects.map(({ label, validates, carries, backPressure, versions }) => [
    label,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    validates,
    carries,
    backPressure ? 'yes' : 'no',
  ])
  const titles = ['subject', 'versions', 'validates', 'carries', 'holds a stream back']
  return ['## What was measured', markdownTable(titles, rows)]
}

function section(results: Results, scenario: Scenario, charts: ReportOptions['charts']): string[] {
  const rows = results.rows.filter((row) => row.scenario === scenario.name)
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))]
  return [
    `## ${scenario.title}`,
    scenario.what,
    ...runtimes.flatMap((runtime) => {
      const chart = charts.get(chartKey(scenario.name, runtime))
      const here = rows.filter((row) => row.runtime === runtime)
      return [
        runtimes.length === 1 && runtime === 'node' ? [] : `### On ${capitalize(runtime)}`,
        chart === undefined ? [] : `![${scenario.title}, ${capitalize(runtime)}](${chart})`,
        figuresTable(results, scenario, here),
      ].flat()
    }),
  ]
}

function figuresTable(results: Results, { figures }: Scenario, rows: readonly Row[]): string {
  const shown = figures.filter(({ name }) =>
    rows.some(({ outcome }) => outcome.type === 'measured' && outcome.figures[name] !== undefined),
  )
  const titles = shown.map(({ title, unit }) => `${title}${unit === 'times' ? '' : `,${formatUnit(unit)}`}`)
  const lines = rows.map((row) => [
    labelOf(results, row.subject),
    ...(row.outcome.type === 'measured'
      ? shown.map((figure) => amountIn(results, row, figure))
      : [reasonOf(row.outcome), ...shown.slice(1).map(() => '')]),
  ])
  return markdownTable(['', ...(titles.length === 0 ? ['not measured'] : titles)], lines)
}

function amountIn(results: Results, row: Row, { name, unit }: Figure): string {
  const own = spreadIn(results, row, name)
  if (own === undefined) return ''
  const base = spreadIn(results, { ...row, subject: BASELINE }, name)
  const ratio = base === undefined || unit === 'times' ? undefined : ratioOf(own, base)
  return ratio === undefined ? formatSpread(own) : `${formatSpread(own)} **${formatRatio(ratio)}**`
}

function reasonOf(outcome: Exclude<Outcome, { readonly type: 'measured' }>): string {
  const [first = ''] = outcome.reason.split('\n')
  return outcome.type === 'failed' ? `failed: ${first}` : first
}

export const labelOf = ({ subjects: all }: Results, name: string): string =>
  all.find((subject) => subject.name === name)?.label ?? name

const capitalize = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}
