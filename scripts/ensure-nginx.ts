// node scripts/ensure-nginx.ts: prints the path of an nginx that starts, installing Debian's where that is possible.
import { installByApt } from './apt.ts'
import { findCommand } from './find-command.ts'

const find = (): string | undefined => findCommand('nginx', ['-v'])

/** The path of an nginx, or undefined after saying on stderr what that leaves out. */
export async function ensureNginx(): Promise<string | undefined> {
  const found = find()
  if (found !== undefined) return found
  const installed = (await installByApt('nginx-light')) ? find() : undefined
  if (installed === undefined) {
    console.error('No nginx: nothing is tested behind it. Everything else is. Install `nginx`.')
  }
  return installed
}

if (import.meta.main) {
  const path = await ensureNginx()
  if (path === undefined) process.exitCode = 1
  else console.log(path)
}
