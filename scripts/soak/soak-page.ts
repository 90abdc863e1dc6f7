/** The page of results: its tables come from what the commands wrote, and from nowhere else. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { CycleResult } from '../cycles/run-cycles.ts'
import type { FairnessResult } from '../fairness/fairness-result.ts'
import { type Runtime, runtimes } from '../runtimes.ts'
import type { SoakResult } from './soak-result.ts'

export interface Published {
  readonly soak: SoakResult
  readonly cycles: CycleResult
  readonly fairness: FairnessResult
}

const folder = new URL('../../docs/soak/', import.meta.url)
const page = new URL('../../docs/soak.md', import.meta.url)
const MiB = 1024 * 1024
const HOUR_MINUTES = 60

/** Writes what a command found, and the page with it. */
export function publish<Kind extends keyof Published>(
  kind: Kind,
  runtime: Runtime,
  result: Published[Kind],
  picture?: string,
): void {
  writeFileSync(new URL(`${kind}-${runtime}.json`, folder), `${JSON.stringify(result)}\n`)
  if (picture !== undefined) writeFileSync(new URL(`${kind}-${runtime}.svg`, folder), picture)
  writeFileSync(page, soakPage().wanted)
}

/** The page as it is, and as it should be. */
export function soakPage(): { readonly present: string; readonly wanted: string } {
  const present = readFileSync(page, 'utf8')
  const tables = {
    soak: soakTable(read('soak')),
    cycles: cycleTable(read('cycles')),
    fairness: fairnessTable(read('fairness')),
  }
  const wanted = Object.entries(tables).reduce((text, [name, rows]) => {
    const block = new RegExp(`(<!-- ${name}: .* -->\n)[^]*(<!-- /${name} -->)`)
    if (!block.test(text)) throw new Error(`Expected docs/soak.md to have a place for the table \`${name}\``)
    return text.replace(block, (_, open: string, end: string) => `${open}\n${rows}\n\n${end}`)
  }, present)
  return { present, wanted }
}

function read<Kind extends keyof Published>(kind: Kind): readonly Published[Kind][] {
  return runtimes.flatMap((runtime) => {
    const file = new URL(`${kind}-${runtime}.json`, folder)
    // Written by `publish`, of the same kind.
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Published[Kind]] : []
  })
}

function soakTable(results: readonly SoakResult[]): string {
  const rows = results.map(({ options, samples, growth, versions, date, failures }) => {
    const last = samples.at(-1)
    const grown = growth.server === undefined ? 'unknown' : perHour(growth.server.bytesPerMinute * HOUR_MINUTES)
    return [
      versions.replace(/;.*/, ''),
      date,
      `${String(options.clients)}, ${String(options.minutes)} min`,
      count(last?.counts['calls']),
      count(last?.counts['items']),
      count(last?.reconnects),
      `${mebibytes(growth.server?.medianBytes)}, ${grown}`,
      milliseconds(median(samples.map(({ server }) => server.loopDelayP99Ms))),
      milliseconds(median(samples.map(({ witness }) => witness.p99Ms))),
      loadOf(samples),
      failures.length === 0 ? 'none' : String(failures.length),
    ]
  })
  const head =
    'server|date|clients|calls|items of streams|reconnects|heap, and its slope|event loop p99|call p99|load of the machine|failures'
  return table(head.split('|'), rows)
}

/** What others did on the machine in that time shows in every delay. */
function loadOf(samples: SoakResult['samples']): string {
  const loads = samples.flatMap(({ load }) => load ?? [])
  return loads.length === 0 ? 'not noted' : `${median(loads).toFixed(1)} a processor`
}

function cycleTable(results: readonly CycleResult[]): string {
  const rows = results.flatMap((result) =>
    (['server', 'client'] as const).map((who) => {
      const { beforeBytes, afterBytes } = result[who]
      const share = (afterBytes / beforeBytes - 1) * 100
      return [
        `${who} on ${result.version}`,
        result.date,
        count(result.subscribes),
        count(result.connects),
        mebibytes(beforeBytes),
        mebibytes(afterBytes),
        `${share > 0 ? '+' : ''}${share.toFixed(1)} %`,
        result.failures.length === 0 ? 'none' : String(result.failures.length),
      ]
    }),
  )
  return table(['process', 'date', 'subscriptions', 'connections', 'heap before', 'after', 'change', 'failures'], rows)
}

function fairnessTable(results: readonly FairnessResult[]): string {
  const rows = results.flatMap(({ runtime, date, rows: measured }) =>
    measured.map(({ attack, ratio, p99Ms, p99WithoutMs, p50Ms, p50WithoutMs, leftOut, attackerPerSecond }) => [
      runtime,
      date,
      attack,
      `${p99WithoutMs.toFixed(1)} and ${milliseconds(p99Ms)}`,
      ratio.toFixed(2),
      `${p50WithoutMs.toFixed(2)} and ${p50Ms.toFixed(2)} ms`,
      `${(leftOut * 100).toFixed(1)} %`,
      count(Math.round(attackerPerSecond)),
    ]),
  )
  const head =
    'server|date|the one does|p99 of the others without it and with it|ratio|their p50|not counted|it gets done, a second'
  return table(head.split('|'), rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const count = (value = 0): string => value.toLocaleString('en')
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`
const mebibytes = (bytes = Number.NaN): string => `${(bytes / MiB).toFixed(1)} MiB`
const perHour = (bytes: number): string => `${bytes > 0 ? '+' : ''}${(bytes / MiB).toFixed(1)} MiB/h`
