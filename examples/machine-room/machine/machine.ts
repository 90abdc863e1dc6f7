import { cpus, platform, totalmem, uptime } from 'node:os'
import type { MachineInfo } from '../api.ts'
import { ProcessTable } from './process-table.ts'
import { runtime } from './runtime.ts'
import { SampleLog } from './sample-log.ts'
import { Sampler } from './sampler.ts'

const SAMPLE_EVERY_MS = 1_000
const KEPT_SAMPLES = 300

/** This machine: its facts, its process table, and a log of samples that grows while it runs. */
export class Machine {
  readonly processes = new ProcessTable()
  readonly samples = new SampleLog(KEPT_SAMPLES)
  readonly #sampler = new Sampler()
  #timer: ReturnType<typeof setInterval> | undefined

  /** Begins to take samples. */
  start(): void {
    const take = async (): Promise<void> => {
      const sample = await this.#sampler.sample()
      if (sample !== undefined) this.samples.append(sample)
    }
    void take()
    this.#timer ??= setInterval(() => void take(), SAMPLE_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  info(): MachineInfo {
    const processors = cpus()
    return {
      runtime: runtime.name,
      runtimeVersion: runtime.version,
      platform: platform(),
      cpuModel: processors[0]?.model.trim() ?? 'unknown processor',
      cpuCount: processors.length,
      totalMemoryBytes: totalmem(),
      bootedAt: new Date(Date.now() - uptime() * 1000),
      keptSamples: KEPT_SAMPLES,
      sampleEveryMs: SAMPLE_EVERY_MS,
    }
  }
}
