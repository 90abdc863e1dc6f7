import { describe, expect, test } from 'vitest'
import { type Counters, parseMemory, parseNetwork, ratesBetween } from './counters.ts'

const NETWORK = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    5000      50    0    0    0     0          0         0     5000      50    0    0    0     0       0          0
  eth0: 1000000     900    0    0    0     0          0         0   200000     800    0    0    0     0       0          0
 wlan0:     300       3    0    0    0     0          0         0       20       1    0    0    0     0       0          0
`

const MEMORY = `MemTotal:       24651308 kB
MemFree:        20000000 kB
MemAvailable:   22651308 kB
Buffers:             100 kB
Cached:              900 kB
SwapTotal:          5000 kB
SwapFree:           4000 kB
HugePages_Total:       3
`

test('network counters add up over the interfaces, loopback apart', () => {
  expect(parseNetwork(NETWORK)).toEqual({ received: 1_000_300, sent: 200_020, loopback: 5000 })
  expect(parseNetwork('')).toEqual({ received: 0, sent: 0, loopback: 0 })
})

test('memory is what is not available, in bytes', () => {
  expect(parseMemory(MEMORY)).toEqual({
    usedBytes: 2_000_000 * 1024,
    cachedBytes: 1000 * 1024,
    totalBytes: 24_651_308 * 1024,
    swapUsedBytes: 1000 * 1024,
  })
})

describe('between two readings', () => {
  const before: Counters = {
    at: 10_000,
    cores: [
      { busy: 100, all: 1000 },
      { busy: 50, all: 1000 },
    ],
    network: { received: 1000, sent: 100, loopback: 10 },
  }
  const reading = (changes: Partial<Counters>): Counters => ({ ...before, at: 12_000, ...changes })

  test('shares and rates are of the time that has passed', () => {
    const now = reading({
      cores: [
        { busy: 150, all: 1200 },
        { busy: 250, all: 1200 },
      ],
      network: { received: 3000, sent: 100, loopback: 11 },
    })
    expect(ratesBetween(before, now)).toEqual({
      cores: [0.25, 1],
      network: { receivedPerSecond: 1000, sentPerSecond: 0, loopbackPerSecond: 0.5 },
    })
  })

  test('counters that stand still or go back give nothing', () => {
    const now = reading({ cores: [{ busy: 0, all: 10 }], network: { received: 0, sent: 0, loopback: 0 } })
    expect(ratesBetween(before, now)).toEqual({
      cores: [0],
      network: { receivedPerSecond: 0, sentPerSecond: 0, loopbackPerSecond: 0 },
    })
    expect(ratesBetween(before, reading({})).cores).toEqual([0, 0])
  })

  test('a core that appears is judged by all it has done', () => {
    const now = reading({ cores: [...before.cores, { busy: 30, all: 40 }] })
    expect(ratesBetween(before, now).cores).toEqual([0, 0, 0.75])
  })
})
