import { cpus, freemem, loadavg, totalmem } from 'node:os'
import type { Sample } from '../api.ts'
import { procTable, procText } from './proc-text.ts'

interface Counters {
  readonly at: number
  readonly cores: readonly { readonly busy: number; readonly all: number }[]
  readonly received: number
  readonly sent: number
  readonly loopback: number
}

/** Reads the machine's counters and turns each pair of readings into one sample. */
export class Sampler {
  #before: Counters | undefined

  /** What happened since the last call; the first call only takes the base and gives `undefined`. */
  async sample(): Promise<Sample | undefined> {
    const before = this.#before
    const now = await counters()
    this.#before = now
    if (before === undefined) return undefined
    const seconds = Math.max((now.at - before.at) / 1000, 0.001)
    const [one = 0, five = 0, fifteen = 0] = loadavg()
    return {
      at: new Date(now.at),
      cores: now.cores.map((core, index) => busyShare(before.cores[index], core)),
      memory: await memory(),
      load: [one, five, fifteen],
      network: {
        receivedPerSecond: Math.max(0, now.received - before.received) / seconds,
        sentPerSecond: Math.max(0, now.sent - before.sent) / seconds,
        loopbackPerSecond: Math.max(0, now.loopback - before.loopback) / seconds,
      },
    }
  }
}

function busyShare(before: Counters['cores'][number] | undefined, now: Counters['cores'][number]): number {
  const all = now.all - (before?.all ?? 0)
  return all <= 0 ? 0 : Math.min(1, Math.max(0, (now.busy - (before?.busy ?? 0)) / all))
}

async function counters(): Promise<Counters> {
  const cores = cpus().map(({ times }) => {
    const busy = times.user + times.nice + times.sys + times.irq
    return { busy, all: busy + times.idle }
  })
  let received = 0
  let sent = 0
  let loopback = 0
  for (const line of ((await procText('net/dev')) ?? '').split('\n')) {
    const [name, numbers] = line.split(':')
    if (name === undefined || numbers === undefined) continue
    const fields = numbers.trim().split(/\s+/).map(Number)
    if (name.trim() === 'lo') loopback += fields[0] ?? 0
    else {
      received += fields[0] ?? 0
      sent += fields[8] ?? 0
    }
  }
  return { at: Date.now(), cores, received, sent, loopback }
}

async function memory(): Promise<Sample['memory']> {
  const text = await procText('meminfo')
  const totalBytes = totalmem()
  if (text === undefined) return { usedBytes: totalBytes - freemem(), cachedBytes: 0, totalBytes, swapUsedBytes: 0 }
  const table = procTable(text)
  const of = (key: string): number => table.get(key) ?? 0
  return {
    usedBytes: of('MemTotal') - of('MemAvailable'),
    cachedBytes: of('Cached') + of('Buffers'),
    totalBytes: of('MemTotal'),
    swapUsedBytes: of('SwapTotal') - of('SwapFree'),
  }
}
