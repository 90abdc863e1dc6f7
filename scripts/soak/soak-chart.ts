/** A soak as a picture: memory, delays and what went on, over its time. */
import { px, svgPicture } from '../svg-picture.ts'
import type { SoakResult, SoakSample } from './soak-result.ts'

interface Curve {
  readonly label: string
  readonly value: (sample: SoakSample, before: SoakSample | undefined) => number | undefined
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly curves: readonly [Curve, ...Curve[]]
}

const MiB = 1024 * 1024
const MOST_POINTS = 240

const rateOf =
  (count: (sample: SoakSample) => number): Curve['value'] =>
  (sample, before) => {
    const seconds = (sample.atMs - (before?.atMs ?? 0)) / 1000
    return seconds <= 0 ? undefined : Math.max(0, count(sample) - (before === undefined ? 0 : count(before))) / seconds
  }

const PANELS: readonly Panel[] = [
  {
    title: 'Memory of the server',
    unit: 'MiB',
    curves: [
      {
        label: 'heap, after collection',
        value: ({ collected, server }) => (collected ? server.heapBytes / MiB : undefined),
      },
      { label: 'RSS', value: ({ server }) => server.rssBytes / MiB },
    ],
  },
  {
    title: 'Delays, 99th percentile',
    unit: 'ms',
    curves: [
      { label: 'call of a client without faults', value: ({ witness }) => witness.p99Ms },
      { label: 'event loop of the server', value: ({ server }) => server.loopDelayP99Ms },
    ],
  },
  {
    title: 'What the server holds',
    unit: '',
    curves: [
      { label: 'connections', value: ({ server }) => server.stats.connections },
      { label: 'sessions without one', value: ({ server }) => server.stats.detached },
      { label: 'calls and streams', value: ({ server }) => server.stats.running },
    ],
  },
  {
    title: 'What goes on, a second',
    unit: '',
    curves: [
      { label: 'calls', value: rateOf(({ counts }) => counts['calls'] ?? 0) },
      { label: 'items of streams', value: rateOf(({ counts }) => counts['items'] ?? 0) },
      { label: 'reconnects × 100', value: rateOf(({ reconnects }) => 100 * reconnects) },
    ],
  },
]

const WIDTH = 760
const PANEL = { width: 380, height: 210, left: 52, right: 368, top: 62, bottom: 168 }
const HEAD = 44

export function soakChart(result: SoakResult): string {
  const { options, samples } = result
  const height = HEAD + Math.ceil(PANELS.length / 2) * PANEL.height
  const verdict = result.failures.length === 0 ? '' : `: ${String(result.failures.length)} failures`
  const title = `${String(options.clients)} clients with faults against a server on ${options.runtime}${verdict}`
  return svgPicture({
    width: WIDTH,
    height,
    name: `${title}. ${PANELS.map((panel) => inWords(panel, samples)).join('; ')}`,
    light: `.curve { fill: none; stroke-width: 1.6; stroke-linejoin: round }
  .c0 { stroke: #0f766e } .c1 { stroke: #0969da } .c2 { stroke: #8250df } .small { font-size: 11px } .name { font-weight: 600 }`,
    dark: `
    .c0 { stroke: #2dd4bf } .c1 { stroke: #54aeff } .c2 { stroke: #ab7df8 }`,
    body: [
      `<text class="title" x="12" y="20">${title}</text>`,
      ...PANELS.map((panel, index) => {
        const [x, y] = [(index % 2) * PANEL.width, HEAD + Math.floor(index / 2) * PANEL.height]
        return `<g transform="translate(${String(x)} ${String(y)})">${drawPanel(panel, result).join('\n')}</g>`
      }),
    ].join('\n'),
  })
}

function drawPanel({ title, unit, curves }: Panel, { samples, options }: SoakResult): string[] {
  const lines = curves.map(({ value }) =>
    thin(samples).flatMap((sample, index, all) => {
      const at = value(sample, all[index - 1])
      return at === undefined ? [] : [{ atMs: sample.atMs, value: at }]
    }),
  )
  const top = niceTop(Math.max(1, ...lines.flat().map(({ value }) => value)))
  const spanMs = Math.max(options.minutes * 60_000, samples.at(-1)?.atMs ?? 0, 1)
  const x = (atMs: number): number => PANEL.left + (atMs / spanMs) * (PANEL.right - PANEL.left)
  const y = (value: number): number => PANEL.bottom - (value / top) * (PANEL.bottom - PANEL.top)
  return [
    `<text class="name" x="12" y="16">${title}${unit === '' ? '' : `, ${unit}`}</text>`,
    ...[0, 0.5, 1].map(
      (share) =>
        `<path class="grid" d="M${px(PANEL.left)} ${px(y(share * top))}H${px(PANEL.right)}"/>` +
        `<text class="small" x="${px(PANEL.left - 6)}" y="${px(y(share * top) + 4)}" text-anchor="end">${number(share * top)}</text>`,
    ),
    ...[0, 0.5, 1].map(
      (share) =>
        `<text class="small" x="${px(x(share * spanMs))}" y="${px(PANEL.bottom + 17)}" text-anchor="${share === 1 ? 'end' : 'middle'}">${duration(share * spanMs)}</text>`,
    ),
    ...lines.map(
      (points, index) =>
        `<path class="curve c${String(index)}" d="M${points.map((point) => `${px(x(point.atMs))} ${px(y(point.value))}`).join('L')}"/>`,
    ),
    ...legend(curves),
  ]
}

const LETTER = 5.9

function legend(curves: readonly Curve[]): string[] {
  let x = 12
  return curves.map(({ label }, index) => {
    const at = x
    x += 30 + label.length * LETTER
    return `<path class="curve c${String(index)}" d="M${px(at)} 36h14"/><text class="small" x="${px(at + 19)}" y="40">${label}</text>`
  })
}

function thin(samples: readonly SoakSample[]): readonly SoakSample[] {
  const every = Math.ceil(samples.length / MOST_POINTS)
  return samples.filter((sample, index) => sample.collected || index % every === 0)
}

/** 1, 2, 4, 6, 8 or 10 times a power of ten. */
function niceTop(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return unit * ([1, 2, 4, 6, 8].find((step) => value <= step * unit) ?? 10)
}

const number = (value: number): string =>
  value >= 1000 ? `${String(value / 1000)}k` : String(Number(value.toFixed(1)))

const duration = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1000).toFixed(0)} s` : `${String(Number((ms / 60_000).toFixed(1)))} min`

function inWords({ title, unit, curves }: Panel, samples: readonly SoakSample[]): string {
  const last = samples.at(-1)
  const values = curves.map(({ label, value }) => {
    const at = last === undefined ? undefined : value(last, samples.at(-2))
    return `${label} ${at === undefined ? 'unknown' : number(Math.round(at))}`
  })
  return `${title}${unit === '' ? '' : `, ${unit}`}: ${values.join(', ')} in the end`
}
