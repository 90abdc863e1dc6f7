import { readdir, readFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import type { ProcessColumn, ProcessRow } from '../api.ts'
import { procTable, procText } from './proc-text.ts'

/** Clock ticks per second in /proc: fixed to 100 for programs on every Linux architecture. */
const TICKS_PER_SECOND = 100

export interface ProcessQuery {
  readonly sort: ProcessColumn
  readonly descending: boolean
  readonly search: string
  readonly limit: number
}

export interface ProcessPage {
  readonly total: number
  readonly matching: number
  readonly rows: ProcessRow[]
}

interface Reading {
  readonly row: Omit<ProcessRow, 'cpu'>
  readonly ticks: number
}

/** The process table, with each process's share of a core between two looks. */
export class ProcessTable {
  #ticks = new Map<number, number>()
  #lookedAt = Date.now()
  #rows: ProcessRow[] = []
  #looking: Promise<void> | undefined

  async page(query: ProcessQuery): Promise<ProcessPage> {
    await this.#look()
    const needle = query.search.trim().toLowerCase()
    const matching = this.#rows.filter(
      (row) =>
        needle === '' ||
        row.name.toLowerCase().includes(needle) ||
        row.user.toLowerCase().includes(needle) ||
        String(row.pid) === needle,
    )
    const sign = query.descending ? -1 : 1
    matching.sort((a, b) => sign * compare(a[query.sort], b[query.sort]) || a.pid - b.pid)
    return { total: this.#rows.length, matching: matching.length, rows: matching.slice(0, query.limit) }
  }

  /** At most two looks a second, whoever asks: shares of a shorter time would be noise. */
  async #look(): Promise<void> {
    if (this.#rows.length > 0 && Date.now() - this.#lookedAt < 500) return
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined
    })
    await this.#looking
  }

  async #read(): Promise<void> {
    const now = Date.now()
    const seconds = Math.max((now - this.#lookedAt) / 1000, 0.001)
    const users = await userNames()
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
    const readings = (await Promise.all(pids.map((pid) => readProcess(pid, now, users)))).filter((r) => r !== undefined)
    this.#rows = readings.map(({ row, ticks }) => {
      const before = this.#ticks.get(row.pid) ?? ticks
      return { ...row, cpu: Math.max(0, ticks - before) / TICKS_PER_SECOND / seconds }
    })
    this.#ticks = new Map(readings.map(({ row, ticks }) => [row.pid, ticks]))
    this.#lookedAt = now
  }
}

function compare(a: ProcessRow[ProcessColumn], b: ProcessRow[ProcessColumn]): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b)
  return Number(a) - Number(b)
}

async function readProcess(pid: number, now: number, users: ReadonlyMap<number, string>): Promise<Reading | undefined> {
  const [stat, status] = await Promise.all([procText(`${String(pid)}/stat`), procText(`${String(pid)}/status`)])
  // A process may end between the listing and the reading.
  if (stat === undefined || status === undefined) return undefined
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const open = stat.indexOf('(')
  const close = stat.lastIndexOf(')')
  const fields = stat.slice(close + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3] ?? 0)
  const table = procTable(status)
  const uid = table.get('Uid') ?? 0
  const startedBeforeMs = uptime() * 1000 - (field(22) / TICKS_PER_SECOND) * 1000
  return {
    row: {
      pid,
      name: stat.slice(open + 1, close),
      user: users.get(uid) ?? String(uid),
      state: stateName(fields[0] ?? '?'),
      memoryBytes: table.get('VmRSS') ?? 0,
      threads: field(20),
      startedAt: new Date(Math.round(now - startedBeforeMs)),
    },
    ticks: field(14) + field(15),
  }
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

function stateName(letter: string): string {
  return STATES.get(letter) ?? letter
}

async function userNames(): Promise<ReadonlyMap<number, string>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length > 2)
      .map((fields) => [Number(fields[2]), fields[0] ?? '']),
  )
}
