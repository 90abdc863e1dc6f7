import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The path of a command that starts, whatever it thinks of the arguments. */
export function findCommand(name: string, args: readonly string[]): string | undefined {
  // Debian's servers stand where only root's PATH may look.
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  return dirs
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find((path) => spawnSync(path, args, { stdio: 'ignore' }).error === undefined)
}
