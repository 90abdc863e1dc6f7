// <runtime> scan-cost.ts: what it costs to refuse the messages that kill unguarded decoders. One JSON line.
import process from 'node:process'
import { DEFAULT_LIMITS, decodeBody, decodeEnvelope, type Limits } from '@tautline/core/protocol'

export interface ScanCost {
  readonly name: string
  /** Time of one refusal: the median of many. */
  readonly ms: number
  /** Growth of the process by one refusal: that by many, divided. */
  readonly rssBytes: number
}

const REPETITIONS = 51

/** `[1, 1, 0]`, a body of one frame, CALL 1 of `a` with an input to come. */
const START = [0x93, 1, 1, 0, 0x91, 0x94, 1, 1, 0xa1, 0x61]

function message(repeated: readonly number[], times: number): Uint8Array {
  const bytes = new Uint8Array(START.length + repeated.length * times)
  bytes.set(START)
  for (let i = 0; i < times; i++) bytes.set(repeated, START.length + i * repeated.length)
  return bytes
}

const bombs: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['100 bytes: 20 nested arrays of 10,000,000', message([0xdd, 0x00, 0x98, 0x96, 0x80], 20)],
  ['an array that declares 4 G entries', message([0xdd, 0xff, 0xff, 0xff, 0xff], 1)],
  ['40 KB: 8,000 heads of arrays of 99,999', message([0xdd, 0x00, 0x01, 0x86, 0x9f], 8000)],
  ['a depth of 10,000,000', message([0x91], 10_000_000)],
]

/** The size of the message is not what must save us. */
const limits: Limits = { ...DEFAULT_LIMITS, messageBytes: 2 ** 30, inflatedBytes: 2 ** 30 }

function refuse(bytes: Uint8Array): void {
  try {
    decodeBody(decodeEnvelope(bytes, limits).body, limits)
  } catch {
    return
  }
  throw new Error('Expected the message to be refused')
}

function measure([name, bytes]: (typeof bombs)[number]): ScanCost {
  refuse(bytes)
  const before = process.memoryUsage().rss
  const times = Array.from({ length: REPETITIONS }, () => {
    const began = performance.now()
    refuse(bytes)
    return performance.now() - began
  })
  const rssBytes = (process.memoryUsage().rss - before) / REPETITIONS
  const ms = times.toSorted((a, b) => a - b)[Math.floor(REPETITIONS / 2)] ?? Number.NaN
  return { name, ms, rssBytes }
}

console.log(JSON.stringify(bombs.map(measure)))
