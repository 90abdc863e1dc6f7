/** Subscribes and leaves, connects and goes, many times over: what is left of it in memory, timers, handles and listeners. */
import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '../../bench/harness/ordered-process.ts'
import type { Runtime } from '../runtimes.ts'
import { leftOver } from '../soak/resources.ts'
import type { Sabotage } from '../soak/sabotage.ts'
import type { SoakServerOptions, SoakServerOrders } from '../soak/soak-orders.ts'
import type { CycleCounts, CycleOrders } from './cycle-orders.ts'

export interface CycleOptions extends CycleCounts {
  /** Of the server and of its clients. */
  readonly runtime: Runtime
  /** May be left where that is more than 5 %: what compilers still take in a short run. @default 0 */
  readonly toleratedBytes?: number
  /** Built into the server. @default none */
  readonly sabotages?: readonly Sabotage[]
}

export interface CycleResult extends CycleCounts {
  readonly runtime: Runtime
  readonly version: string
  readonly date: string
  readonly server: HeapChange
  readonly client: HeapChange
  /** What was wrong. None: it holds. */
  readonly failures: readonly string[]
}

interface HeapChange {
  /** After garbage collection, when all was warm. */
  readonly beforeBytes: number
  readonly afterBytes: number
}

/** More would be a leak: of the heap before. */
const MAY_GROW = 0.05
/** Until the compilers and pools of the runtimes have what they need. */
const WARM_UP = { least: 4000, share: 0.2 }
/** An order must be done within two minutes, on whatever machine. */
const ORDERS = 40
/** What was kept stays; what compilers and timers of the runtimes hold for a while does not. */
const LOOKS = 4
const WINDOW_MS = 1000
const SETTLE_MS = 10_000

export async function runCycles(options: CycleOptions): Promise<CycleResult> {
  const { runtime, subscribes, connects, toleratedBytes = 0, sabotages = [] } = options
  const server = await OrderedProcess.start<SoakServerOrders, { url: string; version: string }>({
    runtime,
    script: fileURLToPath(new URL('../soak/server-process.ts', import.meta.url)),
    argument: { kind: runtime, sabotages, windowMs: WINDOW_MS } satisfies SoakServerOptions,
    packages: 'source',
  })
  const client = await OrderedProcess.start<CycleOrders, null>({
    runtime,
    script: fileURLToPath(new URL('cycle-process.ts', import.meta.url)),
    argument: { url: server.ready.url },
    packages: 'source',
  })
  const measure = async () => {
    const clientHeap: number[] = []
    const serverHeap: number[] = []
    for (let look = 0; look < LOOKS; look++) {
      clientHeap.push((await client.process.order('usage', {})).heapBytes)
      serverHeap.push((await server.process.order('sample', { collectGarbage: true })).heapBytes)
    }
    const [ofClient, { faults }] = [
      await client.process.order('usage', {}),
      await server.process.order('sample', { collectGarbage: false }),
    ]
    return {
      client: ofClient,
      faults,
      clientHeapBytes: Math.min(...clientHeap),
      serverHeapBytes: Math.min(...serverHeap),
    }
  }
  const run = async (share: number): Promise<void> => {
    for (let order = 0; order < ORDERS; order++) {
      const [subscribing, connecting] = [subscribes, connects].map((count) => Math.ceil((count * share) / ORDERS))
      await client.process.order('run', { subscribes: subscribing ?? 0, connects: connecting ?? 0 })
    }
  }
  try {
    await run(Math.min(1, Math.max(WARM_UP.share, WARM_UP.least / subscribes)))
    const before = await measure()
    await run(1)
    const after = await measure()
    const left = await client.process.order('close', {})
    const remains = await server.process.order('settle', { withinMs: SETTLE_MS })
    const result = {
      runtime,
      version: server.ready.version,
      date: new Date().toISOString().slice(0, 10),
      subscribes,
      connects,
      server: { beforeBytes: before.serverHeapBytes, afterBytes: after.serverHeapBytes },
      client: { beforeBytes: before.clientHeapBytes, afterBytes: after.clientHeapBytes },
    }
    const failures = [
      ...after.faults,
      ...(['server', 'client'] as const).flatMap((who) => {
        const { beforeBytes, afterBytes } = result[who]
        return afterBytes - beforeBytes <= toleratedBytes ? [] : grown(who, result[who])
      }),
      ...Object.entries(remains.stats)
        .filter(([, count]) => typeof count === 'number' && count !== 0)
        .map(([name, count]) => `when all were gone, stats() told of ${String(count)} ${name}`),
      ...leftOver(remains.resourcesBefore, remains.resources).map((what) => `left in the server: ${what}`),
      ...leftOver(before.client.resources, after.client.resources).map((what) => `left in the client: ${what}`),
      ...leftOver({}, left).map((what) => `left in the client when it was closed: ${what}`),
      ...(after.client.abortListeners === 0 ? [] : [`${String(after.client.abortListeners)} listeners of one signal`]),
      ...(after.client.inFlight === before.client.inFlight ? [] : [`${String(after.client.inFlight)} in flight`]),
    ]
    return { ...result, failures }
  } finally {
    await Promise.all([server.process.kill(), client.process.kill()])
  }
}

function grown(who: string, { beforeBytes, afterBytes }: HeapChange): readonly string[] {
  const share = afterBytes / beforeBytes - 1
  return share <= MAY_GROW ? [] : [`the heap of the ${who} has grown by ${(share * 100).toFixed(1)} %`]
}
