import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const SERVER_PROCESSOR = 0

export interface MeasuredPids {
  readonly server: number | undefined
  readonly load: number | undefined
  readonly attacker: number | undefined
}

/**
 * The server gets a processor of its own, and those whose times are measured another, on which the one that asks for too much
 * has what they leave: in the field it is on a machine of its own, and what it costs them there is all the server's doing.
 *
 * @returns whether the system can do that: Linux with taskset and chrt (util-linux), two processors
 */
export function giveOwnProcessors({ server, load, attacker }: MeasuredPids): boolean {
  if (availableParallelism() < 2) return false
  try {
    run('taskset', '--cpu-list', '--pid', String(SERVER_PROCESSOR), String(server))
    run('taskset', '--all-tasks', '--cpu-list', '--pid', '1', String(load))
    run('taskset', '--all-tasks', '--cpu-list', '--pid', '1', String(attacker))
    run('chrt', '--all-tasks', '--idle', '--pid', '0', String(attacker))
    return true
  } catch {
    return false
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' })
}
