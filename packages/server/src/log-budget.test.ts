import { createVirtualClock } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { createSafeLog } from './log.ts'
import { LogBudget, type LogLine } from './log-budget.ts'

const lineOf = (message: string) => (): LogLine => ({ message, fields: { event: 'test' } })

function create() {
  const clock = createVirtualClock()
  const lines: string[] = []
  const log = { info() {}, warn: (line: string) => void lines.push(line), error() {} }
  return { clock, lines, budget: new LogBudget(log, clock) }
}

describe('a budget of lines', () => {
  test('lets twenty of a kind through in a minute, and counts the others', () => {
    const { clock, lines, budget } = create()
    for (let i = 1; i <= 20; i += 1) budget.warn('refused', lineOf(`line ${i}`))
    expect([lines.length, clock.pending]).toEqual([20, 0])
    for (let i = 21; i <= 1000; i += 1) budget.warn('refused', lineOf(`line ${i}`))
    expect(lines.at(-1)).toBe('line 20')
    clock.advance(59_999)
    expect(lines).toHaveLength(20)
    clock.advance(1)
    expect([lines.length, lines.at(-1), clock.pending]).toEqual([21, 'refused: 980 more within a minute', 0])
    budget.warn('refused', lineOf('again'))
    expect(lines.at(-1)).toBe('again')
  })

  test('keeps kinds apart', () => {
    const { lines, budget } = create()
    for (let i = 0; i < 21; i += 1) budget.warn('one', lineOf('one'))
    budget.warn('other', lineOf('other'))
    expect(lines.at(-1)).toBe('other')
    budget.close()
  })

  test('makes no line that nobody reads', () => {
    const { budget } = create()
    let made = 0
    for (let i = 0; i < 100; i += 1) budget.warn('one', () => lineOf(`${(made += 1)}`)())
    expect(made).toBe(20)
    budget.close()
  })

  test('keeps nothing for a log that nobody reads', () => {
    const clock = createVirtualClock()
    const budget = new LogBudget(createSafeLog(false), clock)
    for (let i = 0; i < 100; i += 1) budget.warn('one', () => expect.unreachable())
    expect(clock.pending).toBe(0)
  })

  test('says at its end what it has left out', () => {
    const { clock, lines, budget } = create()
    for (let i = 0; i < 22; i += 1) budget.warn('one', lineOf('line'))
    budget.close()
    expect([lines.at(-1), clock.pending]).toEqual(['one: 2 more within a minute', 0])
  })
})
