// node scripts/ensure-haproxy.ts: prints the path of an HAProxy that starts, installing Debian's where that is possible.
import { installByApt } from './apt.ts'
import { findCommand } from './find-command.ts'

const find = (): string | undefined => findCommand('haproxy', ['-v'])

/** The path of an HAProxy, or undefined after saying on stderr what that leaves out. */
export async function ensureHaproxy(): Promise<string | undefined> {
  const found = find()
  if (found !== undefined) return found
  const installed = (await installByApt('haproxy')) ? find() : undefined
  if (installed === undefined) {
    console.error('No HAProxy: nothing is tested behind it. Everything else is. Install `haproxy`.')
  }
  return installed
}

if (import.meta.main) {
  const path = await ensureHaproxy()
  if (path === undefined) process.exitCode = 1
  else console.log(path)
}
