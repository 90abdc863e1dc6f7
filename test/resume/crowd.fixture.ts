/** A server and any number of clients, each behind a network of its own, in memory and on a virtual clock. */
import { createClient } from '@tautline/client'
import { duplex, event, query, router, subscription } from '@tautline/core'
import type { NoCalls } from '@tautline/core/peer'
import { createMemoryNetwork, createVirtualClock, type MemoryNetwork, type VirtualClock } from '@tautline/core/testing'
import { createServer, implement, type ServerOptions } from '@tautline/server'
import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'
import { serveOn } from './line.fixture.ts'

const Bytes = v.instance(Uint8Array)

export const api = router({
  ping: query({ input: v.number(), output: v.number() }),
  blob: query({ input: v.number(), output: Bytes }),
  read: subscription({ input: v.object({ chunks: v.number(), bytes: v.number() }), output: Bytes }),
  store: duplex({ input: v.null(), up: Bytes, output: v.number() }),
  news: event({ payload: Bytes }),
  cursor: event({ params: v.object({ room: v.string() }), payload: v.number(), volatile: true }),
})

/** What handlers have done, and what they wait for. */
interface Desk {
  /** Answers of `blob` that were made. */
  answers: number
  /** Bytes that handlers of `read` were asked for. */
  readBytes: number
  /** Handlers of `blob` wait for it, and those of `store` before each chunk. */
  gate: Promise<void> | undefined
}

export type CrowdOptions = Pick<ServerOptions<object, NoCalls>, 'backlog' | 'heartbeat' | 'limits' | 'resume'>

type CrowdClient = ReturnType<typeof startClient>

/** One of the clients, with the network that only it uses. */
export interface Member {
  readonly client: CrowdClient
  readonly network: MemoryNetwork
  readonly statuses: string[]
}

export interface Crowd {
  readonly clock: VirtualClock
  readonly desk: Desk
  readonly server: ReturnType<typeof startServer>
  /** Changes of sessions, with the close code where there is one. */
  readonly changes: string[]
  readonly errors: unknown[]
  /** Connected when this resolves. */
  readonly join: () => Promise<Member>
}

function startServer(desk: Desk, options: CrowdOptions & ServerOptions<object, NoCalls>) {
  const implementation = implement(api).handlers({
    ping: ({ input }) => input,
    blob({ input }) {
      desk.answers++
      if (desk.gate !== undefined) return desk.gate.then(() => new Uint8Array(input))
      return new Uint8Array(input)
    },
    async *read({ input: { chunks, bytes } }) {
      for (let n = 0; n < chunks; n++) {
        desk.readBytes += bytes
        yield new Uint8Array(bytes)
      }
    },
    async *store({ up }) {
      let bytes = 0
      await desk.gate
      for await (const chunk of up) {
        bytes += chunk.byteLength
        yield bytes
        await desk.gate
      }
    },
  })
  return createServer(implementation, { log: false, compression: false, ...options })
}

function startClient(network: MemoryNetwork, clock: VirtualClock, onStatus: (state: string) => void) {
  return createClient(api, {
    connector: network.connector,
    clock,
    random: () => 0.5,
    pageSignals: () => () => {},
    onStatus: ({ state }) => onStatus(state),
  })
}

/** Nothing may be left of it when the test is over. */
export function createCrowd(options: CrowdOptions = {}): Crowd {
  const clock = createVirtualClock()
  const desk: Desk = { answers: 0, readBytes: 0, gate: undefined }
  const changes: string[] = []
  const errors: unknown[] = []
  const members: Member[] = []
  const server = startServer(desk, {
    clock,
    onError: (error) => void errors.push(error),
    onSession: (change) => void changes.push('code' in change ? `${change.type} ${change.code}` : change.type),
    ...options,
  })
  onTestFinished(async () => {
    const closed = members.map(({ client }) => client.$.close())
    const ended = server.close({ drainMs: 1 })
    await clock.advanceAsync(60_000)
    await Promise.all([...closed, ended])
    const { limited: _, ...left } = server.stats()
    expect(Object.values(left)).toEqual([0, 0, 0, 0, 0, 0, 0])
    for (const { network } of members) for (const link of network.links) link.cut()
    await clock.advanceAsync(1)
    expect(clock.pending).toBe(0)
  })
  return {
    clock,
    desk,
    server,
    changes,
    errors,
    async join() {
      const network = createMemoryNetwork({ clock, latencyMs: 5 })
      serveOn(network, server)
      const statuses: string[] = []
      const member = { network, statuses, client: startClient(network, clock, (state) => void statuses.push(state)) }
      members.push(member)
      await clock.advanceAsync(50)
      expect(member.client.$.status.state).toBe('connected')
      return member
    },
  }
}

/** The connection of the moment. */
export function linkOf({ network }: Member) {
  const link = network.links.at(-1)
  if (link === undefined) throw new Error('Expected a connection, got none')
  return link
}

/** Nobody gets through until `setReachable('open')`. */
export function cutOff({ network }: Member): void {
  network.setReachable('refused')
  for (const link of network.links) link.cut()
}
