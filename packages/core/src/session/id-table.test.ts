import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdTable } from './id-table.ts'

test('does what a Map does, whatever comes and goes', () => {
  // Few ids that grow far: many find their place taken.
  const step = fc.record({
    what: fc.constantFrom('add', 'delete', 'get'),
    id: fc.nat({ max: 4_000 }).map((n) => 2 * n + 1),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), (steps) => {
      const table = new IdTable<string>()
      const map = new Map<number, string>()
      for (const { what, id } of steps) {
        if (what === 'add' && !map.has(id)) {
          table.add(id, `v${id}`)
          map.set(id, `v${id}`)
        }
        const deleted = what === 'delete' && [table.delete(id), map.delete(id)]
        expect(new Set(deleted || []).size).toBeLessThan(2)
        expect(table.get(id)).toBe(map.get(id))
        expect(table.has(id)).toBe(map.has(id))
        expect(table.size).toBe(map.size)
      }
      expect(table.entries()).toEqual([...map].sort(([a], [b]) => a - b))
    }),
    { numRuns: 30 },
  )
})

test('holds more at once than it has places, each under its id', () => {
  const table = new IdTable<number>()
  for (let id = 2; id <= 4_000; id += 2) table.add(id, id)
  expect(table.size).toBe(2_000)
  for (let id = 2; id <= 4_000; id += 2) expect(table.get(id)).toBe(id)
  expect(table.get(4_002)).toBeUndefined()
  table.clear()
  expect([table.size, table.get(2), table.entries()]).toEqual([0, undefined, []])
})

test('one that stays gives way to nobody, and nobody to it', () => {
  const table = new IdTable<string>()
  table.add(1, 'stays')
  for (let id = 3; id < 20_001; id += 2) {
    table.add(id, 'passes')
    expect(table.delete(id)).toBe(true)
  }
  expect(table.entries()).toEqual([[1, 'stays']])
})

test('what was never added is not there to be taken away', () => {
  const table = new IdTable<string>()
  expect([table.delete(0), table.delete(1), table.has(0)]).toEqual([false, false, false])
  table.add(1, 'one')
  expect([table.delete(0), table.delete(3), table.size]).toEqual([false, false, 1])
})
