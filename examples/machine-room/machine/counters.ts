import type { Sample } from '../api.ts'
import { procTable } from './proc-text.ts'

/** What the machine has counted since it came up. */
export interface Counters {
  /** In ms since 1970. */
  readonly at: number
  readonly cores: readonly CoreTimes[]
  readonly network: NetworkBytes
}

/** In whatever unit the system counts: only shares are taken of it. */
interface CoreTimes {
  readonly busy: number
  readonly all: number
}

export interface NetworkBytes {
  readonly received: number
  readonly sent: number
  readonly loopback: number
}

/** Bytes through all interfaces, from the text of `/proc/net/dev`; what only went round inside the machine apart. */
export function parseNetwork(text: string): NetworkBytes {
  let received = 0
  let sent = 0
  let loopback = 0
  for (const line of text.split('\n')) {
    const [name, numbers] = line.split(':')
    if (name === undefined || numbers === undefined) continue
    const fields = numbers.trim().split(/\s+/).map(Number)
    if (name.trim() === 'lo') loopback += fields[0] ?? 0
    else {
      received += fields[0] ?? 0
      sent += fields[8] ?? 0
    }
  }
  return { received, sent, loopback }
}

/** From the text of `/proc/meminfo`. */
export function parseMemory(text: string): Sample['memory'] {
  const table = procTable(text)
  const of = (key: string): number => table.get(key) ?? 0
  return {
    usedBytes: of('MemTotal') - of('MemAvailable'),
    cachedBytes: of('Cached') + of('Buffers'),
    totalBytes: of('MemTotal'),
    swapUsedBytes: of('SwapTotal') - of('SwapFree'),
  }
}

/** What happened between two readings. Counters that went back, as after a resume from disk, count as standing still. */
export function ratesBetween(before: Counters, now: Counters): Pick<Sample, 'cores' | 'network'> {
  const seconds = Math.max((now.at - before.at) / 1000, 0.001)
  const perSecond = (key: keyof NetworkBytes): number => Math.max(0, now.network[key] - before.network[key]) / seconds
  return {
    cores: now.cores.map((core, index) => busyShare(before.cores[index] ?? { busy: 0, all: 0 }, core)),
    network: {
      receivedPerSecond: perSecond('received'),
      sentPerSecond: perSecond('sent'),
      loopbackPerSecond: perSecond('loopback'),
    },
  }
}

function busyShare(before: CoreTimes, now: CoreTimes): number {
  const all = now.all - before.all
  return all <= 0 ? 0 : Math.min(1, Math.max(0, (now.busy - before.busy) / all))
}
