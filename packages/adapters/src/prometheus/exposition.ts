/**
 * Metrics as text: the Prometheus exposition format 0.0.4, and OpenMetrics 1.0.0, which differs in the names of counters,
 * in what is escaped, and in its end.
 */

export type MetricFormat = 'prometheus' | 'openmetrics'

export const CONTENT_TYPES: Readonly<Record<MetricFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export type Labels = readonly (readonly [name: string, value: string])[]

export interface Sample {
  /** Behind the name of the family, such as `"_bucket"`. */
  readonly suffix: '' | '_total' | '_bucket' | '_sum' | '_count'
  readonly labels: Labels
  readonly value: number
}

/** All samples of one name. */
export interface MetricFamily {
  /** Without the `_total` of counters. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** What all names and samples have in common. */
export interface Naming {
  readonly prefix: string
  readonly labels: Labels
}

const PLAIN: Naming = { prefix: '', labels: [] }

export function writeExposition(
  families: readonly MetricFamily[],
  format: MetricFormat,
  { prefix, labels }: Naming = PLAIN,
): string {
  const lines = families.flatMap(({ name, type, help, samples }) => [
    ...headOf({ name: prefix + name, type, help }, format),
    ...samples.map((sample) => lineOf(prefix + name, sample, [...labels, ...sample.labels])),
  ])
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function headOf({ name, type, help }: Omit<MetricFamily, 'samples'>, format: MetricFormat): string[] {
  // The older format knows no families: a counter is named as its sample is.
  const named = format === 'prometheus' && type === 'counter' ? `${name}_total` : name
  return [`# HELP ${named} ${escapeHelp(help, format)}`, `# TYPE ${named} ${type}`]
}

function lineOf(name: string, { suffix, value }: Sample, labels: Labels): string {
  const pairs = labels.map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`
  return `${name}${suffix}${braces} ${writeNumber(value)}`
}

/** Quotes stand for themselves in the help of the older format, and must not in that of the newer. */
function escapeHelp(text: string, format: MetricFormat): string {
  const escaped = text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)
  return format === 'prometheus' ? escaped : escaped.replaceAll('"', String.raw`\"`)
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`).replaceAll('"', String.raw`\"`)
}

function writeNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

/** The bound of a bucket as OpenMetrics has it: a float, also where it is whole. */
export function writeBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : writeNumber(bound)
}
