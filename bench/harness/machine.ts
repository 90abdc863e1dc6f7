import { execFileSync } from 'node:child_process'
import { cpus, totalmem, type } from 'node:os'
import { executable } from '../../scripts/runtimes.ts'
import type { RuntimeName } from '../subjects/subject.ts'
import type { Machine } from './results.ts'

export function describeMachine(runtimes: readonly RuntimeName[]): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    system: type(),
    runtimes: Object.fromEntries(runtimes.map((runtime) => [runtime, versionOf(runtime)])),
  }
}

function versionOf(runtime: RuntimeName): string {
  const printed = execFileSync(executable(runtime), ['--version'], { encoding: 'utf8' })
  return /\d+\.\d+\.\d+/.exec(printed)?.[0] ?? printed.trim()
}
