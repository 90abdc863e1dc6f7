import type { ProcessRow } from '../api.ts'
import { procTable } from './proc-text.ts'

/** Clock ticks per second in /proc: fixed to 100 for programs on every Linux architecture. */
export const TICKS_PER_SECOND = 100

/** What /proc says of a process at one moment. */
export interface ProcessReading {
  readonly row: Omit<ProcessRow, 'cpu'>
  /** Of all its threads since it began; the difference of two readings is its share of a core. */
  readonly ticks: number
}

export interface ProcessFiles {
  /** `/proc/<pid>/stat`. */
  readonly stat: string
  /** `/proc/<pid>/status`. */
  readonly status: string
}

export interface ProcessSurroundings {
  /** In ms since 1970. */
  readonly bootedAt: number
  /** Names by user id. */
  readonly users: ReadonlyMap<number, string>
}

const STATES: ReadonlyMap<string, string> = new Map([
  ['R', 'running'],
  ['S', 'sleeping'],
  ['D', 'waiting'],
  ['Z', 'zombie'],
  ['T', 'stopped'],
  ['t', 'traced'],
  ['I', 'idle'],
])

export function parseProcess({ stat, status }: ProcessFiles, { bootedAt, users }: ProcessSurroundings): ProcessReading {
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const open = stat.indexOf('(')
  const close = stat.lastIndexOf(')')
  const fields = stat.slice(close + 2).split(' ')
  // Numbered as in proc(5), where the state, the first one after the name, is field 3.
  const field = (number: number): number => Number(fields[number - 3] ?? 0)
  const state = fields[0] ?? '?'
  const table = procTable(status)
  const uid = table.get('Uid') ?? 0
  return {
    row: {
      pid: Number(stat.slice(0, open)),
      name: stat.slice(open + 1, close),
      user: users.get(uid) ?? String(uid),
      state: STATES.get(state) ?? state,
      memoryBytes: table.get('VmRSS') ?? 0,
      threads: field(20),
      startedAt: new Date(Math.round(bootedAt + (field(22) / TICKS_PER_SECOND) * 1000)),
    },
    ticks: field(14) + field(15),
  }
}

/** User names by id, from the text of `/etc/passwd`. */
export function parseUserNames(passwd: string): ReadonlyMap<number, string> {
  return new Map(
    passwd
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length > 2)
      .map((fields) => [Number(fields[2]), fields[0] ?? '']),
  )
}
