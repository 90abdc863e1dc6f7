import { describe, expect, test } from 'vitest'
import { type ProcessColumn, type ProcessRow, processColumns } from '../api.ts'
import { type ProcessQuery, pageOf } from './process-table.ts'

function row(pid: number, name: string, rest: Partial<ProcessRow> = {}): ProcessRow {
  const startedAt = new Date(Date.UTC(2030, 0, 1) + pid)
  return { pid, name, user: 'ada', state: 'sleeping', cpu: 0, memoryBytes: 0, threads: 1, startedAt, ...rest }
}

const rows = [
  row(7, 'deno', { cpu: 0.5, memoryBytes: 300, threads: 9 }),
  row(12, 'bun', { cpu: 1.5, memoryBytes: 100, threads: 4, user: 'root' }),
  row(121, 'Chromium', { cpu: 0.1, memoryBytes: 900, threads: 30, startedAt: new Date(0) }),
]

function pids(question: Partial<ProcessQuery>): number[] {
  const query: ProcessQuery = { sort: 'pid', descending: false, search: '', limit: 10, ...question }
  return pageOf(rows, query).rows.map(({ pid }) => pid)
}

describe('a page of the process table', () => {
  const ascending: Record<ProcessColumn, number[]> = {
    cpu: [121, 7, 12],
    memoryBytes: [12, 7, 121],
    pid: [7, 12, 121],
    name: [12, 121, 7],
    user: [121, 7, 12],
    threads: [12, 7, 121],
    startedAt: [121, 7, 12],
  }

  test.each(processColumns)('is sorted by %s', (sort) => {
    expect(pids({ sort })).toEqual(ascending[sort])
  })

  test('is sorted downwards, and equal rows keep the larger first', () => {
    expect(pids({ sort: 'cpu', descending: true })).toEqual([12, 7, 121])
    expect(pids({ sort: 'user', descending: true })).toEqual([12, 121, 7])
  })

  test.each([
    [' chrom ', [121]],
    ['ROOT', [12]],
    ['12', [12]],
    ['nothing', []],
  ])('is searched for "%s" in names and users, and by whole pids', (search, found) => {
    expect(pids({ search })).toEqual(found)
  })

  test('is cut, and counts what it leaves out', () => {
    const page = pageOf(rows, { sort: 'pid', descending: false, search: 'ada', limit: 1 })
    expect(page).toMatchObject({ total: 3, matching: 2, rows: [{ pid: 7 }] })
  })
})
