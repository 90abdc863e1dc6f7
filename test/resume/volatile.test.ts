/** Volatile events: the client and the server as applications have them. */
import { describe, expect, test } from 'vitest'
import { api, createCrowd, cutOff, linkOf, type Member } from './crowd.fixture.ts'

const ROOM = { room: 'a' }

/** Longer than the retries that a client makes meanwhile, and a handshake. */
const BACK_MS = 60_000

async function setUp() {
  const crowd = createCrowd()
  const member = await crowd.join()
  const heard: number[] = []
  const news: number[] = []
  const listenings = [
    member.client.cursor.on(ROOM, (n) => void heard.push(n)),
    member.client.news.on((bytes) => void news.push(bytes.byteLength)),
  ]
  await crowd.clock.advanceAsync(50)
  await Promise.all(listenings.map(({ ready }) => ready))
  return { ...crowd, member, heard, news }
}

function back({ network }: Member): void {
  network.setReachable('open')
}

describe('a volatile event', () => {
  test('is missed by a client that is away, while others wait for it; the next one is heard again', async () => {
    const { clock, server, member, heard, news } = await setUp()
    expect(server.publish(api.cursor, ROOM, 1)).toBe(1)
    await clock.advanceAsync(20)
    cutOff(member)
    await clock.advanceAsync(20)
    expect(server.stats().detached).toBe(1)
    expect(server.publish(api.cursor, ROOM, 2)).toBe(0)
    expect(server.publish(api.cursor, ROOM, 3, { key: 'ada' })).toBe(0)
    expect(server.publish(api.news, new Uint8Array(3))).toBe(1)
    back(member)
    await clock.advanceAsync(BACK_MS)
    expect([heard, news]).toEqual([[1], [3]])
    expect(member.client.$.status.resumed).toBe(true)
    expect(server.publish(api.cursor, ROOM, 4)).toBe(1)
    await clock.advanceAsync(20)
    expect(heard).toEqual([1, 4])
  })

  test('that waited for a client which was behind is dropped when that one goes away', async () => {
    const { clock, server, member, heard, news } = await setUp()
    linkOf(member).pause('down')
    server.publish(api.news, new Uint8Array(100_000))
    await clock.advanceAsync(20)
    expect(server.publish(api.cursor, ROOM, 1, { key: 'ada' })).toBe(1)
    await clock.advanceAsync(20)
    cutOff(member)
    await clock.advanceAsync(20)
    back(member)
    await clock.advanceAsync(BACK_MS)
    expect([heard, news]).toEqual([[], [100_000]])
  })

  test('never comes twice, also where it was under way when the connection was lost', async () => {
    const { clock, server, member, heard } = await setUp()
    for (let n = 1; n <= 200; n++) {
      server.publish(api.cursor, ROOM, n, { key: 'ada' })
      await clock.advanceAsync(7)
      if (n % 50 === 0) for (const link of member.network.links) link.cut()
    }
    await clock.advanceAsync(BACK_MS)
    expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b))
    expect(heard.length).toBeGreaterThan(20)
    expect(heard.length).toBeLessThan(200)
  })

  test('in a stream of 10,000 costs a client that has stopped reading one place, and is the latest when it reads again', async () => {
    const { clock, server, member, heard, join } = await setUp()
    const quick = await join()
    const all: number[] = []
    quick.client.cursor.on(ROOM, (n) => void all.push(n))
    await clock.advanceAsync(50)
    const link = linkOf(member)
    link.pause('down')
    server.publish(api.news, new Uint8Array(100_000))
    await clock.advanceAsync(1)
    const before = link.down.backlogBytes
    for (let n = 1; n <= 10_000; n++) {
      expect(server.publish(api.cursor, ROOM, n, { key: 'ada' })).toBe(2)
      if (n % 100 === 0) await clock.advanceAsync(1)
    }
    // Nothing but an acknowledgement now and then.
    expect(link.down.backlogBytes - before).toBeLessThan(100)
    link.resume('down')
    await clock.advanceAsync(50)
    expect(heard).toEqual([10_000])
    expect(all).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 1))
  })
})
