/** A client with two transports, as `connector: [preferred, other]`. */
import { createClient } from '@tautline/client'
import type { Connector } from '@tautline/core/io'
import { createMemoryNetwork, createVirtualClock, type MemoryNetwork, type VirtualClock } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { api, type Desk, serveOn, startServer } from './line.fixture.ts'

/** So long the preferred transport is left to itself at the beginning. */
const FALLBACK_AFTER_MS = 2_500

interface Bench {
  readonly clock: VirtualClock
  readonly preferred: MemoryNetwork
  readonly other: MemoryNetwork
  readonly client: ReturnType<typeof createClient<typeof api>>
}

function createBench(): Bench {
  const clock = createVirtualClock()
  const desk: Desk = { runs: [], gate: undefined, live: 0 }
  const server = startServer(desk, clock, {})
  const networks = [createMemoryNetwork({ clock, latencyMs: 5 }), createMemoryNetwork({ clock, latencyMs: 5 })] as const
  for (const network of networks) serveOn(network, server)
  const [preferred, other] = networks
  const connector = [named('websocket', preferred), named('long-poll', other)] as const
  const client = createClient(api, { connector, clock, random: () => 0.5, pageSignals: () => () => {} })
  return { clock, preferred, other, client }
}

function named(kind: string, { connector }: MemoryNetwork): Connector {
  return { kind, connect: (listener) => connector.connect(listener) }
}

test('the other transport has its turn where the preferred one does not open', async () => {
  const { clock, preferred, other, client } = createBench()
  preferred.setReachable('silent')
  await clock.advanceAsync(FALLBACK_AFTER_MS - 1)
  expect(other.attempts).toBe(0)
  await clock.advanceAsync(50)
  expect(client.$.status).toMatchObject({ state: 'connected', transport: 'long-poll' })
  const closed = client.$.close()
  await clock.advanceAsync(100)
  await closed
})

test('a client that is closed while it connects does not try the other transport any more', async () => {
  const { clock, preferred, other, client } = createBench()
  preferred.setReachable('silent')
  await clock.advanceAsync(100)
  const closed = client.$.close()
  await clock.advanceAsync(2 * FALLBACK_AFTER_MS)
  await closed
  expect(other.attempts).toBe(0)
  expect(clock.pending).toBe(0)
})
