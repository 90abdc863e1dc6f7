import { readdir, readFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import type { ProcessColumn, ProcessRow } from '../api.ts'
import { procText } from './proc-text.ts'
import {
  type ProcessReading,
  type ProcessSurroundings,
  parseProcess,
  parseUserNames,
  TICKS_PER_SECOND,
} from './process-reading.ts'

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

/** The process table, with each process's share of a core between two looks. */
export class ProcessTable {
  #ticks = new Map<number, number>()
  #lookedAt = Date.now()
  #rows: ProcessRow[] = []
  #looking: Promise<void> | undefined

  async page(query: ProcessQuery): Promise<ProcessPage> {
    await this.#look()
    return pageOf(this.#rows, query)
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
    const surroundings = { bootedAt: now - uptime() * 1000, users: await userNames() }
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
    const readings = (await Promise.all(pids.map((pid) => readProcess(pid, surroundings)))).filter(
      (r) => r !== undefined,
    )
    this.#rows = readings.map(({ row, ticks }) => {
      const before = this.#ticks.get(row.pid) ?? ticks
      return { ...row, cpu: Math.max(0, ticks - before) / TICKS_PER_SECOND / seconds }
    })
    this.#ticks = new Map(readings.map(({ row, ticks }) => [row.pid, ticks]))
    this.#lookedAt = now
  }
}

/** Searches by part of a name or user, or by the whole pid. Rows that are equal by the column come with the larger first. */
export function pageOf(rows: readonly ProcessRow[], { sort, descending, search, limit }: ProcessQuery): ProcessPage {
  const needle = search.trim().toLowerCase()
  const matching = rows.filter(
    (row) =>
      needle === '' ||
      row.name.toLowerCase().includes(needle) ||
      row.user.toLowerCase().includes(needle) ||
      String(row.pid) === needle,
  )
  const sign = descending ? -1 : 1
  matching.sort((a, b) => sign * compare(a[sort], b[sort]) || b.memoryBytes - a.memoryBytes || a.pid - b.pid)
  return { total: rows.length, matching: matching.length, rows: matching.slice(0, limit) }
}

function compare(a: ProcessRow[ProcessColumn], b: ProcessRow[ProcessColumn]): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b)
  return Number(a) - Number(b)
}

async function readProcess(pid: number, surroundings: ProcessSurroundings): Promise<ProcessReading | undefined> {
  const [stat, status] = await Promise.all([procText(`${String(pid)}/stat`), procText(`${String(pid)}/status`)])
  // A process may end between the listing and the reading.
  return stat === undefined || status === undefined ? undefined : parseProcess({ stat, status }, surroundings)
}

async function userNames(): Promise<ReadonlyMap<number, string>> {
  return parseUserNames(await readFile('/etc/passwd', 'utf8').catch(() => ''))
}
