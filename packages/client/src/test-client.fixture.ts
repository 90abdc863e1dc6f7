/** A contract, handlers whose runs a test can look at, and a client of them on a virtual clock. */
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { implement, tracked } from '@tautline/core/peer'
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import * as v from 'valibot'
import { expect } from 'vitest'
import type { ClientBehaviour } from './client-options.ts'
import type { Client } from './client-types.ts'
import { createClient } from './create-client.ts'
import { createTestServer, type TestServer, type TestServerOptions } from './test-server.fixture.ts'

const Row = v.object({ id: v.string(), title: v.string() })

export const api = router({
  todo: {
    get: query({
      input: v.object({ id: v.string() }),
      output: Row,
      errors: { NOT_FOUND: v.object({ id: v.string() }), GONE: null },
    }),
    create: mutation({ input: v.object({ title: v.string() }), output: Row }),
    rename: mutation({ input: Row, output: Row, idempotent: true }),
    /** Ends when `calls.watch` says so. */
    watch: subscription({ input: v.object({ list: v.string() }), output: v.number(), resume: v.number() }),
    tail: subscription({ output: v.number() }),
  },
  upload: duplex({ input: v.object({ name: v.string() }), up: v.string(), output: v.number() }),
  presence: event({ params: v.object({ room: v.string() }), payload: v.object({ user: v.string() }) }),
  tick: event({ payload: v.number() }),
})

/** What handlers do and have seen. A test changes what it needs to. */
interface Desk {
  /** `"todo.get 1"`: every run, in order. */
  readonly runs: string[]
  /** Handlers of unary calls wait for it. */
  gate: Promise<void> | undefined
  /** The signal of the latest run. */
  signal: AbortSignal | undefined
  /** What a subscription yields, from its place on; it then waits for its signal. */
  log: number[]
  /** Items that handlers have produced. */
  produced: number
}

export interface Bench {
  readonly clock: VirtualClock
  readonly server: TestServer
  readonly desk: Desk
  readonly client: Client<typeof api>
  /** What reached `onError`. */
  readonly errors: unknown[]
  readonly statuses: string[]
  /** Ends everything, and checks that nothing is left over. */
  readonly close: () => Promise<void>
}

export type BenchOptions = Partial<ClientBehaviour> & { readonly server?: Partial<TestServerOptions> }

/** A client, a server and the network between them. Nothing is connected before the clock moves. */
export function createBench({ server: serverOptions, ...options }: BenchOptions = {}): Bench {
  const clock = createVirtualClock()
  const desk: Desk = { runs: [], gate: undefined, signal: undefined, log: [], produced: 0 }
  const server = createTestServer({ clock, implementation: serve(desk), ...serverOptions })
  const errors: unknown[] = []
  const statuses: string[] = []
  const client = createClient(api, {
    connector: server.network.connector,
    clock,
    random: () => 0.5,
    compression: false,
    pageSignals: () => () => {},
    onError: (error) => void errors.push(error),
    onStatus: (status) => void statuses.push(status.state),
    ...options,
  })
  const close = async (): Promise<void> => {
    const closed = client.$.close()
    // As long as it takes the server to find out that a link is dead.
    await clock.advanceAsync(60_000)
    await closed
    expect(client.$.stats()).toMatchObject({ inFlight: 0, queued: 0 })
    expect(server.network.links).toEqual([])
    expect(clock.pending).toBe(0)
  }
  return { clock, server, desk, client, errors, statuses, close }
}

function serve(desk: Desk) {
  const enter = async (run: string, signal: AbortSignal): Promise<void> => {
    desk.runs.push(run)
    desk.signal = signal
    await desk.gate
  }
  return implement(api).handlers({
    todo: {
      get: async ({ input, signal, fail }) => {
        await enter(`todo.get ${input.id}`, signal)
        if (input.id === 'missing') fail('NOT_FOUND', { id: input.id })
        if (input.id === 'gone') fail('GONE')
        return { id: input.id, title: 'a' }
      },
      create: async ({ input, signal }) => {
        await enter(`todo.create ${input.title}`, signal)
        return { id: 'new', title: input.title }
      },
      rename: async ({ input, signal }) => {
        await enter(`todo.rename ${input.id}`, signal)
        return input
      },
      async *watch({ input, resume = 0, signal, fail }) {
        desk.runs.push(`todo.watch ${input.list} from ${resume}`)
        if (resume > 1000) fail('GAP')
        for (const n of desk.log) {
          if (n <= resume) continue
          desk.produced++
          yield tracked(n, n)
        }
        await aborted(signal)
      },
      async *tail({ signal }) {
        desk.runs.push('todo.tail')
        for (const n of desk.log) {
          desk.produced++
          yield n
        }
        await aborted(signal)
      },
    },
    async *upload({ input, up }) {
      desk.runs.push(`upload ${input.name}`)
      let length = 0
      for await (const chunk of up) yield (length += chunk.length)
    },
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
}
