import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { runtimeEnv } from '../runtimes.ts'

/** One line for each check, on stdout or stderr, and whether all went well. */
export class Verdicts {
  #failed = false

  get failed(): boolean {
    return this.#failed
  }

  ok(title: string): void {
    console.log(`ok     ${title}`)
  }

  fail(title: string): void {
    this.#failed = true
    console.error(`FAILED ${title}`)
  }

  /** Something that this machine cannot check. In CI that is a failure. */
  leaveOut(title: string): void {
    if (process.env['CI'] === undefined) console.error(`LEFT OUT ${title}`)
    else this.fail(title)
  }

  /** Runs a command. Its output is shown only where it fails: the reports of success are long. */
  run(title: string, [command, ...args]: readonly [string, ...string[]], cwd: string): boolean {
    const result = spawn(command, args, cwd)
    if (result.status === 0) this.ok(title)
    else this.fail(`${title}\n${result.error?.message ?? ''}${result.stdout}${result.stderr}`)
    return result.status === 0
  }
}

const TIMEOUT_MS = 120_000

function spawn(command: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...runtimeEnv },
    timeout: TIMEOUT_MS,
  })
}
