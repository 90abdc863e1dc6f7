import { describe, expect, test } from 'vitest'
import { FailureList } from './failure-list.ts'
import { Latencies } from './latencies.ts'
import { leftOver } from './resources.ts'
import { createSaboteur } from './sabotage.ts'
import { checkTallies } from './tally-check.ts'

describe('checkTallies', () => {
  const expectations = [{ slot: 3, answered: 5, unknown: 2 }]
  const check = (ran: number) => checkTallies(expectations, new Map([[3, ran]]))

  test('allows every run that was answered, and those whose outcome nobody knows', () => {
    expect([...check(5), ...check(7)]).toEqual([])
  })

  test('finds one that was answered and did not run, and one that ran twice', () => {
    expect(check(4)).toEqual(['the calls of client 3 ran 4 times in place of 5 to 7'])
    expect(check(8)).toEqual(['the calls of client 3 ran 8 times in place of 5 to 7'])
  })
})

describe('leftOver', () => {
  test('finds what there is more of than before, and passes over the pipes it is asked through', () => {
    const before = { TCPServerWrap: 1, PipeWrap: 2 }
    expect(leftOver(before, { TCPServerWrap: 1, PipeWrap: 3 })).toEqual([])
    expect(leftOver(before, { TCPServerWrap: 1, Timeout: 2 })).toEqual(['2 of Timeout, where 0 were before'])
  })
})

describe('FailureList', () => {
  test('tells those that differ in numbers once', () => {
    const failures = new FailureList()
    for (const failure of ['item: 3 in place of 2', 'a crash', 'item: 9 in place of 8']) failures.add(failure)
    expect(failures.list()).toEqual(['item: 3 in place of 2 (and 1 more)', 'a crash'])
  })
})

describe('Latencies', () => {
  test('tells of those since it was asked last', () => {
    const latencies = new Latencies()
    for (let ms = 1; ms <= 200; ms++) latencies.add(ms)
    expect(latencies.take()).toEqual({ count: 200, p50Ms: 101, p99Ms: 199 })
    expect(latencies.take()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0 })
  })
})

describe('createSaboteur', () => {
  test('does only what was chosen', () => {
    const strikes = createSaboteur(['hole'])
    const struck = Array.from({ length: 100 }, () => [strikes('hole'), strikes('timer')])
    expect(struck.filter(([hole]) => hole)).toHaveLength(10)
    expect(struck.filter(([, timer]) => timer)).toHaveLength(0)
  })
})
