import { describe, expect, test } from 'vitest'
import { RateTable } from './rate-table.ts'

describe('a table of rates', () => {
  test('holds each to its own, and says how long it has to wait', () => {
    const table = new RateTable({ perSecond: 4, burst: 2 })
    expect([table.take('a', 0), table.take('a', 0), table.take('a', 0), table.take('b', 0)]).toEqual([0, 0, 250, 0])
    expect([table.take('a', 125), table.take('a', 250)]).toEqual([125, 0])
  })

  test('forgets whom it would let through as it would anybody', () => {
    const table = new RateTable({ perSecond: 1, burst: 1 })
    for (let i = 0; i < 100; i += 1) table.take(`early ${i}`, 0)
    expect(table.size).toBe(100)
    for (let i = 0; i < 100; i += 1) table.take(`late ${i}`, 1000)
    expect(table.size).toBe(100)
    for (let i = 0; i < 100; i += 1) table.take('last', 2000 + 1000 * i)
    expect(table.size).toBe(1)
  })

  test('does not grow past its bound, and keeps those seen last', () => {
    const table = new RateTable({ perSecond: 0.001, burst: 1 }, 10)
    for (let i = 0; i < 1000; i += 1) table.take(`address ${i}`, 0)
    expect(table.size).toBeLessThanOrEqual(10)
    expect(table.take('address 999', 0)).toBeGreaterThan(0)
  })

  test('keeps nothing where there is no limit', () => {
    const none = Number.POSITIVE_INFINITY
    const table = new RateTable({ perSecond: none, burst: none })
    expect([table.take('a', 0), table.size]).toEqual([0, 0])
  })
})
