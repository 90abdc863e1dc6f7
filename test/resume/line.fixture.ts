/** A client and a server, as applications have them, on a network in memory and a virtual clock. */
import { createClient } from '@tautline/client'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import type { Connector } from '@tautline/core/io'
import { createMemoryNetwork, createVirtualClock, type MemoryNetwork, type VirtualClock } from '@tautline/core/testing'
import {
  createServer,
  implement,
  type ServerOptions,
  type ServerSocket,
  type SessionEvent,
  type SocketAcceptor,
  tracked,
  type UpgradeRequest,
} from '@tautline/server'
import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'

export const api = router({
  get: query({ input: v.number(), output: v.number() }),
  add: mutation({ input: v.number(), output: v.number() }),
  blob: query({ input: v.number(), output: v.instance(Uint8Array) }),
  count: subscription({ input: v.object({ to: v.number() }), output: v.number(), resume: v.number() }),
  live: subscription({ output: v.number() }),
  sum: duplex({ input: v.null(), up: v.number(), output: v.number() }),
  tick: event({ payload: v.number() }),
})

/** Runs of `add`, by input; handlers wait while `gate` is there. */
export interface Desk {
  readonly runs: number[]
  gate: PromiseWithResolvers<void> | undefined
  /** HELLOs wait for it to be decided on. */
  door?: Promise<void> | undefined
  live: number
}

function createHandlers(desk: Desk) {
  return implement(api)
    .context<{ user: string }>(({ auth }) => {
      const context = { user: typeof auth === 'string' ? auth : 'nobody' }
      return desk.door === undefined ? context : desk.door.then(() => context)
    })
    .handlers({
      get: ({ input }) => input,
      async add({ input }) {
        desk.runs.push(input)
        await desk.gate?.promise
        return input
      },
      blob: ({ input }) => new Uint8Array(input),
      async *count({ input, resume = 0 }) {
        for (let n = resume + 1; n <= input.to; n++) yield tracked(n, n)
      },
      async *live({ signal }) {
        for (let n = 1; !signal.aborted; n++) {
          desk.live = n
          yield n
        }
      },
      async *sum({ up }) {
        let sum = 0
        for await (const n of up) yield (sum += n)
      },
    })
}

export type LineOptions = Partial<Parameters<typeof createClient<typeof api>>[1]> & {
  readonly server?: Partial<ServerOptions<{ user: string }, never>>
  readonly latencyMs?: number
  /** Transports of the client, preferred first. @default the network of the line */
  readonly connect?: (clock: VirtualClock) => readonly [Connector, ...Connector[]]
}

export interface TestLine {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly desk: Desk
  readonly server: ReturnType<typeof startServer>
  readonly client: ReturnType<typeof startClient>
  readonly events: SessionEvent[]
  readonly statuses: string[]
  readonly errors: unknown[]
  readonly api: typeof api
  /** Tells the client what the platform of a page would. */
  readonly signal: (signal: 'online' | 'offline' | 'wake') => void
}

export function startServer(desk: Desk, clock: VirtualClock, options: Partial<ServerOptions<{ user: string }, never>>) {
  return createServer(createHandlers(desk), {
    clock,
    log: false,
    principalOf: ({ user }: { user: string }) => user,
    ...(options as object),
  })
}

function startClient(options: Parameters<typeof createClient<typeof api>>[1]) {
  return createClient(api, options)
}

/** Connected by the time the clock has moved a little. Afterwards nothing may be left of it. */
export function createLine({
  server: serverOptions = {},
  latencyMs = 5,
  connect,
  ...options
}: LineOptions = {}): TestLine {
  let tell: TestLine['signal'] = () => {}
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, latencyMs })
  const desk: Desk = { runs: [], gate: undefined, live: 0 }
  const events: SessionEvent[] = []
  const statuses: string[] = []
  const errors: unknown[] = []
  const server = startServer(desk, clock, {
    onError: (error) => void errors.push(error),
    onSession: (change) => void events.push(change),
    ...serverOptions,
  })
  serveOn(network, server)
  const client = startClient({
    connector: connect?.(clock) ?? network.connector,
    clock,
    random: () => 0.5,
    pageSignals: (signal) => {
      tell = signal
      return () => {}
    },
    onError: (error: unknown) => void errors.push(error),
    onStatus: ({ state }) => void statuses.push(state),
    ...(options as object),
  })
  onTestFinished(async () => {
    const closed = client.$.close()
    const ended = server.close({ drainMs: 1 })
    await clock.advanceAsync(60_000)
    await Promise.all([closed, ended])
    const { limited: _, ...left } = server.stats()
    expect(Object.values(left)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(client.$.stats()).toMatchObject({ inFlight: 0, queued: 0 })
    for (const link of network.links) link.cut()
    await clock.advanceAsync(1)
    expect(clock.pending).toBe(0)
  })
  return { clock, network, desk, server, client, events, statuses, errors, api, signal: (signal) => tell(signal) }
}

/** Makes the server answer on a network. */
export function serveOn(network: MemoryNetwork, server: SocketAcceptor): void {
  network.listen((transport) => {
    const socket: ServerSocket = {
      compresses: false,
      get backlogBytes() {
        return transport.backlogBytes
      },
      send(message) {
        transport.send(message)
        return true
      },
      close: (code, reason) => transport.close(code, reason),
      terminate: () => transport.abort?.(),
    }
    const listener = server.accept(socket, REQUEST)
    return {
      onOpen() {},
      onMessage: (message) => listener.message(message),
      onDrain: () => listener.drained(),
      onClose: (code, reason) => listener.closed(code, reason),
    }
  })
}

const REQUEST: UpgradeRequest = {
  url: new URL('ws://server.example/'),
  headers: new Headers({ host: 'server.example' }),
  remoteAddress: '192.0.2.1',
  secure: false,
}
