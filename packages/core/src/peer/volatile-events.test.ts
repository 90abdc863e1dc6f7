/** Volatile events between two connections over a link in memory. */
import { describe, expect, test } from 'vitest'
import { SharedFrame } from '../io/shared-frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { connectPair, type Pair, type PairOptions } from './connected.fixture.ts'
import { BEHIND_BYTES } from './volatile-events.ts'

async function setUp(options?: PairOptions) {
  const pair = await connectPair(options)
  const encode = (value: unknown) => pair.codec.encode(value)
  return {
    ...pair,
    volatile: (value: unknown, key?: string) =>
      pair.server.connection.publish(
        new SharedFrame(
          { type: FrameType.VolatileEvent, event: 3, params: undefined, payload: encode(value), key },
          true,
          key,
        ),
      ),
    reliable: (value: unknown) =>
      pair.server.connection.publish(
        new SharedFrame({ type: FrameType.Event, event: 4, params: undefined, payload: encode(value) }, true),
      ),
  }
}

/** What arrived, without long values. */
function heard({ client }: Pair): string[] {
  return client.events.map((event) => (event.length < 100 ? event : `${event.slice(0, 1)}: long`))
}

describe('a volatile event', () => {
  test('arrives like any other where the peer keeps up, with a key or without', async () => {
    const pair = await setUp()
    expect([pair.volatile(1), pair.reliable(2), pair.volatile(3, 'a'), pair.volatile(4, 'a')]).toEqual(
      Array.from({ length: 4 }, () => 'taken'),
    )
    await pair.clock.settle()
    expect(heard(pair).sort()).toEqual(['3: 1', '3: 3', '3: 4', '4: 2'])
    expect(pair.server.connection.stats.volatile).toEqual({ waiting: 0, waitingBytes: 0, dropped: 0 })
  })

  test('of a peer that reads nothing is dropped, or waits as the latest of its key, and comes when it reads', async () => {
    const pair = await setUp()
    pair.link.pause('down')
    pair.reliable(new Uint8Array(BEHIND_BYTES))
    await pair.clock.settle()
    expect(pair.volatile('unnamed')).toBe('missed')
    for (let n = 1; n <= 1000; n++) for (const key of ['a', 'b']) expect(pair.volatile(n, key)).toBe('taken')
    await pair.clock.settle()
    expect(pair.server.connection.stats.volatile).toMatchObject({ waiting: 2, dropped: 1 + 2 * 999 })
    const { backlogBytes } = pair.server.connection.stats
    expect(backlogBytes).toBeLessThan(BEHIND_BYTES + 100)
    pair.link.resume('down')
    await pair.clock.settle()
    expect(heard(pair)).toEqual(['4: long', '3: 1000', '3: 1000'])
    expect(pair.server.connection.stats.volatile).toMatchObject({ waiting: 0, waitingBytes: 0 })
  })

  test('goes at once where the backlog is at the bound, and waits where it is one byte past it', async () => {
    let backlogBytes = 0
    const pair = await setUp({
      serverTransport: (transport) => ({
        ...transport,
        get backlogBytes() {
          return backlogBytes
        },
      }),
    })
    backlogBytes = BEHIND_BYTES
    expect(pair.volatile(1)).toBe('taken')
    await pair.clock.settle()
    backlogBytes = BEHIND_BYTES + 1
    expect(pair.volatile(2)).toBe('missed')
    expect(pair.volatile(3, 'a')).toBe('taken')
    await pair.clock.settle()
    expect(heard(pair)).toEqual(['3: 1'])
  })

  test('counts what was collected in the same turn: a burst is no way around the bound', async () => {
    const pair = await setUp()
    pair.link.pause('down')
    const taken = Array.from({ length: 100 }, () => pair.volatile(new Uint8Array(4096))).filter((it) => it === 'taken')
    expect(taken).toHaveLength(Math.ceil(BEHIND_BYTES / 4096))
    await pair.clock.settle()
    expect(pair.server.connection.stats.backlogBytes).toBeLessThan(BEHIND_BYTES + 4096 + 100)
  })

  test('that waits goes ahead of a newer one of its key, though that one comes when there is room', async () => {
    const pair = await setUp()
    pair.link.pause('down')
    pair.reliable(new Uint8Array(BEHIND_BYTES))
    await pair.clock.settle()
    pair.volatile('old', 'a')
    pair.link.resume('down')
    // Before the turn in which the connection finds that there is room again.
    pair.volatile('new', 'a')
    await pair.clock.settle()
    expect(heard(pair)).toEqual(['4: long', '3: "old"', '3: "new"'])
  })

  test('is too large where no message can hold it, also for a peer that is behind', async () => {
    const pair = await setUp({ limits: { messageBytes: 1000 } })
    expect(pair.volatile(new Uint8Array(1000), 'a')).toBe('too-large')
    pair.link.pause('down')
    for (let n = 0; n < 100; n++) pair.reliable(new Uint8Array(900))
    await pair.clock.settle()
    expect(pair.volatile(1)).toBe('missed')
    expect(pair.volatile(new Uint8Array(1000), 'a')).toBe('too-large')
    expect(pair.server.connection.stats.volatile.waiting).toBe(0)
  })

  test('waits for nobody who has hung up', async () => {
    const pair = await setUp()
    pair.link.pause('down')
    pair.reliable(new Uint8Array(BEHIND_BYTES))
    await pair.clock.settle()
    pair.volatile(1, 'a')
    pair.link.cut()
    await pair.clock.settle()
    expect(pair.server.connection.stats.volatile).toEqual({ waiting: 0, waitingBytes: 0, dropped: 1 })
    expect(pair.volatile(2, 'a')).toBe('missed')
  })
})
