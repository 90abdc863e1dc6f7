import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StallWatch, watchProcessor } from './stall-watch.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const NEVER = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)

/** A process whose timers fire each millisecond, unless it stands still. */
function setUp(onProcessor: SharedArrayBuffer = NEVER) {
  let now = 1000
  const watch = new StallWatch(onProcessor, () => now)
  return {
    watch,
    pass: (ms: number): void => {
      for (let n = 0; n < ms; n++) {
        now += 1
        vi.advanceTimersByTime(1)
      }
    },
    standStill: (ms: number): void => {
      now += ms
    },
  }
}

test('a process that goes on was not held up', () => {
  const { watch, pass } = setUp()
  pass(100)
  expect(watch.stalledSince(1000)).toBe(false)
  watch.stop()
})

test('three milliseconds are a timer that is late, and more are a stall', () => {
  const { watch, pass, standStill } = setUp()
  standStill(4)
  expect(watch.stalledSince(1000)).toBe(false)
  pass(1)
  standStill(5)
  // Before any timer tells.
  expect(watch.stalledSince(1004)).toBe(true)
  watch.stop()
})

test('what began behind a stall is not touched by it', () => {
  const { watch, pass, standStill } = setUp()
  standStill(50)
  pass(10)
  expect([watch.stalledSince(1049), watch.stalledSince(1051)]).toEqual([true, false])
  watch.stop()
})

test('a stall of the processor of the server counts as one of its own', () => {
  const onProcessor = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  const { watch } = setUp(onProcessor)
  expect(watch.stalledSince(999)).toBe(false)
  new Float64Array(onProcessor)[0] = performance.timeOrigin + 1000
  expect([watch.stalledSince(999), watch.stalledSince(1001)]).toEqual([true, false])
  watch.stop()
})

test('says nothing of a processor that it may not watch', async () => {
  const stalledAt = await watchProcessor(4095)
  expect(new Float64Array(stalledAt)[0]).toBe(0)
})
