/** Single connections of a client, with a server for them, on a virtual clock. */
import { query, router } from '@tautline/core'
import { createPackingCodec, implement } from '@tautline/core/peer'
import { DEFAULT_LIMITS } from '@tautline/core/protocol'
import { createVirtualClock } from '@tautline/core/testing'
import { expect, onTestFinished } from 'vitest'
import { ClientConnection, type ConnectionListener } from './connection.ts'
import { createTestServer } from './test-server.fixture.ts'

const implementation = implement(router({ ping: query() })).handlers({ ping: () => undefined })

export function createConnections() {
  const clock = createVirtualClock()
  const server = createTestServer({ clock, implementation, latencyMs: 0 })
  const codec = createPackingCodec()
  /** What connections were told, as `name: word`. */
  const told: string[] = []

  function connect(standby: boolean, listener: ConnectionListener): ClientConnection {
    const setup = {
      clock,
      codec,
      limits: DEFAULT_LIMITS,
      mostReceived: undefined,
      compressor: undefined,
      auth: undefined,
      contract: { hash: '' },
      served: undefined,
      observer: undefined,
      client: {},
      name: 'test',
      connectTimeoutMs: 10_000,
    }
    const { connector } = server.network
    return new ClientConnection(setup, { connector, why: 'test', resumption: () => undefined, standby }, listener)
  }

  /** One that tells what becomes of it. */
  async function open(name: string, onLost: (connection: ClientConnection) => void = () => {}) {
    const connection = connect(false, {
      open() {},
      welcome: () => void told.push(`${name}: welcome`),
      event() {},
      goAway() {},
      roundTrip() {},
      detached() {},
      lost(ending) {
        told.push(`${name}: ${ending.reason}`)
        onLost(connection)
      },
      closed() {},
      fault(error) {
        throw error
      },
    })
    await clock.settle()
    return connection
  }

  onTestFinished(async () => {
    for (const { driver } of server.connections) driver.close(1000, 'The test is over', false)
    await clock.advanceAsync(60_000)
    expect(server.network.links).toEqual([])
    expect(clock.pending).toBe(0)
  })
  return { clock, server, told, connect, open }
}
