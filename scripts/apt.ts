import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Installs a package of the distribution where that is possible: on Debian and its kin, as root. Says so on stderr. */
export async function installByApt(name: string): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  console.error(`No ${name} found. Installing the distribution package, which takes a minute or two:`)
  return (await apt(['update'])) && (await apt(['install', '-y', '--no-install-recommends', name]))
}

function apt(args: readonly string[]): Promise<boolean> {
  console.error(`$ apt-get ${args.join(' ')}`)
  return new Promise((resolve) => {
    const child = spawn('apt-get', args, {
      // Progress goes to stderr: stdout may carry a result.
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    child.once('error', () => {
      resolve(false)
    })
    child.once('exit', (code) => {
      resolve(code === 0)
    })
  })
}
