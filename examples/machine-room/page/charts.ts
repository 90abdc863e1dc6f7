import type { MachineInfo, Sample } from '../api.ts'
import { Chart } from './chart.ts'
import { formatBytes, formatShare } from './format.ts'
import type { RoomClient } from './main.ts'

/** Powers of two, so that a scale of bytes has round labels. */
const BYTE_STEPS: readonly number[] = [0, 1, 2, 3].flatMap((power) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power),
)

/**
 * A subscription that outlives connections: after a lost one it goes on behind the last sample taken. Where the server
 * cannot give what came after that one, being a new server perhaps, `onGap` is told and the stream begins afresh.
 */
export async function showCharts(client: RoomClient, info: MachineInfo): Promise<void> {
  const charts = chartsOf(info)
  let last: Date | undefined
  const samples = client.machine.samples(
    {},
    {
      onGap: () => {
        if (last === undefined) return
        for (const chart of charts) chart.addGap(last)
      },
    },
  )
  for await (const sample of samples) {
    last = sample.at
    for (const chart of charts) chart.add(sample)
  }
}

function chartsOf({ cpuCount, totalMemoryBytes }: MachineInfo): readonly Chart[] {
  return [
    new Chart({
      id: 'cpu',
      lines: Array.from({ length: cpuCount }, (_, core) => ({
        label: `core ${String(core)}`,
        of: (sample: Sample) => sample.cores[core] ?? 0,
      })),
      format: formatShare,
      top: 1,
      now: ({ cores }) => formatShare(cores.reduce((sum, share) => sum + share, 0) / cpuCount),
    }),
    new Chart({
      id: 'memory',
      lines: [
        { label: 'used', of: ({ memory }) => memory.usedBytes },
        { label: 'cached', of: ({ memory }) => memory.cachedBytes },
      ],
      format: formatBytes,
      top: totalMemoryBytes,
      steps: BYTE_STEPS,
      now: ({ memory }) => `of ${formatBytes(memory.totalBytes)}`,
    }),
    new Chart({
      id: 'load',
      lines: [
        { label: '1 min', of: ({ load }) => load[0] },
        { label: '5 min', of: ({ load }) => load[1] },
        { label: '15 min', of: ({ load }) => load[2] },
      ],
      format: (value) => value.toFixed(value < 10 ? 1 : 0),
      now: ({ load }) => `${((load[0] / cpuCount) * 100).toFixed(0)} % of ${String(cpuCount)} cores`,
    }),
    new Chart({
      id: 'network',
      lines: [
        { label: 'in', of: ({ network }) => network.receivedPerSecond },
        { label: 'out', of: ({ network }) => network.sentPerSecond },
        { label: 'local', of: ({ network }) => network.loopbackPerSecond },
      ],
      format: formatBytes,
      steps: BYTE_STEPS,
      now: () => 'per second',
    }),
  ]
}
