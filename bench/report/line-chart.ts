import { px, svgPicture } from '../../scripts/svg-picture.ts'
import type { Results } from '../harness/results.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { RuntimeName } from '../subjects/subject.ts'
import { escapeXml } from './bar-chart.ts'
import { formatNumber } from './format-number.ts'
import { labelOf } from './markdown.ts'

interface Point {
  readonly at: number
  readonly value: number
}

interface Curve {
  readonly label: string
  readonly points: readonly Point[]
}

const WIDTH = 760
const HEIGHT = 330
const PLOT = { left: 60, right: 560, top: 58, bottom: 278 }
/** As many as there are colours. */
const CURVES = 4

/** A series over its axis, both in powers of ten: what is flat costs the same however many there are. */
export function lineChart(results: Results, scenario: Scenario, runtime: RuntimeName): string | undefined {
  const curves = curvesOf(results, scenario, runtime).slice(0, CURVES)
  const points = curves.flatMap((curve) => curve.points)
  if (points.length < 2) return undefined
  const x = scale(
    points.map(({ at }) => at),
    [PLOT.left, PLOT.right],
  )
  const y = scale(
    points.map(({ value }) => value),
    [PLOT.bottom, PLOT.top],
  )
  return svgPicture({
    width: WIDTH,
    height: HEIGHT,
    name: escapeXml(`${scenario.title}: ${curves.map(inWords).join('; ')}`),
    light: `.curve { fill: none; stroke-width: 1.8; stroke-linejoin: round }
  .c0 { stroke: #0f766e } .c1 { stroke: #0969da } .c2 { stroke: #8250df } .c3 { stroke: #9a6700 }`,
    dark: `
    .c0 { stroke: #2dd4bf } .c1 { stroke: #54aeff } .c2 { stroke: #ab7df8 } .c3 { stroke: #d29922 }`,
    body: [
      `<text class="title" x="12" y="20">${escapeXml(scenario.title)}</text>`,
      `<text x="12" y="40">server CPU, µs; both axes in powers of ten</text>`,
      ...y.ticks.map(
        (value) =>
          `<path class="grid" d="M${px(PLOT.left)} ${px(y.place(value))}H${px(PLOT.right)}"/>` +
          `<text x="${px(PLOT.left - 8)}" y="${px(y.place(value) + 4)}" text-anchor="end">${formatNumber(value)}</text>`,
      ),
      ...x.ticks.map(
        (value) =>
          `<text x="${px(x.place(value))}" y="${px(PLOT.bottom + 20)}" text-anchor="middle">${formatNumber(value)}</text>`,
      ),
      `<text x="${px((PLOT.left + PLOT.right) / 2)}" y="${px(PLOT.bottom + 42)}" text-anchor="middle">${escapeXml(scenario.series?.axis ?? '')}</text>`,
      ...curves.map(({ points: of }, index) => draw(of, { x: x.place, y: y.place }, index)),
      ...legend(curves, y.place),
    ].join('\n'),
  })
}

function curvesOf(results: Results, { name, figures }: Scenario, runtime: RuntimeName): readonly Curve[] {
  return results.rows
    .filter((row) => row.scenario === name && row.runtime === runtime)
    .flatMap(({ subject, outcome }) => {
      if (outcome.type !== 'measured') return []
      const points = figures.flatMap((figure) => {
        const value = outcome.figures[figure.name]?.median
        return value === undefined || value <= 0 || figure.at === undefined ? [] : [{ at: figure.at, value }]
      })
      return [{ label: labelOf(results, subject), points }]
    })
}

interface Scale {
  readonly place: (value: number) => number
  /** The powers of ten within. */
  readonly ticks: readonly number[]
}

function scale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step)),
  }
}

interface Places {
  readonly x: (at: number) => number
  readonly y: (value: number) => number
}

function draw(points: readonly Point[], { x, y }: Places, index: number): string {
  const path = points.map(({ at, value }) => `${px(x(at))} ${px(y(value))}`).join('L')
  return `<path class="curve c${String(index)}" d="M${path}"/>`
}

const LEGEND_GAP = 16

/** At the right end of each curve, moved apart where curves meet. */
function legend(curves: readonly Curve[], y: (value: number) => number): string[] {
  const entries = curves
    .flatMap(({ label, points }, index) => {
      const last = points.at(-1)
      return last === undefined ? [] : [{ label, index, value: last.value, height: y(last.value) }]
    })
    .sort((a, b) => a.height - b.height)
  let lowest = Number.NEGATIVE_INFINITY
  return entries.map(({ label, index, value, height }) => {
    lowest = Math.max(height, lowest + LEGEND_GAP)
    return (
      `<path class="curve c${String(index)}" d="M${px(PLOT.right + 8)} ${px(lowest)}h14"/>` +
      `<text x="${px(PLOT.right + 28)}" y="${px(lowest + 4)}">${escapeXml(label)}: ${formatNumber(value)}</text>`
    )
  })
}

const inWords = ({ label, points }: Curve): string =>
  `${label} ${points.map(({ at, value }) => `${formatNumber(value)} µs at ${formatNumber(at)}`).join(', ')}`
