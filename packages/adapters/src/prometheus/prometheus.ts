/**
 * Metrics of Tautline servers for Prometheus: an observer that counts, and the text that is scraped.
 *
 * Owns: names, labels, buckets. Every label takes its values from the contract, from this code or from a list of the server's:
 * no peer can make up another series.
 */
import type { ObservedServer, ServerEvent, ServerObserver } from '@tautline/server'
import { CALL_SECONDS, levelsOf, limitsOf, sumTraffic } from '../server-readings.ts'
import { CONTENT_TYPES, type Labels, type MetricFamily, type MetricFormat, writeExposition } from './exposition.ts'
import { CounterSeries, HistogramSeries } from './series.ts'

export interface PrometheusOptions {
  /** Of all names. @default "tautline_" */
  readonly prefix?: string
  /** On every sample, beside what the scraper adds, such as `{ role: 'edge' }`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Bounds of the buckets of durations, in seconds, ascending. @default 0.001 to 10 */
  readonly buckets?: readonly number[]
}

/** Belongs into `observers` of each server that is to be counted. */
export interface PrometheusMetrics extends ServerObserver {
  /** All metrics as text. @default "prometheus", the format 0.0.4 */
  expose(format?: MetricFormat): string
  /** The answer to a scrape, as OpenMetrics where the scraper asks for that first. */
  respond(request: Request): Response
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
/** Of the samples themselves. */
const TAKEN = new Set([
  'le',
  'side',
  'procedure',
  'kind',
  'code',
  'transport',
  'status',
  'why',
  'change',
  'limit',
  'event',
])

/** @throws TypeError for options that Prometheus would not read */
export function createPrometheus(options: PrometheusOptions = {}): PrometheusMetrics {
  const { prefix, labels, buckets } = checkOptions(options)
  const servers: ObservedServer[] = []
  const calls = new CounterSeries(['side', 'procedure', 'kind', 'code'])
  const durations = new HistogramSeries(['side', 'procedure', 'kind'], buckets)
  const opened = new CounterSeries(['transport'])
  const closed = new CounterSeries(['transport', 'code'])
  const refused = new CounterSeries(['status', 'why'])
  const published = new CounterSeries(['event'])
  const delivered = new CounterSeries(['event'])
  const sessions = new CounterSeries(['change'])

  const happened = (event: ServerEvent): void => {
    switch (event.type) {
      case 'call-ended': {
        const { side, path: procedure, kind, code, durationMs } = event
        calls.add({ side, procedure, kind, code })
        durations.observe({ side, procedure, kind }, durationMs / 1000)
        break
      }
      case 'connection-opened':
        opened.add({ transport: event.transport })
        break
      case 'connection-closed':
        closed.add({ transport: event.transport, code: String(event.code) })
        break
      case 'upgrade-refused':
        refused.add({ status: String(event.status), why: event.why })
        break
      case 'published': {
        const { path, receivers } = event
        published.add({ event: path })
        delivered.add({ event: path }, receivers)
        break
      }
      case 'session-changed':
        sessions.add({ change: event.change })
        break
    }
  }

  const families = (): MetricFamily[] => [
    counter('calls', 'Calls, streams and listenings that have ended.', calls),
    {
      name: 'call_duration_seconds',
      type: 'histogram',
      help: 'Time from the arrival of a call to its answer, or from the sending of one to a client.',
      samples: durations.samples(),
    },
    counter('connections_opened', 'Sockets that were opened.', opened),
    counter('connections_closed', 'Sockets that were closed, by close code.', closed),
    counter('upgrades_refused', 'Requests for a connection that were refused.', refused),
    counter('events_published', 'Events that were published.', published),
    counter('events_receivers', 'Clients that published events were sent to.', delivered),
    counter('session_changes', 'Sessions that were opened, detached, resumed and ended.', sessions),
    ...readings(servers),
  ]

  const expose = (format: MetricFormat = 'prometheus'): string =>
    writeExposition(families(), format, { prefix, labels: Object.entries(labels) })

  return {
    attached: (server) => void servers.push(server),
    happened,
    expose,
    respond(request) {
      const format = formatFor(request.headers.get('accept') ?? '')
      return new Response(expose(format), {
        headers: { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store', vary: 'accept' },
      })
    },
  }
}

function counter<Name extends string>(name: string, help: string, series: CounterSeries<Name>): MetricFamily {
  return { name, help, type: 'counter', samples: series.samples() }
}

/** What servers know of themselves, and is asked for when it is wanted. */
function readings(servers: readonly ObservedServer[]): MetricFamily[] {
  const NONE: Labels = []
  const gauges = levelsOf(servers).map(
    ({ name, help, value }): MetricFamily => ({
      name,
      help,
      type: 'gauge',
      samples: [{ suffix: '', labels: NONE, value }],
    }),
  )
  const counters = sumTraffic(servers).map(
    ({ name, help, value }): MetricFamily => ({
      name,
      help,
      type: 'counter',
      samples: [{ suffix: '_total', labels: NONE, value }],
    }),
  )
  const limited = Object.entries(limitsOf(servers)).map(
    ([limit, value]) => ({ suffix: '_total', labels: [['limit', limit]], value }) as const,
  )
  const limits: MetricFamily = {
    name: 'limits_reached',
    help: 'How often each limit was reached.',
    type: 'counter',
    samples: limited,
  }
  return [...gauges, ...counters, limits]
}

/** What is named first is wanted most, as scrapers name them; weights are not looked at. */
function formatFor(accept: string): MetricFormat {
  const [first = ''] = accept.split(',')
  return first.trim().startsWith('application/openmetrics-text') ? 'openmetrics' : 'prometheus'
}

function checkOptions({ prefix = 'tautline_', labels = {}, buckets = CALL_SECONDS }: PrometheusOptions) {
  if (!NAME.test(prefix)) {
    throw new TypeError(`Expected \`prefix\` to be the beginning of a metric's name, got \`${prefix}\` (string)`)
  }
  for (const name of Object.keys(labels)) {
    if (LABEL.test(name) && !name.startsWith('__') && !TAKEN.has(name)) continue
    throw new TypeError(`Expected \`labels\` to have names that are free and of letters, digits and _, got \`${name}\``)
  }
  const ascends = buckets.every((bound, place) => Number.isFinite(bound) && bound > (buckets[place - 1] ?? 0))
  if (buckets.length === 0 || !ascends) {
    throw new TypeError(`Expected \`buckets\` to be ascending seconds above 0, got \`${buckets.join(', ')}\``)
  }
  return { prefix, labels, buckets }
}
