// node scripts/ensure-nginx.ts: prints the path of an nginx that starts, installing Debian's where that is possible.
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { installByApt } from './apt.ts'

function findNginx(): string | undefined {
  // Debian's stands where only root's PATH may look.
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  return dirs
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, 'nginx'))
    .find((path) => spawnSync(path, ['-v'], { stdio: 'ignore' }).status === 0)
}

/** The path of an nginx, or undefined after saying on stderr what that leaves out. */
export async function ensureNginx(): Promise<string | undefined> {
  const found = findNginx()
  if (found !== undefined) return found
  const installed = (await installByApt('nginx-light')) ? findNginx() : undefined
  if (installed === undefined) {
    console.error('No nginx: long polls are not tested through a proxy. Everything else is. Install `nginx`.')
  }
  return installed
}

if (import.meta.main) {
  const path = await ensureNginx()
  if (path === undefined) process.exitCode = 1
  else console.log(path)
}
