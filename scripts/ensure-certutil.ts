// node scripts/ensure-certutil.ts: prints the path of NSS's certutil, installing Debian's where that is possible.

import { installByApt } from './apt.ts'
import { findCommand } from './find-command.ts'

const find = (): string | undefined => findCommand('certutil', ['-H'])

/** The path of a certutil, or undefined after saying on stderr what that leaves out. */
export async function ensureCertutil(): Promise<string | undefined> {
  const found = find()
  if (found !== undefined) return found
  const installed = (await installByApt('libnss3-tools')) ? find() : undefined
  if (installed === undefined) {
    console.error(
      'No certutil: Chromium cannot be told whom to trust. Everything else is tested. Install `libnss3-tools`.',
    )
  }
  return installed
}

if (import.meta.main) {
  const path = await ensureCertutil()
  if (path === undefined) process.exitCode = 1
  else console.log(path)
}
