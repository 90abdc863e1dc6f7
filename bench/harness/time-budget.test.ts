import { expect, test } from 'vitest'
import { createTimeBudget } from './time-budget.ts'

function budgetOf(totalMs: number) {
  let now = 1_000
  return {
    budget: createTimeBudget(totalMs, () => now),
    advance: (ms: number) => {
      now += ms
    },
  }
}

test('a scenario has an equal share of what is left, about half of it for getting ready', () => {
  const { budget, advance } = budgetOf(1_000)
  const first = budget.next(2)
  expect(first.mayPrepare()).toBe(true)
  advance(275)
  expect(first.mayPrepare()).toBe(false)
  expect(first.mayRepeat()).toBe(true)
  advance(225)
  expect(first.mayRepeat()).toBe(false)
  expect(first.isOver()).toBe(false)
})

test('what one scenario has taken too much the others have less, until all is over', () => {
  const { budget, advance } = budgetOf(1_000)
  budget.next(3)
  advance(800)
  const second = budget.next(2)
  advance(99)
  expect(second.mayRepeat()).toBe(true)
  advance(1)
  expect(second.mayRepeat()).toBe(false)
  advance(100)
  expect(second.isOver()).toBe(true)
  expect(budget.next(1).mayPrepare()).toBe(false)
})

test('without an end there is always time', () => {
  const { budget, advance } = budgetOf(Number.POSITIVE_INFINITY)
  const time = budget.next(3)
  advance(1e9)
  expect([time.mayPrepare(), time.mayRepeat(), time.isOver()]).toEqual([true, true, false])
})
