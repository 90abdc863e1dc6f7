import { createVirtualClock } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { EndedIds } from './ended-ids.ts'

test('keeps ids for a minute, and ten thousand of them', () => {
  const clock = createVirtualClock()
  const ended = new EndedIds(clock)
  for (let n = 0; n < 10_000; n += 1) ended.add(`id ${n}`)
  expect([ended.size, ended.has('id 0')]).toEqual([10_000, true])
  ended.add('one more')
  expect([ended.size, ended.has('id 0'), ended.has('id 1'), ended.has('one more')]).toEqual([10_000, false, true, true])
  clock.advance(59_999)
  expect(ended.has('one more')).toBe(true)
  clock.advance(1)
  expect(ended.has('one more')).toBe(false)
  ended.add('next')
  expect(ended.size).toBe(1)
})
