import { describe, expect, test } from 'vitest'
import type { Transport, TransportListener } from '../io/ports.ts'
import type { MemoryLink } from './memory-link.ts'
import { createMemoryNetwork, type MemoryNetworkOptions } from './memory-network.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

interface Ends {
  readonly clock: VirtualClock
  readonly client: Transport
  readonly server: Transport
  readonly link: MemoryLink
  /** What the listeners were told, as `<side> <what>@<when>`. */
  readonly told: string[]
}

function listener(side: string, clock: VirtualClock, told: string[]): TransportListener {
  return {
    onOpen: () => void told.push(`${side} open@${clock.now()}`),
    onMessage: (message) => void told.push(`${side} got ${message.join(' ')}@${clock.now()}`),
    onClose: (code, reason) => void told.push(`${side} close ${code} ${reason}@${clock.now()}`),
    onDrain: () => void told.push(`${side} drain@${clock.now()}`),
  }
}

function connected(options: Omit<MemoryNetworkOptions, 'clock'> = {}): Ends {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock, ...options })
  const told: string[] = []
  let server: Transport | undefined
  network.listen((transport) => {
    server = transport
    return listener('server', clock, told)
  })
  const client = network.connector.connect(listener('client', clock, told))
  clock.advance(2 * (options.latencyMs ?? 0) + (options.jitterMs ?? 0))
  const [link] = network.links
  if (server === undefined || link === undefined) throw new Error('Expected the link to be open')
  told.length = 0
  return { clock, client, server, link, told }
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)

describe('a network in memory', () => {
  test('opens after a round trip and carries messages in order', () => {
    const { clock, client, server, told } = connected({ latencyMs: 10 })
    client.send(bytes(1))
    client.send(bytes(2))
    server.send(bytes(3))
    clock.advance(10)
    expect(told).toEqual(['server got 1@30', 'server got 2@30', 'client got 3@30'])
  })

  test('does not call a listener before `connect` has returned', () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork({ clock })
    const told: string[] = []
    network.listen(() => listener('server', clock, told))
    network.connector.connect(listener('client', clock, told))
    expect(told).toEqual([])
    clock.advance(0)
    expect(told).toEqual(['client open@0'])
  })

  test('keeps the order of messages under jitter, the same for the same seed', () => {
    const arrivals = (seed: number): string[] => {
      const { clock, client, told } = connected({ seed, latencyMs: 5, jitterMs: 50 })
      for (let i = 0; i < 20; i += 1) client.send(bytes(i))
      clock.advance(100)
      return told
    }
    expect(arrivals(7)).toEqual(arrivals(7))
    expect(arrivals(7)).not.toEqual(arrivals(8))
    expect(arrivals(7).map((line) => Number(line.split(/[ @]/)[2]))).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('hands messages out as views of shared memory', () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork({ clock })
    const sizes: number[] = []
    network.listen(() => ({
      ...listener('server', clock, []),
      onMessage: (view) => sizes.push(view.buffer.byteLength),
    }))
    const client = network.connector.connect(listener('client', clock, []))
    clock.advance(0)
    client.send(bytes(1))
    clock.advance(0)
    expect(sizes[0]).toBeGreaterThan(1)
  })

  test('closes in good order: what was sent before arrives first, and both ends hear the code once', () => {
    const { clock, client, server, link, told } = connected({ latencyMs: 10 })
    client.send(bytes(1))
    client.close(4400, 'why')
    client.send(bytes(2))
    server.send(bytes(3))
    clock.advance(100)
    server.close(1000, '')
    clock.advance(100)
    expect(told).toEqual(['server got 1@30', 'server close 4400 why@30', 'client got 3@30', 'client close 4400 why@40'])
    expect(link.gone).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('settles when both ends close at once', () => {
    const { clock, client, server, told } = connected({ latencyMs: 10 })
    client.close(4400, 'c')
    server.close(4503, 's')
    clock.advance(100)
    expect(told).toEqual(['server close 4400 c@30', 'client close 4503 s@30'])
  })

  test('cuts both ends at once and loses what is under way', () => {
    const { clock, client, link, told } = connected({ latencyMs: 10 })
    client.send(bytes(1))
    link.cut()
    clock.advance(100)
    expect(told).toEqual(['client close 1006 @20', 'server close 1006 @20'])
    expect(clock.pending).toBe(0)
  })

  test('tells the other end of an abort, later', () => {
    const { clock, client, told } = connected({ latencyMs: 10 })
    client.abort?.()
    clock.advance(100)
    expect(told).toEqual(['client close 1006 @20', 'server close 1006 @30'])
  })

  test('lets one direction of a half-open link vanish without telling', () => {
    const { clock, client, server, link, told } = connected({ latencyMs: 10 })
    link.silence('up')
    client.send(bytes(1))
    client.close(4400, 'lost')
    server.send(bytes(2))
    clock.advance(1_000)
    expect(told).toEqual(['client got 2@30'])
  })

  test('fills the backlog of a sender whose reader pauses, and reports the drain', () => {
    const { clock, client, link, told } = connected()
    link.pause('up')
    client.send(bytes(1, 2, 3))
    client.send(bytes(4))
    clock.advance(1_000)
    expect(client.backlogBytes).toBe(4)
    expect(told).toEqual([])
    link.resume('up')
    clock.advance(0)
    expect(client.backlogBytes).toBe(0)
    expect(told).toEqual(['client drain@1000', 'server got 1 2 3@1000', 'server got 4@1000'])
    client.send(bytes(5))
    clock.advance(0)
    expect(told).toHaveLength(4)
  })

  test('carries as many bytes per millisecond as the line takes', () => {
    const { clock, client, link, told } = connected({ latencyMs: 10 })
    link.up.setBandwidth(2)
    client.send(new Uint8Array(4))
    client.send(new Uint8Array(2))
    expect(client.backlogBytes).toBe(6)
    clock.advance(2)
    expect(client.backlogBytes).toBe(2)
    clock.advance(100)
    expect(told).toEqual(['client drain@23', 'server got 0 0 0 0@32', 'server got 0 0@33'])
  })

  test('breaks after so many messages, or within so many bytes', () => {
    const first = connected()
    first.link.up.breakAfterMessages(1)
    first.client.send(bytes(1))
    first.clock.advance(0)
    first.client.send(bytes(2))
    first.clock.advance(0)
    expect(first.told).toEqual(['server got 1@0', 'client close 1006 @0', 'server close 1006 @0'])

    const second = connected()
    second.link.down.breakAfterBytes(2)
    second.server.send(bytes(1, 2))
    second.clock.advance(0)
    second.server.send(bytes(3))
    second.clock.advance(0)
    expect(second.told).toEqual(['client got 1 2@0', 'client close 1006 @0', 'server close 1006 @0'])
  })

  test('refuses connections, or lets them hang', () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork({ clock, latencyMs: 10 })
    const told: string[] = []
    network.listen(() => listener('server', clock, told))
    network.setReachable('refused')
    network.connector.connect(listener('refused', clock, told))
    network.setReachable('silent')
    const hanging = network.connector.connect(listener('silent', clock, told))
    clock.advance(50)
    expect(told).toEqual(['refused close 1006 @10'])
    hanging.close(1000, '')
    clock.advance(50)
    expect(told).toEqual(['refused close 1006 @10', 'silent close 1006 @50'])
    expect(network.links).toEqual([])
    expect(network.attempts).toBe(2)
    expect(clock.pending).toBe(0)
  })

  test('a link that is closed at both ends leaves no timer for what was on its way', () => {
    const { clock, client, server, link } = connected()
    link.up.setBandwidth(0.001)
    client.send(bytes(1, 2, 3))
    server.abort?.()
    clock.advance(1)
    expect(link.gone).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
