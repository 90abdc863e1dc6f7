import { px, svgPicture } from '../../scripts/svg-picture.ts'
import { BASELINE, type Results, type Row, spreadIn } from '../harness/results.ts'
import type { Figure, Scenario } from '../harness/scenario.ts'
import { ratioOf, type Spread } from '../harness/statistics.ts'
import type { RuntimeName } from '../subjects/subject.ts'
import { formatNumber, formatRatio, formatUnit } from './format-number.ts'
import { labelOf } from './markdown.ts'

interface Bar {
  readonly subject: string
  readonly label: string
  readonly spread: Spread
}

const WIDTH = 760
const TOP = 58
const ROW = 24
const BAR = 14
const LEFT = 210
const RIGHT = 560

/** The headline of a scenario as bars: one per subject, with what it is to the baseline, and how far its rounds lie apart. */
export function barChart(results: Results, scenario: Scenario, runtime: RuntimeName): string | undefined {
  const figure = scenario.figures.find(({ name }) => name === scenario.headline)
  const bars = barsOf(results, scenario, runtime)
  const base = spreadIn(results, { scenario: scenario.name, runtime, subject: BASELINE }, scenario.headline)
  if (figure === undefined || bars.length < 2) return undefined
  const highest = Math.max(...bars.map(({ spread }) => spread.most))
  const x = (value: number): number => LEFT + (Math.max(0, value) / highest) * (RIGHT - LEFT)
  const height = TOP + bars.length * ROW + 12
  return svgPicture({
    width: WIDTH,
    height,
    name: describe(scenario, figure, bars),
    light: `.line { stroke: #57606a; fill: none }
  .other { fill: #8c959f } .own { fill: #0f766e } .bare { fill: #54aeff } .value { fill: #1f2328 }`,
    dark: `.line { stroke: #9198a1 }
    .other { fill: #656c76 } .own { fill: #2dd4bf } .bare { fill: #316dca } .value { fill: #f0f6fc }`,
    body: [
      `<text class="title" x="12" y="20">${escapeXml(scenario.title)}</text>`,
      `<text x="12" y="40">${escapeXml(figure.title)},${formatUnit(figure.unit)}; ${figure.better} is better; lines from the least to the most of the rounds</text>`,
      ...(base === undefined ? [] : [baseLine(x(base.median), height)]),
      ...bars.map((bar, index) => drawBar(bar, { y: TOP + index * ROW, x, base })),
    ].join('\n'),
  })
}

function barsOf(results: Results, { name, headline, figures }: Scenario, runtime: RuntimeName): readonly Bar[] {
  const isOfHere = (row: Row): boolean => row.scenario === name && row.runtime === runtime
  const better = figures.find((figure) => figure.name === headline)?.better
  const sign = better === 'more' ? -1 : 1
  return results.rows
    .filter(isOfHere)
    .flatMap((row) => {
      const spread = spreadIn(results, row, headline)
      return spread === undefined ? [] : [{ subject: row.subject, label: labelOf(results, row.subject), spread }]
    })
    .sort((a, b) => sign * (a.spread.median - b.spread.median))
}

interface Place {
  readonly y: number
  readonly x: (value: number) => number
  readonly base: Spread | undefined
}

function drawBar({ subject, label, spread }: Bar, { y, x, base }: Place): string {
  const { median, least, most } = spread
  const middle = y + BAR / 2
  const className = subject === 'tautline' ? 'own' : /^(?:ws|deno-msgpack$)/.test(subject) ? 'bare' : 'other'
  const ratio = base === undefined ? undefined : ratioOf(spread, base)
  const times = ratio === undefined ? '' : ` · ×${formatRatio(ratio)}`
  return [
    `<text x="${px(LEFT - 10)}" y="${px(middle + 4)}" text-anchor="end">${escapeXml(label)}</text>`,
    `<rect class="${className}" x="${px(LEFT)}" y="${px(y)}" width="${px(Math.max(1, x(median) - LEFT))}" height="${String(BAR)}" rx="2"/>`,
    `<path class="line" d="M${px(x(least))} ${px(middle)}H${px(x(most))}"/>`,
    `<text class="value" x="${px(x(most) + 8)}" y="${px(middle + 4)}">${formatNumber(median)}${times}</text>`,
  ].join('')
}

const baseLine = (x: number, height: number): string =>
  `<path class="grid" d="M${px(x)} ${px(TOP - 6)}V${px(height - 10)}"/>`

const describe = ({ title }: Scenario, figure: Figure, bars: readonly Bar[]): string =>
  escapeXml(
    `${title}, ${figure.title}: ${bars
      .map(({ label, spread }) => `${label} ${formatNumber(spread.median)}${formatUnit(figure.unit)}`)
      .join(', ')}`,
  )

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
