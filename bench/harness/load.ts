import type { BenchClient } from '../subjects/subject.ts'
import { bytesOf, idOf, ROW_COUNT } from '../workload.ts'
import type { LoadOrder, LoadOutcome, Operation } from './orders.ts'
import { quantile } from './statistics.ts'

export interface Clock {
  nowMs(): number
  cpuUs(): number
}

/** Runs operations over clients, so many at a time, and tells what they took. */
export function createLoad(clients: readonly BenchClient[], clock: Clock): (order: LoadOrder) => Promise<LoadOutcome> {
  const clientAt = (n: number): BenchClient => {
    const client = clients[n % clients.length]
    if (client === undefined) throw new Error('Expected connections to be open before there is load, got none')
    return client
  }

  return async ({
    operation,
    operations,
    inFlight,
    connections = 'fixed',
    size = 0,
    forMs = Number.POSITIVE_INFINITY,
  }) => {
    const run = OPERATIONS[operation](size)
    const tookUs = new Float64Array(operations)
    let begun = 0
    const began = { ms: clock.nowMs(), cpuUs: clock.cpuUs() }
    const work = async (worker: number): Promise<void> => {
      for (;;) {
        const at = clock.nowMs()
        if (begun >= operations || (begun > 0 && at >= began.ms + forMs)) return
        const n = begun++
        await run(clientAt(connections === 'fixed' ? worker : n), n)
        tookUs[n] = (clock.nowMs() - at) * 1000
      }
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, operations) }, (_, worker) => work(worker)))
    return summarize(tookUs.subarray(0, begun), {
      wallMs: clock.nowMs() - began.ms,
      cpuUs: clock.cpuUs() - began.cpuUs,
    })
  }
}

type Run = (client: BenchClient, n: number) => Promise<void>

/** Looks at each answer as far as it costs next to nothing: a library that gives wrong ones fast is not fast. */
const OPERATIONS: Readonly<Record<Operation, (size: number) => Run>> = {
  get: () => async (client, n) => {
    const { priority } = await client.get(idOf(n))
    expectSame('priority', priority, 3)
  },
  table: () => async (client) => {
    const rows = await client.table()
    expectSame('last row', rows.at(-1)?.id, ROW_COUNT - 1)
  },
  echo: (size) => {
    const bytes = bytesOf(size)
    return async (client) => {
      const { length } = await client.echo(bytes)
      expectSame('length of the bytes', length, size)
    }
  },
  stream: (size) => async (client) => {
    expectSame('number of items', await client.stream(size), size)
  },
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`Expected the ${what} to be ${String(expected)}, got ${String(got)}`)
}

/** @param tookUs is sorted in place */
export function summarize(tookUs: Float64Array, total: Pick<LoadOutcome, 'wallMs' | 'cpuUs'>): LoadOutcome {
  tookUs.sort()
  return { ...total, operations: tookUs.length, p50Us: quantile(tookUs, 0.5), p99Us: quantile(tookUs, 0.99) }
}
