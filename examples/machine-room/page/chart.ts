import uPlot from 'uplot'
import type { Sample } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatClock } from './format.ts'

export interface Line {
  readonly label: string
  readonly of: (sample: Sample) => number
}

export interface ChartOptions {
  /** Names its elements: `<id>-chart`, `<id>-now`. */
  readonly id: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** Upper end of the scale; the largest value shown where absent. */
  readonly top?: number
  /** Steps of the scale; round decimal numbers where absent. */
  readonly steps?: readonly number[]
  /** The one figure, or word, that sums the chart up. */
  readonly now: (sample: Sample) => string
}

/** A legend for more lines than this would say less than none. */
const LEGEND_LINES = 4
/** How much time a chart shows: the whole span at most, and at the start no more than leaves the lines wide enough to see. */
const SPAN_SECONDS = 180
const FIRST_SPAN_SECONDS = 45
/** Of a time with seconds, in pixels. */
const LABEL_WIDTH = 50

/** Lines that move with time, and how each of them stands now. */
export class Chart {
  readonly #options: ChartOptions
  readonly #plot: uPlot
  readonly #now: HTMLSpanElement
  /** Where each line says what it is and how it stands. */
  readonly #legend: readonly HTMLElement[]
  #times: number[] = []
  #values: (number | null)[][]

  constructor(options: ChartOptions) {
    this.#options = options
    this.#now = byId(`${options.id}-now`, HTMLSpanElement)
    this.#values = options.lines.map(() => [])
    const target = byId(`${options.id}-chart`, HTMLDivElement)
    this.#legend = makeLegend(target, options.lines)
    this.#plot = new uPlot(settingsOf(target, options), this.#data(), target)
    new ResizeObserver(() => {
      this.#plot.setSize({ width: target.clientWidth, height: target.clientHeight })
    }).observe(target)
    // Colours come from the style sheet, which follows the system's choice of light and dark.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.redraw(false, true)
    })
  }

  add(sample: Sample): void {
    const { lines, format, now } = this.#options
    this.#push(sample.at.getTime() / 1000, (line) => line.of(sample))
    this.#now.textContent = now(sample)
    for (const [index, line] of lines.entries()) {
      const item = this.#legend[index]
      if (item !== undefined) item.textContent = `${line.label} ${format(line.of(sample))}`
    }
    this.#plot.setData(this.#data())
  }

  addGap(after: Date): void {
    this.#push(after.getTime() / 1000 + 0.001, () => null)
  }

  #push(time: number, value: (line: Line) => number | null): void {
    this.#times.push(time)
    for (const [index, line] of this.#options.lines.entries()) this.#values[index]?.push(value(line))
    const stale = this.#times.findIndex((kept) => kept >= time - SPAN_SECONDS)
    if (stale > 0) {
      this.#times = this.#times.slice(stale)
      this.#values = this.#values.map((values) => values.slice(stale))
    }
  }

  #data(): uPlot.AlignedData {
    return [this.#times, ...this.#values]
  }
}

function makeLegend(target: HTMLElement, lines: readonly Line[]): readonly HTMLElement[] {
  if (lines.length > LEGEND_LINES) return []
  const list = make('ul', { className: 'legend', label: 'Now' })
  const items = lines.map(({ label }, index) => {
    const item = make('li', { text: label })
    item.style.setProperty('--line', lineColor(index, lines.length))
    return item
  })
  list.append(...items)
  target.before(list)
  return items
}

function settingsOf(target: HTMLElement, { lines, format, top, steps }: ChartOptions): uPlot.Options {
  const axis = {
    stroke: () => paint('var(--faint)'),
    grid: { stroke: () => paint('var(--grid)'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width: target.clientWidth,
    height: target.clientHeight,
    padding: [6, 6, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { setScale: false } },
    legend: { show: false },
    scales: {
      x: {
        range: (_, oldest, newest) => {
          const span = Math.min(SPAN_SECONDS, Math.max(FIRST_SPAN_SECONDS, newest - oldest))
          return [newest - span, newest]
        },
      },
      y: { range: (_, __, highest) => [0, top ?? Math.max(highest * 1.15, 1)] },
    },
    axes: [
      {
        ...axis,
        space: LABEL_WIDTH + 12,
        size: 22,
        values: (plot, moments, _, __, stepSeconds) => {
          const lastThatFits = plot.posToVal(plot.over.clientWidth - LABEL_WIDTH / 2, 'x')
          return moments.map((moment) =>
            moment > lastThatFits ? '' : formatClock(new Date(moment * 1000), stepSeconds < 60),
          )
        },
      },
      {
        ...axis,
        space: 34,
        size: 62,
        // A round number is said round.
        values: (_, values) => values.map((value) => format(value).replace(/\.0(?= |$)/, '')),
        ...(steps !== undefined && { incrs: [...steps] }),
      },
    ],
    series: [{}, ...lines.map((line, index) => seriesOf(line, index, lines.length))],
  }
}

function seriesOf({ label }: Line, index: number, count: number): uPlot.Series {
  const color = lineColor(index, count)
  const series: uPlot.Series = { label, stroke: () => paint(color), width: 1.75, points: { show: false } }
  // One line has an area below it; areas on areas would hide each other.
  if (index === 0) series.fill = () => paint(`color-mix(in srgb, ${color} 13%, transparent)`)
  return series
}

/** A colour as a style sheet takes it: few lines get hues that are easy to tell apart, many share the circle. */
function lineColor(index: number, count: number): string {
  const hue = (count <= 3 ? [172, 262, 32][index] : undefined) ?? 172 + (index * 360) / count
  return `light-dark(hsl(${String(hue)} 70% 36%), hsl(${String(hue)} 65% 58%))`
}

/** The same colour as a canvas takes it, which knows neither custom properties nor light and dark. */
function paint(color: string): string {
  const probe = make('i')
  probe.style.color = color
  document.body.append(probe)
  const painted = getComputedStyle(probe).color
  probe.remove()
  return painted
}
