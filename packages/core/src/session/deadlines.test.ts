import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Deadline, Deadlines } from './deadlines.ts'

function takeAll(deadlines: Deadlines, now: number): number[] {
  const ids: number[] = []
  for (let id = deadlines.takeDue(now); id !== undefined; id = deadlines.takeDue(now)) ids.push(id)
  return ids
}

describe('deadlines', () => {
  test('pass at their moment, not before', () => {
    const deadlines = new Deadlines()
    deadlines.add(10, 1)
    expect(deadlines.next()).toBe(10)
    expect(deadlines.takeDue(9)).toBeUndefined()
    expect(deadlines.takeDue(10)).toBe(1)
    expect(deadlines.next()).toBeUndefined()
  })

  test('may be cancelled, also twice and after they passed', () => {
    const deadlines = new Deadlines()
    const first = deadlines.add(10, 1)
    const second = deadlines.add(20, 2)
    deadlines.cancel(first)
    deadlines.cancel(first)
    expect(deadlines.next()).toBe(20)
    expect(deadlines.takeDue(20)).toBe(2)
    deadlines.cancel(second)
    deadlines.cancel(undefined)
    expect(deadlines.next()).toBeUndefined()
  })

  test('come in order of time, whatever is cancelled in between', () => {
    const step = fc.record({ at: fc.nat(50), cancel: fc.option(fc.nat(200), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const deadlines = new Deadlines()
        const armed = new Map<number, Deadline>()
        for (const [id, { at, cancel }] of steps.entries()) {
          armed.set(id, deadlines.add(at, id))
          const victim = cancel === undefined ? undefined : armed.get(cancel)
          deadlines.cancel(victim)
          if (victim !== undefined) armed.delete(victim.id)
        }
        const taken = takeAll(deadlines, 50)
        expect(taken.toSorted((a, b) => a - b)).toEqual([...armed.keys()].toSorted((a, b) => a - b))
        const moments = taken.map((id) => steps[id]?.at ?? Number.NaN)
        expect(moments).toEqual(moments.toSorted((a, b) => a - b))
      }),
    )
  })

  test('keep no memory of many that were cancelled long before they come up', () => {
    const deadlines = new Deadlines()
    deadlines.add(1_000_000, 0)
    for (let id = 1; id <= 10_000; id += 1) deadlines.cancel(deadlines.add(500_000, id))
    expect(deadlines.size).toBeLessThan(200)
  })
})
