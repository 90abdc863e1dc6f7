import { describe, expect, test } from 'vitest'
import { EventOrder } from './event-order.ts'

/** @param steps serials, and where a gap is told */
function faults(...steps: readonly (number | 'gap')[]): readonly string[] {
  const order = new EventOrder()
  return steps.flatMap((step) => {
    if (step !== 'gap') return order.event(step) ?? []
    order.gap()
    return []
  })
}

describe('EventOrder', () => {
  test('begins anywhere and counts up by one', () => {
    expect(faults(7, 8, 9)).toEqual([])
  })

  test('allows a hole that was told of before or right behind it', () => {
    expect(faults(7, 'gap', 12, 13)).toEqual([])
    expect(faults(7, 12, 'gap', 13)).toEqual([])
  })

  test('finds a hole nobody was told of, once the next event is there', () => {
    expect(faults(7, 12, 13)).toEqual(['event 12 came behind 7, and nobody was told'])
  })

  test('finds what comes again and what comes late', () => {
    expect(faults(7, 7)).toEqual(['event 7 came behind 7'])
    expect(faults(7, 8, 6)).toEqual(['event 6 came behind 8'])
  })
})
