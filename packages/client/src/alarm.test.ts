import type { Clock } from '@tautline/core/io'
import { createVirtualClock } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { Alarm } from './alarm.ts'

function setUp() {
  const clock = createVirtualClock()
  const rang: number[] = []
  const timers: number[] = []
  const noted: Clock = {
    now: () => clock.now(),
    schedule(at, task) {
      timers.push(at)
      return clock.schedule(at, task)
    },
    defer: (task) => clock.defer(task),
  }
  const alarm = new Alarm(noted, () => void rang.push(clock.now()))
  return { clock, rang, timers, alarm }
}

test('rings once, at its time and not before', () => {
  const { clock, rang, alarm } = setUp()
  alarm.set(100)
  clock.advance(99)
  expect(rang).toEqual([])
  clock.advance(1)
  clock.advance(1000)
  expect(rang).toEqual([100])
})

test('rings at the latest time that was set, whichever is sooner', () => {
  const { clock, rang, alarm } = setUp()
  alarm.set(100)
  alarm.set(300)
  alarm.set(200)
  clock.advance(1000)
  expect(rang).toEqual([200])
})

test('keeps its one timer where it is set to the same again, and none where it is set to nothing', () => {
  const { clock, rang, timers, alarm } = setUp()
  alarm.set(100)
  alarm.set(100)
  expect([timers, clock.pending]).toEqual([[100], 1])
  alarm.set(undefined)
  alarm.set(undefined)
  expect(clock.pending).toBe(0)
  clock.advance(1000)
  expect(rang).toEqual([])
})

test('can be set again when it has rung, also to the same moment and by whoever it rings for', () => {
  const clock = createVirtualClock()
  const rang: number[] = []
  const alarm = new Alarm(clock, () => {
    if (rang.push(clock.now()) < 3) alarm.set(100)
  })
  alarm.set(100)
  clock.advance(100)
  expect(rang).toEqual([100, 100, 100])
  expect(clock.pending).toBe(0)
})
