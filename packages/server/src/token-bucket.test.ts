import { describe, expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

const rate = { perSecond: 10, burst: 20 }

describe('a token bucket', () => {
  test('lets a burst through, and not one more', () => {
    const bucket = new TokenBucket(rate, 0)
    const taken = Array.from({ length: 21 }, () => bucket.take(1, 0))
    expect(taken).toEqual([...Array<boolean>(20).fill(true), false])
  })

  test('takes nothing where there is not enough', () => {
    const bucket = new TokenBucket(rate, 0)
    expect([bucket.take(21, 0), bucket.left]).toEqual([false, 20])
  })

  test('is filled again at its rate', () => {
    const bucket = new TokenBucket(rate, 1000)
    bucket.take(20, 1000)
    expect([bucket.take(1, 1099), bucket.take(1, 1100), bucket.take(1, 1100)]).toEqual([false, true, false])
  })

  test('holds no more than a burst, however long nothing comes', () => {
    const bucket = new TokenBucket(rate, 0)
    bucket.take(20, 0)
    expect([bucket.fill(1_000_000), bucket.isFull(1_000_000)]).toEqual([20, true])
  })

  test('goes into debt where that is asked for, and says how long it takes to get out', () => {
    const bucket = new TokenBucket(rate, 0)
    expect([bucket.spend(20), bucket.spend(5), bucket.left]).toEqual([true, false, -5])
    expect([bucket.msUntil(0, 0), bucket.msUntil(0, 500), bucket.msUntil(5, 500)]).toEqual([500, 0, 500])
    expect(bucket.msUntil(1000, 500)).toBe(2000)
  })

  test('lets through two bursts at most beside its rate, for it is filled when somebody looks', () => {
    const bucket = new TokenBucket(rate, 0)
    let through = 0
    while (bucket.take(1, 60_000)) through += 1
    expect(through).toBe(40)
  })

  test('does not mind a clock that stands or goes back', () => {
    const bucket = new TokenBucket(rate, 1000)
    bucket.take(20, 1000)
    expect([bucket.fill(1000), bucket.fill(900)]).toEqual([0, 0])
  })

  test('without a limit is never empty', () => {
    const bucket = new TokenBucket({ perSecond: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY }, 0)
    expect([bucket.spend(1e12), bucket.take(1e12, 5), bucket.fill(5), bucket.msUntil(1e12, 5)]).toEqual([
      true,
      true,
      Number.POSITIVE_INFINITY,
      0,
    ])
  })
})
