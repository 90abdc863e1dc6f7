import type { ProcessColumn, ProcessRow } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatAge, formatBytes, formatShare } from './format.ts'
import type { RoomClient } from './main.ts'

interface Column {
  readonly key: ProcessColumn
  readonly title: string
  readonly className: string
  readonly text: (row: ProcessRow) => string
}

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Name', className: 'name', text: (row) => row.name },
  { key: 'cpu', title: 'CPU', className: 'number meter', text: (row) => formatShare(row.cpu) },
  { key: 'memoryBytes', title: 'Memory', className: 'number', text: (row) => formatBytes(row.memoryBytes) },
  { key: 'pid', title: 'PID', className: 'number optional', text: (row) => String(row.pid) },
  { key: 'user', title: 'User', className: 'optional', text: (row) => row.user },
  { key: 'threads', title: 'Threads', className: 'number optional', text: (row) => String(row.threads) },
  {
    key: 'startedAt',
    title: 'Started',
    className: 'number optional',
    text: (row) => `${formatAge(Date.now() - row.startedAt.getTime())} ago`,
  },
]

const TEXT_COLUMNS: ReadonlySet<ProcessColumn> = new Set(['name', 'user'])
const REFRESH_MS = 2_000

/** A query, asked again and again: sorts and searches on the server, so that a long table never travels whole. */
export function showProcesses(client: RoomClient): void {
  const search = byId('process-search', HTMLInputElement)
  const rows = byId('process-rows', HTMLTableSectionElement)
  const count = byId('process-count', HTMLSpanElement)
  let sort: ProcessColumn = 'cpu'
  let descending = true
  let asked: AbortController | undefined

  const refresh = async (): Promise<void> => {
    // Only the newest question matters: the one before is cancelled, also on the server.
    asked?.abort()
    const question = (asked = new AbortController())
    const answer = await client.machine
      .processes({ sort, descending, search: search.value, limit: 100 }, { signal: question.signal, timeoutMs: 10_000 })
      .result()
    if (question.signal.aborted || !answer.ok) return
    const { total, matching, rows: found } = answer.value
    count.textContent = matching === total ? `${String(total)} running` : `${String(matching)} of ${String(total)}`
    rows.replaceChildren(...found.map(tableRow))
  }

  const head = byId('process-head', HTMLTableRowElement)
  const heads = COLUMNS.map((column) => {
    const cell = make('th', { className: column.className.replace(' meter', '') })
    cell.scope = 'col'
    const button = make('button', { text: column.title })
    button.type = 'button'
    button.addEventListener('click', () => {
      descending = sort === column.key ? !descending : !TEXT_COLUMNS.has(column.key)
      sort = column.key
      markSorted()
      void refresh()
    })
    cell.append(button)
    return { column, cell }
  })
  const markSorted = (): void => {
    for (const { column, cell } of heads) {
      if (column.key === sort) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
      else cell.removeAttribute('aria-sort')
    }
  }
  head.replaceChildren(...heads.map(({ cell }) => cell))
  markSorted()

  search.addEventListener('input', () => void refresh())
  void refresh()
  setInterval(() => {
    if (!document.hidden) void refresh()
  }, REFRESH_MS)
}

function tableRow(row: ProcessRow): HTMLTableRowElement {
  const line = make('tr')
  for (const column of COLUMNS) {
    const cell = make('td', { className: column.className, text: column.text(row) })
    if (column.key === 'cpu') cell.style.setProperty('--share', String(Math.min(1, row.cpu)))
    if (column.key === 'name') cell.title = `${row.name}, ${row.state}`
    line.append(cell)
  }
  return line
}
