/** A client with two transports: a network for each, so that the one can be blocked and the other not. */
import type { Connector, TransportListener } from '@tautline/core/io'
import { createMemoryNetwork, type MemoryNetwork, type VirtualClock } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { createLine, serveOn, type TestLine } from './line.fixture.ts'

interface Lines extends TestLine {
  readonly webSocket: MemoryNetwork
  readonly longPoll: MemoryNetwork
}

function named(kind: string, network: MemoryNetwork, wrap = (listener: TransportListener) => listener): Connector {
  return { kind, connect: (listener) => ({ ...asPlain(network.connector.connect(wrap(listener))), kind }) }
}

/** A transport whose getters survive being spread. */
function asPlain(transport: ReturnType<Connector['connect']>) {
  return {
    compresses: false,
    get backlogBytes() {
      return transport.backlogBytes
    },
    send: (message: Uint8Array) => transport.send(message),
    close: (code: number, reason: string) => transport.close(code, reason),
    abort: () => transport.abort?.(),
  }
}

/** @param block what stands between the client and the server's WebSocket, from the beginning */
function createLines(block: (webSocket: MemoryNetwork, clock: VirtualClock) => void = () => {}): Lines {
  let webSocket: MemoryNetwork | undefined
  let longPoll: MemoryNetwork | undefined
  const line = createLine({
    connect: (clock) => {
      webSocket = createMemoryNetwork({ clock, latencyMs: 5, seed: 2 })
      longPoll = createMemoryNetwork({ clock, latencyMs: 5, seed: 3 })
      return [named('websocket', webSocket), named('long-poll', longPoll)]
    },
  })
  if (webSocket === undefined || longPoll === undefined) throw new Error('Expected both networks')
  serveOn(webSocket, line.server)
  serveOn(longPoll, line.server)
  block(webSocket, line.clock)
  return { ...line, webSocket, longPoll }
}

const PASSES: (webSocket: MemoryNetwork, clock: VirtualClock) => void = () => {}

/** How WebSocket can be blocked, and within how many ms the client is there all the same. */
const BLOCKS: readonly [string, number, typeof PASSES][] = [
  ['refused', 3_000, (webSocket) => webSocket.setReachable('refused')],
  ['never answered', 10_000, (webSocket) => webSocket.setReachable('silent')],
  ['opened, and silent', 10_000, (webSocket) => webSocket.listen(() => DEAF)],
  [
    'opened, and closed after 200 ms',
    6_000,
    (webSocket, clock) => {
      webSocket.listen((transport) => {
        clock.schedule(clock.now() + 200, () => transport.close(1006, ''))
        return DEAF
      })
    },
  ],
]

const DEAF: TransportListener = { onOpen() {}, onMessage() {}, onDrain() {}, onClose() {} }

test.each(BLOCKS)('where WebSocket is %s, it is connected by long poll within %i ms', async (_, withinMs, block) => {
  const line = createLines(block)
  const call = line.client.add(1)
  await line.clock.advanceAsync(withinMs)
  expect(line.client.$.status).toMatchObject({ state: 'connected', transport: 'long-poll' })
  expect(await call).toBe(1)
  expect(line.desk.runs).toEqual([1])
  expect(line.statuses.filter((state) => state === 'connected')).toHaveLength(1)
})

test('where WebSocket passes for a moment, and dies with all that was said, nothing is lost by it', async () => {
  const line = createLines()
  let isAway = false
  const cut = (): void => {
    if (isAway) return
    for (const link of line.webSocket.links) link.cut()
    line.clock.schedule(line.clock.now() + 200, cut)
  }
  line.clock.schedule(200, cut)
  const items: number[] = []
  const reading = (async () => {
    for await (const n of line.client.count({ to: 300 })) items.push(n)
  })()
  const call = line.client.add(1)
  await line.clock.advanceAsync(6_000)
  expect(line.client.$.status).toMatchObject({ state: 'connected', transport: 'long-poll' })
  await reading
  expect(items).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect(await call).toBe(1)
  expect(line.desk.runs).toEqual([1])
  isAway = true
})

test('goes back to WebSocket when that works again, without anything being lost', async () => {
  const line = createLines((webSocket) => webSocket.setReachable('refused'))
  await line.clock.advanceAsync(3_000)
  expect(line.client.$.status.transport).toBe('long-poll')
  const numbers: number[] = []
  const listening = line.client.tick.on((n) => void numbers.push(n))
  await line.clock.advanceAsync(20)
  await listening.ready
  line.webSocket.setReachable('open')
  let published = 0
  while (line.client.$.status.transport === 'long-poll' && published < 400) {
    line.server.publish(tick(line), (published += 1))
    await line.clock.advanceAsync(100)
  }
  expect(line.client.$.status).toMatchObject({ state: 'connected', reason: 'moved', resumed: true })
  expect(line.client.$.status.transport).toBe('websocket')
  for (let more = 0; more < 10; more++) line.server.publish(tick(line), (published += 1))
  await line.clock.advanceAsync(100)
  expect(numbers).toEqual(Array.from({ length: published }, (_, i) => i + 1))
  expect(line.statuses.filter((state) => state === 'reconnecting')).toEqual([])
  expect(line.longPoll.links).toEqual([])
  listening.off()
})

test('looks whether WebSocket works after 15 s, and each time after twice the pause, up to 10 min', async () => {
  const line = createLines((webSocket) => webSocket.setReachable('refused'))
  await line.clock.advanceAsync(3_000)
  const since = line.client.$.status.since
  const looks: number[] = []
  const before = line.webSocket.attempts
  for (let seen = before; line.clock.now() < since + 40 * 60_000; ) {
    await line.clock.advanceAsync(500)
    if (line.webSocket.attempts > seen) looks.push(Math.round((line.clock.now() - since) / 1000))
    seen = line.webSocket.attempts
  }
  const pauses = looks.map((at, i) => at - (looks[i - 1] ?? 0))
  expect(pauses.map((pause) => Math.round(pause / 5) * 5)).toEqual([15, 30, 60, 120, 240, 480, 600, 600])
})

test('does not believe a WebSocket that does not stay for 3 s', async () => {
  const line = createLines((webSocket) => webSocket.setReachable('refused'))
  await line.clock.advanceAsync(3_000)
  line.webSocket.setReachable('open')
  let opened = 0
  for (let seen = 0; line.clock.now() < 60_000; ) {
    await line.clock.advanceAsync(50)
    const [link] = line.webSocket.links
    if (link === undefined || line.webSocket.attempts === seen) continue
    seen = line.webSocket.attempts
    opened++
    line.clock.schedule(line.clock.now() + 2_900, () => link.cut())
  }
  expect(opened).toBe(2)
  expect(line.client.$.status.transport).toBe('long-poll')
  expect(line.client.$.stats().reconnects).toBe(0)
})

test('looks at once when the platform says that the network has changed', async () => {
  const line = createLines((webSocket) => webSocket.setReachable('refused'))
  await line.clock.advanceAsync(3_000)
  line.webSocket.setReachable('open')
  line.signal('online')
  await line.clock.advanceAsync(3_100)
  expect(line.client.$.status.transport).toBe('websocket')
})

describe('where a WebSocket has lived, and the next one is never answered', () => {
  async function cutAndSilent(): Promise<Lines> {
    const line = createLines()
    await line.clock.advanceAsync(6_000)
    line.webSocket.setReachable('silent')
    for (const link of line.webSocket.links) link.cut()
    return line
  }

  test('long poll is not asked for before 7.5 s: the server may be slow', async () => {
    const line = await cutAndSilent()
    await line.clock.advanceAsync(7_400)
    expect(line.longPoll.attempts).toBe(0)
    await line.clock.advanceAsync(1_300)
    expect(line.client.$.status).toMatchObject({ state: 'connected', transport: 'long-poll' })
  })

  test('it is within 4 s where the platform tells of something that may be another network', async () => {
    const line = await cutAndSilent()
    line.signal('wake')
    await line.clock.advanceAsync(4_000)
    expect(line.client.$.status).toMatchObject({ state: 'connected', transport: 'long-poll' })
  })
})

function tick(line: TestLine) {
  return line.api.tick
}
