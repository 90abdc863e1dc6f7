import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { createServerSession } from '../session/server-session.ts'
import { createMemoryNetwork } from './memory-network.ts'
import { rawHello, rawWelcome } from './raw-hello.ts'
import { RawPeer } from './raw-peer.ts'
import { SessionEnd } from './session-end.ts'
import { type ServerEnd } from './session-pair.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

async function rawClient(): Promise<{ clock: VirtualClock; peer: RawPeer; server: ServerEnd }> {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock })
  const server: ServerEnd = new SessionEnd({
    session: createServerSession({ limits: DEFAULT_LIMITS, now: 0 }),
    clock,
    onEffect: (effect, end) => {
      if (effect.type === 'hello') end.move((session, now) => session.accept(rawWelcome(), now))
      if (effect.type === 'call') end.move((session) => session.succeed(effect.id, effect.input))
    },
  })
  network.listen((transport) => {
    server.attach(transport)
    return server.listener()
  })
  const peer = new RawPeer()
  const opened = peer.connect(network.connector)
  await clock.settle()
  await opened
  return { clock, peer, server }
}

const call = (id: number) =>
  ({
    type: FrameType.Call,
    id,
    procedure: 'a',
    input: new Uint8Array([id]),
    timeoutMs: undefined,
    meta: undefined,
  }) as const

describe('a raw peer', () => {
  test('says HELLO, calls, and takes answers in any order', async () => {
    const { clock, peer } = await rawClient()
    const welcome = peer.hello()
    await clock.settle()
    expect((await welcome).sid).toBe('raw-session')
    peer.send(call(1), call(3))
    await clock.settle()
    expect((await peer.next(FrameType.Ok, ({ id }) => id === 3)).output).toEqual(new Uint8Array([3]))
    expect((await peer.next(FrameType.Ok)).id).toBe(1)
    expect([peer.sent, peer.received]).toEqual([2, 2])
  })

  test('sends what is wrong as it is told to', async () => {
    const { clock, peer } = await rawClient()
    peer.sendMessage({ seq: 5, count: 1, ack: 0 }, [{ type: FrameType.Hello, hello: rawHello() }])
    await clock.settle()
    expect((await peer.next(FrameType.Close)).code).toBe(4410)
    expect(await peer.closed).toEqual({ code: 4410, reason: '' })
    await expect(peer.next(FrameType.Welcome)).rejects.toThrow('closed with 4410')
  })

  test('sends bytes that are no message', async () => {
    const { clock, peer } = await rawClient()
    peer.sendBytes(new Uint8Array([0xc1]))
    await clock.settle()
    expect((await peer.closed).code).toBe(4422)
  })

  test('answers PING by itself', async () => {
    const { clock, peer, server } = await rawClient()
    void peer.hello()
    await clock.advanceAsync(20_000)
    expect(server.effects.map(({ type }) => type)).toEqual(['hello', 'round-trip'])
    expect(server.session.state).toBe('open')
  })

  test('rejects what waits when the connection closes', async () => {
    const { clock, peer, server } = await rawClient()
    const welcome = peer.next(FrameType.Pong)
    server.move((session) => session.close(4503, 'full', true))
    await Promise.all([expect(welcome).rejects.toThrow('closed with 4503'), clock.settle()])
  })

  test('says when a connection does not open', async () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork({ clock })
    const opened = new RawPeer().connect(network.connector)
    await Promise.all([expect(opened).rejects.toThrow('closed with 1006'), clock.settle()])
  })

  test('plays the server for another, and closes with any code', async () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork({ clock })
    const server = new RawPeer({ answersPings: false })
    network.listen((transport) => server.accept(transport))
    const client = new RawPeer()
    const opened = client.connect(network.connector)
    await clock.settle()
    await opened
    const welcome = client.hello({ client: 'by hand' })
    await clock.settle()
    expect((await server.next(FrameType.Hello)).hello.client).toBe('by hand')
    server.send({ type: FrameType.Welcome, welcome: rawWelcome({ sid: 's' }) })
    client.send({ type: FrameType.Ping, n: 1, t: 2 })
    await clock.settle()
    expect((await welcome).sid).toBe('s')
    expect(server.inbox).toEqual([{ type: FrameType.Ping, n: 1, t: 2 }])
    server.close(4503, 'full')
    await clock.settle()
    expect(await client.closed).toEqual({ code: 4503, reason: 'full' })
    expect(clock.pending).toBe(0)
  })
})
