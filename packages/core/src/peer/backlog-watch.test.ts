import { expect, test } from 'vitest'
import { BacklogWatch } from './backlog-watch.ts'

const LIMITS = { watchedBytes: 1000, stalledMs: 15_000, maxBytes: 16_000 }

const at = (ms: number): { readonly now: () => number } => ({ now: () => ms })

test('does not watch a backlog up to the mark', () => {
  const watch = new BacklogWatch(LIMITS)
  expect(watch.isTooSlow(5000, 1000, at(0))).toBe(false)
  expect(watch.nextCheckAt).toBeUndefined()
  expect(watch.isTooSlow(5000, 1001, at(0))).toBe(false)
  expect(watch.nextCheckAt).toBe(1000)
})

test('does not look at the clock while there is nothing to watch', () => {
  const clock = {
    now(): never {
      throw new Error('looked at')
    },
  }
  expect(new BacklogWatch(LIMITS).isTooSlow(5000, 1000, clock)).toBe(false)
  expect(() => new BacklogWatch(LIMITS).isTooSlow(5000, 1001, clock)).toThrow('looked at')
})

test('gives up a peer after the stated time without progress, and not before', () => {
  const watch = new BacklogWatch(LIMITS)
  watch.isTooSlow(5000, 2000, at(0))
  expect(watch.isTooSlow(5000, 2000, at(14_999))).toBe(false)
  expect(watch.isTooSlow(5000, 2000, at(15_000))).toBe(true)
})

test('is patient with a peer that reads slowly while more is sent', () => {
  const watch = new BacklogWatch(LIMITS)
  let sentBytes = 5000
  for (let now = 0; now < 600_000; now += 10_000) {
    // One byte of progress in each step, and a backlog that grows.
    sentBytes += 101
    expect(watch.isTooSlow(sentBytes, 2000 + now / 100, at(now))).toBe(false)
  }
})

test('does not take more sending for progress', () => {
  const watch = new BacklogWatch(LIMITS)
  watch.isTooSlow(5000, 2000, at(0))
  watch.isTooSlow(9000, 6000, at(10_000))
  expect(watch.isTooSlow(9000, 6000, at(15_000))).toBe(true)
})

test('starts anew after the backlog went down', () => {
  const watch = new BacklogWatch(LIMITS)
  watch.isTooSlow(5000, 2000, at(0))
  watch.isTooSlow(5000, 500, at(14_000))
  expect(watch.nextCheckAt).toBeUndefined()
  watch.isTooSlow(9000, 4500, at(20_000))
  expect(watch.isTooSlow(9000, 4500, at(34_999))).toBe(false)
})

test('gives up a peer at once above the hard limit, and not at it', () => {
  const watch = new BacklogWatch(LIMITS)
  expect(watch.isTooSlow(20_000, 16_000, at(0))).toBe(false)
  expect(watch.isTooSlow(20_001, 16_001, at(0))).toBe(true)
})

test('tells whether bytes that had to wait have gone', () => {
  const watch = new BacklogWatch(LIMITS)
  expect(watch.hasMoved(5000, 2000)).toBe(true)
  expect(watch.hasMoved(9000, 6000)).toBe(false)
  expect(watch.hasMoved(9000, 5999)).toBe(true)
  // Nothing has to wait: buffers of the system took it, whoever reads them.
  expect(watch.hasMoved(9000, 0)).toBe(false)
})
