import type { SoakResult } from './soak-result.ts'

const MiB = 1024 * 1024

/** What a terminal is told every few seconds. */
export function progressLine({ options, samples, failures }: SoakResult): string {
  const last = samples.at(-1)
  if (last === undefined) return options.runtime
  const { atMs, server, witness, states, reconnects, counts } = last
  const heap = samples.findLast((sample) => sample.collected)?.server.heapBytes
  return [
    `${options.runtime} ${(atMs / 1000).toFixed(0).padStart(4)} s`,
    `rss ${(server.rssBytes / MiB).toFixed(0)} MiB, heap ${heap === undefined ? '?' : (heap / MiB).toFixed(1)} MiB`,
    `loop p99 ${server.loopDelayP99Ms.toFixed(1)} ms, call p99 ${witness.p99Ms.toFixed(1)} ms`,
    `${String(states['connected'] ?? 0)} of ${String(options.clients)} connected, ${String(server.stats.detached)} detached, ${String(server.stats.running)} running`,
    `${String(counts['calls'] ?? 0)} calls, ${String(counts['items'] ?? 0)} items, ${String(reconnects)} reconnects, ${String(counts['losses'] ?? 0)} losses`,
    ...(failures.length === 0 ? [] : [`${String(failures.length)} FAILURES: ${failures[0]?.split('\n')[0] ?? ''}`]),
  ].join(' | ')
}
