import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningProxy } from '../nginx.ts'
import { watchLines } from '../watched-lines.ts'

/** Ends HAProxy with whoever started it, and passes on the one word that it may hear before: reload. */
const WRAPPER = '"$@" & pid=$!; while read -r _; do kill -USR2 "$pid"; done; kill "$pid"; wait "$pid"'

/** Starts an HAProxy with this configuration, a master with workers as Debian runs it. */
export async function runHaproxy(executable: string, configuration: string): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'tautline-haproxy-'))
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, `global\n  hard-stop-after 500ms\n\n${configuration}`)
  const child = spawn('sh', ['-c', WRAPPER, 'sh', executable, '-W', '-db', '-f', file], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const exited = once(child, 'close')
  const lines = watchLines('HAProxy', child.stderr, exited)
  await lines.next('Loading success')
  return {
    async reload() {
      const reloaded = lines.next('Loading success')
      child.stdin.write('reload\n')
      await reloaded
    },
    async stop() {
      child.stdin.end()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}
