import { cpus, freemem, loadavg, totalmem } from 'node:os'
import type { Sample } from '../api.ts'
import { type Counters, parseMemory, parseNetwork, ratesBetween } from './counters.ts'
import { procText } from './proc-text.ts'

/** Reads the machine's counters and turns each pair of readings into one sample. */
export class Sampler {
  #before: Counters | undefined

  /** What happened since the last call; the first call only takes the base and gives `undefined`. */
  async sample(): Promise<Sample | undefined> {
    const before = this.#before
    const now = await readCounters()
    this.#before = now
    if (before === undefined) return undefined
    const [one = 0, five = 0, fifteen = 0] = loadavg()
    return {
      at: new Date(now.at),
      ...ratesBetween(before, now),
      memory: await readMemory(),
      load: [one, five, fifteen],
    }
  }
}

async function readCounters(): Promise<Counters> {
  const cores = cpus().map(({ times }) => {
    const busy = times.user + times.nice + times.sys + times.irq
    return { busy, all: busy + times.idle }
  })
  const network = parseNetwork((await procText('net/dev')) ?? '')
  return { at: Date.now(), cores, network }
}

async function readMemory(): Promise<Sample['memory']> {
  const text = await procText('meminfo')
  if (text !== undefined) return parseMemory(text)
  const totalBytes = totalmem()
  return { usedBytes: totalBytes - freemem(), cachedBytes: 0, totalBytes, swapUsedBytes: 0 }
}
