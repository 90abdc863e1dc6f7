import { createClient, type TransportName } from '@tautline/client'
import { createRandom } from '@tautline/core/testing'
import { faultApi } from './fault-api.ts'
import { createFaultProxy } from './fault-proxy.ts'
import type { Verdict } from './ledger.ts'
import { createNumberedLine } from './numbered-line.ts'
import { type CutKind, createRandomCuts } from './random-cuts.ts'

export interface StormOptions {
  /** Of the server itself. */
  readonly url: string
  readonly seed: number
  readonly calls: number
  readonly streams: number
  readonly cuts: number
  /** Calls under way at the same time. `streams` is a multiple of it, so that no two read one stream at once. */
  readonly workers: number
  /** @default WebSocket alone, on which each kind of cut can strike at a frame */
  readonly transports?: readonly [TransportName, ...TransportName[]]
}

export interface StormOutcome {
  readonly verdict: Verdict
  /** How many connections ended in each way. */
  readonly cuts: ReadonlyMap<CutKind, number>
  readonly reconnects: number
  /** Over which a connection was made, in this order. */
  readonly transports: readonly string[]
  readonly ms: number
}

/** Calls, streams and events through a proxy that cuts connection after connection, and then lets the rest through. */
export async function runStorm({
  url,
  seed,
  calls,
  streams,
  cuts,
  workers,
  transports = ['websocket'],
}: StormOptions): Promise<StormOutcome> {
  const began = performance.now()
  const target = new URL(url)
  const storm = createRandomCuts(createRandom(seed))
  const struck = new Map<CutKind, number>()
  const gate = createGate(cuts === 0 ? Number.POSITIVE_INFINITY : workers)
  const connected: string[] = []
  let done = 0

  function count(kind: CutKind): void {
    struck.set(kind, (struck.get(kind) ?? 0) + 1)
    done += 1
    // The last calls wait for the last cut.
    gate.open(done < cuts ? workers + Math.floor((done * (calls - workers)) / cuts) : Number.POSITIVE_INFINITY)
  }

  const proxy = await createFaultProxy({
    targetPort: Number(target.port),
    onConnection(connection) {
      // The first one is left alone until the line is set up.
      if (connection.index === 0 || done >= cuts) return
      const kind = storm.strike(connection)
      void connection.closed.then(() => {
        if (done < cuts) count(kind)
      })
    },
    admit(index) {
      if (index === 0 || done >= cuts) return { type: 'forward' }
      const { admission, kind } = storm.admit()
      if (kind !== undefined) count(kind)
      return admission
    },
  })
  target.port = String(proxy.port)
  // A source of its own: else the faults would depend on how often the client has drawn in between.
  const client = createClient(faultApi, {
    url: target,
    transports,
    random: createRandom(seed),
    reconnect: { baseMs: 1, maxMs: 4 },
    onStatus: ({ state, transport }) => {
      if (state === 'connected' && transport !== undefined) connected.push(transport)
    },
  })
  try {
    const load = `storm ${String(seed)}`
    const line = await createNumberedLine(client, { load, streams, itemsPerStream: Math.floor(calls / streams) })
    if (cuts > 0) for (const connection of proxy.connections) storm.strike(connection)
    await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        for (let n = worker; n < calls; n += workers) {
          await gate.reached(n)
          await line.call(n)
          await line.take(n % streams)
        }
      }),
    )
    const verdict = await line.finish()
    const { reconnects } = client.$.stats()
    return { verdict, cuts: struck, reconnects, transports: connected, ms: performance.now() - began }
  } finally {
    await client.$.close()
    await proxy.close()
  }
}

interface Gate {
  /** Lets everything below `limit` through. */
  open(limit: number): void
  reached(n: number): Promise<void>
}

/** Holds the calls back to the pace of the cuts, so that these fall on all of them. */
function createGate(initialLimit: number): Gate {
  const waiting = new Map<number, () => void>()
  let limit = initialLimit
  return {
    open(newLimit) {
      limit = newLimit
      for (const [n, resolve] of waiting) {
        if (n >= limit) continue
        waiting.delete(n)
        resolve()
      }
    },
    reached: (n) =>
      new Promise((resolve) => {
        if (n < limit) resolve()
        else waiting.set(n, resolve)
      }),
  }
}
