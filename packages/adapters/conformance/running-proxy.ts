import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchLines } from './watched-lines.ts'

export interface RunningProxy {
  /** Lets new processes take over, and resolves when they have; the old ones end after half a second. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/** How a proxy is started and told to reload, and what it says on stderr when it has done so. */
export interface ProxyProgram {
  readonly name: string
  /** @param folder its own, where it may write */
  configure(folder: string): string
  /** @param file holds the configuration */
  command(file: string, folder: string): readonly string[]
  /** It listens by then. */
  readonly started: string
  readonly reloadSignal: 'HUP' | 'USR2'
  readonly reloaded: string
}

/** Ends the proxy with whoever started it, however that ends, and passes on the signals that it is told before. */
const WRAPPER = '"$@" & pid=$!; while read -r signal; do kill -s "$signal" "$pid"; done; kill "$pid"; wait "$pid"'

export async function runProxy(program: ProxyProgram): Promise<RunningProxy> {
  const { name, started, reloadSignal, reloaded } = program
  const folder = mkdtempSync(join(tmpdir(), `tautline-${name.toLowerCase()}-`))
  const file = join(folder, 'proxy.conf')
  writeFileSync(file, program.configure(folder))
  const child = spawn('sh', ['-c', WRAPPER, 'sh', ...program.command(file, folder)], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const exited = once(child, 'close')
  const lines = watchLines(name, child.stderr, exited)
  await lines.next(started)
  return {
    async reload() {
      const done = lines.next(reloaded)
      child.stdin.write(`${reloadSignal}\n`)
      await done
    },
    async stop() {
      child.stdin.end()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
