/** The arrivals of a herd as a picture: how large a share comes in each 100 ms since the server is back. */
import { createRandom } from '@tautline/core/testing'
import { arrivalsAfter, largestShare, type Outage } from '../../packages/core/src/session/simulation/herd.fixture.ts'
import { px, svgPicture } from '../svg-picture.ts'

export const CLIENTS = 10_000
export const WINDOW_MS = 100
/** Any will do; the picture must be the same each time it is drawn. */
export const SEED = 1

interface Curve {
  readonly name: string
  readonly className: string
  readonly outage: Outage
}

const CURVES: readonly Curve[] = [
  { name: 'attempts were refused', className: 'refused', outage: { lastsMs: 60_000, attemptMs: 0 } },
  { name: 'attempts got no answer for 10 s', className: 'unanswered', outage: { lastsMs: 60_000, attemptMs: 10_000 } },
]

const WIDTH = 760
const HEIGHT = 300
const PLOT = { left: 52, right: 740, top: 66, bottom: 262 }
const SPAN_MS = 42_000
const HIGHEST = 0.016
/** No window may hold more: `herd.test.ts`. */
const BOUND = 0.015

const x = (ms: number): number => PLOT.left + (ms / SPAN_MS) * (PLOT.right - PLOT.left)
const y = (share: number): number => PLOT.bottom - (share / HIGHEST) * (PLOT.bottom - PLOT.top)

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export function herdChart(): string {
  return svgPicture({
    width: WIDTH,
    height: HEIGHT,
    name: `${String(CLIENTS)} clients come back after an outage of 60 s`,
    light: `.bound { stroke: #cf222e; stroke-dasharray: 5 4 }
  .curve { fill: none; stroke-width: 1.4; stroke-linejoin: round }
  .refused { stroke: #0f766e } .unanswered { stroke: #8250df }`,
    dark: `.bound { stroke: #f85149 }
    .refused { stroke: #2dd4bf } .unanswered { stroke: #ab7df8 }`,
    body: `<text class="title" x="${px(PLOT.left)}" y="20">${CLIENTS.toLocaleString('en')} clients, cut at once, come back after an outage of 60 s</text>
${grid().join('\n')}
${CURVES.map(curve).join('\n')}`,
  })
}

function grid(): string[] {
  const levels = [0, 0.005, 0.01, BOUND].map((share) => {
    const name = share === BOUND ? 'bound' : 'grid'
    const [left, right, height] = [px(PLOT.left), px(PLOT.right), px(y(share))]
    return (
      `<path class="${name}" d="M${left} ${height}H${right}"/>` +
      `<text x="${px(PLOT.left - 8)}" y="${px(y(share) + 4)}" text-anchor="end">${(share * 100).toFixed(1)} %</text>`
    )
  })
  const moments = [0, 10_000, 20_000, 30_000, 40_000].map(
    (ms) => `<text x="${px(x(ms))}" y="${px(PLOT.bottom + 18)}" text-anchor="middle">${String(ms / 1000)} s</text>`,
  )
  const subject = 'share of the clients that arrives in 100 ms, by time since the server is back'
  return [...levels, ...moments, `<text x="${px(PLOT.left)}" y="${String(HEIGHT - 6)}">${subject}</text>`]
}

function curve({ name, className, outage }: Curve, index: number): string {
  const arrivals = arrivalsAfter(outage, CLIENTS, createRandom(SEED))
  const counts = Array.from({ length: SPAN_MS / WINDOW_MS }, () => 0)
  for (const ms of arrivals) {
    const slot = Math.floor(ms / WINDOW_MS)
    counts[slot] = (counts[slot] ?? 0) + 1
  }
  const points = counts.map((count, slot) => `${px(x((slot + 0.5) * WINDOW_MS))} ${px(y(count / CLIENTS))}`)
  const most = percent(largestShare(arrivals, WINDOW_MS))
  const legend = `${name}: at most ${most}, all back after ${seconds(arrivals.at(-1) ?? Number.NaN)}`
  const height = 38 + index * 17
  return (
    `<path class="curve ${className}" d="M${px(PLOT.left)} ${String(height - 4)}h18"/>` +
    `<text x="${px(PLOT.left + 25)}" y="${String(height)}">${legend}</text>\n` +
    `<path class="curve ${className}" d="M${points.join('L')}"/>`
  )
}
