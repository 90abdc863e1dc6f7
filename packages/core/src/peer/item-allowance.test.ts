import { expect, test } from 'vitest'
import {
  BYTES_PER_ITEM,
  ITEM_BYTES_PER_TURN,
  ITEM_MS_PER_TURN,
  ItemAllowance,
  MOST_SHARES,
  STREAMS_PER_TURN,
} from './item-allowance.ts'

function setUp() {
  let now = 1000
  return {
    allowance: new ItemAllowance({ now: () => now }),
    pass: (ms: number): void => {
      now += ms
    },
  }
}

test('items of one turn are bounded by their bytes: below the limit and at it', () => {
  const { allowance } = setUp()
  const most = ITEM_BYTES_PER_TURN - BYTES_PER_ITEM
  expect(allowance.leaves(1, most - 1)).toBe(true)
  expect(allowance.leaves(1, most)).toBe(false)
  allowance.spend(1, most)
  expect(allowance.leaves(0, 0)).toBe(false)
  allowance.renew()
  expect(allowance.leaves(1, 0)).toBe(true)
})

test('and by the time that they take, from the first of them on: below the limit and at it', () => {
  const { allowance, pass } = setUp()
  expect(allowance.leaves(0, 0)).toBe(true)
  // A source that takes its time spends none of the turn.
  pass(60_000)
  expect(allowance.leaves(1, 10)).toBe(true)
  pass(ITEM_MS_PER_TURN * 0.9)
  expect(allowance.leaves(2, 20)).toBe(true)
  pass(ITEM_MS_PER_TURN * 0.1)
  expect(allowance.leaves(3, 30)).toBe(false)
  allowance.spend(3, 30)
  expect(allowance.leaves(0, 0)).toBe(false)
  allowance.renew()
  expect(allowance.leaves(0, 0)).toBe(true)
})

test('admits so many streams to one turn, and those again', () => {
  const { allowance } = setUp()
  const ids = Array.from({ length: STREAMS_PER_TURN + 1 }, (_, id) => id)
  expect(ids.map((id) => allowance.admits(id))).toEqual([...ids.slice(1).map(() => true), false])
  expect([allowance.admits(0), allowance.admits(STREAMS_PER_TURN)]).toEqual([true, false])
  allowance.renew()
  expect(allowance.admits(STREAMS_PER_TURN)).toBe(true)
})

test('of many that were put off so many are told of in one turn, those that have waited for longest first', () => {
  const { allowance } = setUp()
  const ids = Array.from({ length: STREAMS_PER_TURN + 2 }, (_, id) => id)
  for (const id of ids) allowance.putOff(id)
  expect(allowance.takePutOff()).toEqual(ids.slice(0, STREAMS_PER_TURN))
  allowance.putOff(0)
  expect(allowance.takePutOff()).toEqual([...ids.slice(STREAMS_PER_TURN), 0])
  expect(allowance.hasPutOff).toBe(false)
})

test('streams that were put off are told of once', () => {
  const { allowance } = setUp()
  expect(allowance.hasPutOff).toBe(false)
  for (const id of [1, 3, 1]) allowance.putOff(id)
  expect(allowance.hasPutOff).toBe(true)
  expect(allowance.takePutOff()).toEqual([1, 3])
  expect(allowance.takePutOff()).toEqual([])
})

test('whoever was put off goes on where that took no time, so many times in a turn of the event loop', () => {
  const { allowance } = setUp()
  for (let shares = 1; shares <= MOST_SHARES; shares += 1) {
    expect(allowance.isWhole).toBe(true)
    allowance.spend(1, 10)
    allowance.leaves(0, 0)
    allowance.putOff(3)
    allowance.messageLeft()
  }
  expect(allowance.isWhole).toBe(false)
  allowance.renew()
  expect(allowance.isWhole).toBe(true)
})

test('and waits for another one where it did', () => {
  const { allowance, pass } = setUp()
  allowance.admits(1)
  expect(allowance.isWhole).toBe(false)
  allowance.spend(1, 10)
  allowance.leaves(0, 0)
  pass(ITEM_MS_PER_TURN)
  allowance.messageLeft()
  // Nobody was.
  expect(allowance.isWhole).toBe(true)
  allowance.spend(1, 10)
  allowance.leaves(0, 0)
  pass(ITEM_MS_PER_TURN)
  allowance.putOff(3)
  allowance.messageLeft()
  expect(allowance.isWhole).toBe(false)
  allowance.renew()
  expect(allowance.isWhole).toBe(true)
  expect(allowance.takePutOff()).toEqual([3])
})
