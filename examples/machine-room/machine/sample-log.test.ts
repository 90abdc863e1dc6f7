import { describe, expect, test } from 'vitest'
import type { Sample } from '../api.ts'
import { SampleLog } from './sample-log.ts'

function sample(time: number): Sample {
  return {
    at: new Date(time),
    cores: [],
    memory: { usedBytes: 0, cachedBytes: 0, totalBytes: 0, swapUsedBytes: 0 },
    load: [0, 0, 0],
    network: { receivedPerSecond: 0, sentPerSecond: 0, loopbackPerSecond: 0 },
  }
}

function logOf(capacity: number, ...times: number[]): SampleLog {
  const log = new SampleLog(capacity)
  for (const time of times) log.append(sample(time))
  return log
}

const never = new AbortController().signal

async function next(reader: AsyncGenerator<Sample, void, undefined>): Promise<number | undefined> {
  const { value } = await reader.next()
  return value?.at.getTime()
}

describe('a reader', () => {
  test('gets what is kept and later than its time, then follows', async () => {
    const log = logOf(10, 1, 2, 3)
    const reader = log.after(1, never)
    expect(await next(reader)).toBe(2)
    expect(await next(reader)).toBe(3)
    const waiting = next(reader)
    log.append(sample(4))
    expect(await waiting).toBe(4)
  })

  test('reads at its own pace beside others', async () => {
    const log = logOf(10, 1)
    const [early, late] = [log.after(0, never), log.after(0, never)]
    expect(await next(early)).toBe(1)
    const waiting = next(early)
    log.append(sample(2))
    expect(await waiting).toBe(2)
    expect([await next(late), await next(late)]).toEqual([1, 2])
  })

  test('that is slower than the log goes on with the oldest kept', async () => {
    const log = logOf(2, 1)
    const reader = log.after(0, never)
    expect(await next(reader)).toBe(1)
    for (const time of [2, 3, 4]) log.append(sample(time))
    expect(await next(reader)).toBe(3)
  })

  test('ends when it is aborted, also while it waits', async () => {
    const log = logOf(10, 1)
    const stop = new AbortController()
    const reader = log.after(1, stop.signal)
    const waiting = reader.next()
    stop.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await log.after(0, stop.signal).next()).toEqual({ done: true, value: undefined })
  })
})

describe('coming back', () => {
  test('is without a gap as long as the sample it stopped at is kept', () => {
    const log = logOf(3, 1, 2, 3)
    expect(log.reachesBackTo(1)).toBe(true)
    log.append(sample(4))
    expect(log.reachesBackTo(1)).toBe(false)
    expect(log.reachesBackTo(2)).toBe(true)
  })

  test('to a log that has just begun is a gap', () => {
    expect(logOf(3).reachesBackTo(1)).toBe(false)
    expect(logOf(3, 5).reachesBackTo(4)).toBe(false)
  })
})
