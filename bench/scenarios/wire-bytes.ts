import { measureLoad } from '../harness/measure-load.ts'
import type { LoadOrder } from '../harness/orders.ts'
import type { Figure, Sample, Scenario } from '../harness/scenario.ts'
import type { Pair } from '../harness/stage.ts'

/** So many that what is sent once per connection does not count. */
const OPERATIONS = 100
const ITEMS = 1_000

const figure = (name: string, title: string): Figure => ({ name, title, unit: 'bytes', better: 'less' })

export const wireBytes: Scenario = {
  name: 'wire-bytes',
  title: 'Bytes on the wire',
  what: 'What TCP carries both ways, WebSocket framing included, for one small call at a time (a record of six fields), 64 of them in flight, a table of 1,000 rows, and each item of a stream.',
  figures: [
    figure('call', 'a small call'),
    figure('callOf64', 'a small call, 64 in flight'),
    figure('table', 'a table of 1,000 rows'),
    figure('item', 'an item of a stream'),
  ],
  headline: 'call',
  needs: [],
  // Only Node tells what a socket has carried, and the runtime makes no difference.
  runtimes: ['node'],
  rounds: { full: 1, quick: 1, tiny: 1 },
  async begin(stage) {
    const pair = await stage.pair()
    await pair.client.order('open', { count: 1 })
    await bytesPer(pair, { operation: 'get', operations: OPERATIONS, inFlight: 1 })
    return { round: () => measure(pair, stage.subject.without.stream === undefined) }
  },
}

async function measure(pair: Pair, streams: boolean): Promise<Sample> {
  const call = await bytesPer(pair, { operation: 'get', operations: OPERATIONS, inFlight: 1 })
  const callOf64 = await bytesPer(pair, { operation: 'get', operations: 64 * OPERATIONS, inFlight: 64 })
  const table = await bytesPer(pair, { operation: 'table', operations: 5, inFlight: 1 })
  if (!streams) return { call, callOf64, table }
  const perStream = await bytesPer(pair, { operation: 'stream', operations: 5, inFlight: 1, size: ITEMS })
  return { call, callOf64, table, item: perStream / ITEMS }
}

async function bytesPer(pair: Pair, order: LoadOrder): Promise<number> {
  const { wireBytes: bytes = Number.NaN, operations } = await measureLoad(pair, order)
  return bytes / operations
}
