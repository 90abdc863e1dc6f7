import uPlot from 'uplot'
import type { MachineInfo, Sample } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatBytes, formatRate, formatShare } from './format.ts'

interface Line {
  readonly label: string
  readonly of: (sample: Sample) => number
}

interface ChartOptions {
  readonly id: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** Upper end of the scale; the largest value shown where absent. */
  readonly top?: number
  /** Steps of the scale; round decimal numbers where absent. */
  readonly steps?: readonly number[]
  /** The one figure that sums the chart up; without it the legend says all. */
  readonly now: (sample: Sample) => string
}

/** A legend for more lines than this would say less than none. */
const LEGEND_LINES = 4
const BYTE_STEPS: readonly number[] = [0, 1, 2, 3].flatMap((power) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power),
)

/** How much time a chart shows: the whole span at most, and at the start no more than leaves the lines wide enough to see. */
const SPAN_SECONDS = 180
const FIRST_SPAN_SECONDS = 45

/** Four moving charts over one list of samples. */
export class Charts {
  readonly #charts: readonly Chart[]

  constructor(info: MachineInfo) {
    const cores = Array.from({ length: info.cpuCount }, (_, core) => ({
      label: `core ${String(core)}`,
      of: (sample: Sample) => sample.cores[core] ?? 0,
    }))
    this.#charts = [
      new Chart({
        id: 'cpu',
        lines: cores,
        format: formatShare,
        top: 1,
        now: ({ cores: shares }) =>
          formatShare(shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)),
      }),
      new Chart({
        id: 'memory',
        lines: [
          { label: 'used', of: (sample) => sample.memory.usedBytes },
          { label: 'cached', of: (sample) => sample.memory.cachedBytes },
        ],
        format: formatBytes,
        top: info.totalMemoryBytes,
        steps: BYTE_STEPS,
        now: ({ memory }) => `of ${formatBytes(memory.totalBytes)}`,
      }),
      new Chart({
        id: 'load',
        lines: [
          { label: '1 min', of: (sample) => sample.load[0] },
          { label: '5 min', of: (sample) => sample.load[1] },
          { label: '15 min', of: (sample) => sample.load[2] },
        ],
        format: (value) => value.toFixed(value < 10 ? 1 : 0),
        now: ({ load, cores: { length } }) =>
          `${((load[0] / Math.max(1, length)) * 100).toFixed(0)} % of ${String(length)} cores`,
      }),
      new Chart({
        id: 'network',
        lines: [
          { label: 'in', of: (sample) => sample.network.receivedPerSecond },
          { label: 'out', of: (sample) => sample.network.sentPerSecond },
          { label: 'loopback', of: (sample) => sample.network.loopbackPerSecond },
        ],
        format: formatRate,
        steps: BYTE_STEPS,
        now: () => '',
      }),
    ]
  }

  add(sample: Sample): void {
    for (const chart of this.#charts) chart.add(sample)
  }

  /** Leaves a hole in every line: what happened here is not known. */
  addGap(after: Date): void {
    for (const chart of this.#charts) chart.addGap(after)
  }
}

class Chart {
  readonly #options: ChartOptions
  readonly #plot: uPlot
  readonly #now: HTMLOutputElement
  /** Where each line says what it is and how it stands. */
  readonly #legend: readonly HTMLElement[]
  #times: number[] = []
  #values: (number | null)[][]

  constructor(options: ChartOptions) {
    this.#options = options
    this.#now = byId(`${options.id}-now`, HTMLOutputElement)
    this.#values = options.lines.map(() => [])
    const target = byId(`${options.id}-chart`, HTMLDivElement)
    this.#legend = this.#makeLegend(target)
    this.#plot = new uPlot(this.#settings(target), this.#data(), target)
    new ResizeObserver(() => {
      this.#plot.setSize({ width: target.clientWidth, height: target.clientHeight })
    }).observe(target)
    // Colours come from the style sheet, which follows the system's choice of light and dark.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.redraw(false, true)
      this.#paintLegend()
    })
    this.#paintLegend()
  }

  add(sample: Sample): void {
    this.#push(sample.at.getTime() / 1000, (line) => line.of(sample))
    this.#now.textContent = this.#options.now(sample)
    this.#legend.forEach((item, index) => {
      const line = this.#options.lines[index]
      if (line !== undefined) item.textContent = `${line.label} ${this.#options.format(line.of(sample))}`
    })
    this.#plot.setData(this.#data())
  }

  addGap(after: Date): void {
    this.#push(after.getTime() / 1000 + 0.001, () => null)
  }

  #push(time: number, value: (line: Line) => number | null): void {
    this.#times.push(time)
    this.#options.lines.forEach((line, index) => this.#values[index]?.push(value(line)))
    const stale = this.#times.findIndex((kept) => kept >= time - SPAN_SECONDS)
    if (stale > 0) {
      this.#times = this.#times.slice(stale)
      this.#values = this.#values.map((values) => values.slice(stale))
    }
  }

  #makeLegend(target: HTMLElement): readonly HTMLElement[] {
    const { lines } = this.#options
    if (lines.length > LEGEND_LINES) return []
    const list = make('ul', { className: 'legend' })
    const items = lines.map((line) => make('li', { text: line.label }))
    list.append(...items)
    target.before(list)
    return items
  }

  #paintLegend(): void {
    this.#legend.forEach((item, index) => {
      item.style.setProperty('--line', lineColor(index, this.#options.lines.length))
    })
  }

  #data(): uPlot.AlignedData {
    return [this.#times, ...this.#values]
  }

  #settings(target: HTMLElement): uPlot.Options {
    const { lines, format, top, steps } = this.#options
    const axis = {
      stroke: () => cssColor('--faint'),
      grid: { stroke: () => cssColor('--grid'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    }
    return {
      width: target.clientWidth,
      height: target.clientHeight,
      padding: [6, 4, 0, 0],
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
        { ...axis, space: 70, size: 22, values: (_, splits) => splits.map(clockTime) },
        {
          ...axis,
          space: 34,
          size: 62,
          values: (_, splits) => splits.map((value) => format(value)),
          ...(steps !== undefined && { incrs: [...steps] }),
        },
      ],
      series: [
        {},
        ...lines.map((line, index) => ({
          label: line.label,
          stroke: () => lineColor(index, lines.length),
          width: 1.75,
          ...(index === 0 && { fill: () => lineColor(index, lines.length, 0.13) }),
          points: { show: false },
        })),
      ],
    }
  }
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

function cssColor(name: string): string {
  // A custom property is not resolved by itself; a colour property that uses it is.
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const color = getComputedStyle(probe).color
  probe.remove()
  return color
}

function lineColor(index: number, count: number, alpha = 1): string {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  const hue = count <= 3 ? [172, 262, 32][index] : 172 + (index * 360) / count
  return `hsl(${String(hue ?? 172)} ${dark ? '65% 58%' : '70% 36%'} / ${String(alpha)})`
}
