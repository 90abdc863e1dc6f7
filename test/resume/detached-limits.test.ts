/** Sessions whose clients are away: how long they wait, and how much they keep, each and all together. */
import { describe, expect, test } from 'vitest'
import { api, type Crowd, createCrowd, cutOff, type Member } from './crowd.fixture.ts'

/** Longer than the retries of a client that was away for as long as here, and a handshake. */
const BACK_MS = 60_000
/** Of the body of a message that holds nothing but an event without payload. */
const LEAST_BYTES = 9

async function join(crowd: Crowd): Promise<Member> {
  const member = await crowd.join()
  member.client.news.on(() => {})
  await crowd.clock.advanceAsync(500)
  return member
}

async function leave(crowd: Crowd, member: Member): Promise<void> {
  cutOff(member)
  await crowd.clock.advanceAsync(1)
}

/** One that takes so many bytes of what may be kept, in a message of its own. */
async function publish({ server, clock }: Crowd, bodyBytes: number): Promise<void> {
  server.publish(api.news, new Uint8Array(bodyBytes - LEAST_BYTES - (bodyBytes > 255 ? 1 : 0)))
  await clock.settle()
}

describe('`resume.windowMs`', () => {
  const windowMs = 50_000

  test('is how long a session waits, and no longer', async () => {
    const crowd = createCrowd({ resume: { windowMs } })
    const member = await join(crowd)
    cutOff(member)
    await crowd.clock.settle()
    expect(crowd.server.stats()).toMatchObject({ sessions: 1, detached: 1 })
    await crowd.clock.advanceAsync(windowMs - 1)
    expect(crowd.server.stats()).toMatchObject({ sessions: 1, detached: 1 })
    await crowd.clock.advanceAsync(1)
    expect(crowd.server.stats()).toMatchObject({ sessions: 0, detached: 0 })
  })

  test.each([
    ['in time goes on', -50, true],
    ['late begins anew', 50, false],
  ])('a client that is back %s', async (_, afterMs, resumed) => {
    const crowd = createCrowd({ resume: { windowMs } })
    const member = await join(crowd)
    cutOff(member)
    await crowd.clock.advanceAsync(windowMs + afterMs)
    member.network.setReachable('open')
    member.client.$.reconnect()
    await crowd.clock.advanceAsync(BACK_MS)
    expect(member.client.$.status).toMatchObject({ state: 'connected', resumed })
  })
})

describe('`resume.bytes`', () => {
  const bytes = 10_000

  test('may be under way to a client that is away, and as much again may wait for it', async () => {
    const crowd = createCrowd({ resume: { bytes } })
    const member = await join(crowd)
    await leave(crowd, member)
    for (let n = 0; n < 20; n++) await publish(crowd, 1000)
    expect(crowd.server.stats()).toMatchObject({ detached: 1, detachedBytes: 2 * bytes })
    await publish(crowd, LEAST_BYTES)
    expect(crowd.server.stats()).toMatchObject({ sessions: 0, detached: 0, detachedBytes: 0 })
    expect(crowd.changes).toEqual(['opened', 'detached 1006', 'ended 4508'])
    member.network.setReachable('open')
    await crowd.clock.advanceAsync(BACK_MS)
    expect(member.client.$.status).toMatchObject({ state: 'connected', resumed: false })
  })

  test.each([
    ['all of them go on', 10, 0, ['detached 1006']],
    ['with one more byte it ends', 10, 1, ['detached 1006', 'ended 4508']],
  ])('holds for what waited before the client went away, too: %s', async (_, events, more, changes) => {
    const crowd = createCrowd({ resume: { bytes } })
    const member = await join(crowd)
    for (const link of member.network.links) link.pause('down')
    for (let n = 0; n < 10 + events; n++) await publish(crowd, 1000 + (n === 10 ? more : 0))
    expect(crowd.changes).toEqual(['opened'])
    await leave(crowd, member)
    expect(crowd.changes.slice(1)).toEqual(changes)
  })

  test('holds for answers that waited for room, though nobody had encoded them', async () => {
    const crowd = createCrowd({ resume: { bytes } })
    const member = await join(crowd)
    for (const link of member.network.links) link.pause('down')
    for (let n = 0; n < 30; n++) void member.client.blob(1000).catch(() => {})
    await crowd.clock.advanceAsync(10)
    expect(crowd.desk.answers).toBe(30)
    await leave(crowd, member)
    expect(crowd.changes).toEqual(['opened', 'detached 1006', 'ended 4508'])
    expect(crowd.server.stats()).toMatchObject({ sessions: 0, running: 0 })
  })
})

test('no more than `resume.frames` are under way to a client at a time', async () => {
  const crowd = createCrowd({ resume: { frames: 5 } })
  const member = await join(crowd)
  const [link] = member.network.links
  if (link === undefined) throw new Error('Expected a connection, got none')
  link.pause('down')
  const before = link.down.messages
  for (let n = 0; n < 5; n++) await publish(crowd, 100)
  expect(link.down.messages - before).toBe(5)
  await publish(crowd, 100)
  expect(link.down.messages - before).toBe(5)
  link.resume('down')
  await crowd.clock.advanceAsync(500)
  expect(link.down.messages - before).toBeGreaterThan(5)
})

test('at most `resume.maxDetached` sessions wait: for one more the oldest ends', async () => {
  const crowd = createCrowd({ resume: { maxDetached: 2 } })
  const members = [await join(crowd), await join(crowd), await join(crowd)] as const
  await leave(crowd, members[1])
  await leave(crowd, members[0])
  expect(crowd.server.stats()).toMatchObject({ sessions: 3, detached: 2 })
  await leave(crowd, members[2])
  expect(crowd.server.stats()).toMatchObject({ sessions: 2, detached: 2 })
  for (const { network } of members) network.setReachable('open')
  await crowd.clock.advanceAsync(BACK_MS)
  expect(members.map(({ client }) => client.$.status.resumed)).toEqual([true, false, true])
})

describe('`resume.maxDetachedBytes`', () => {
  test('are kept by all of them together: for one more byte the oldest ends', async () => {
    const crowd = createCrowd({ resume: { maxDetachedBytes: 9000 } })
    const members = [await join(crowd), await join(crowd), await join(crowd)] as const
    for (const member of members) await leave(crowd, member)
    for (let n = 0; n < 3; n++) await publish(crowd, 1000)
    expect(crowd.server.stats()).toMatchObject({ detached: 3, detachedBytes: 9000 })
    await publish(crowd, LEAST_BYTES)
    expect(crowd.server.stats()).toMatchObject({ detached: 2, detachedBytes: 6000 + 2 * LEAST_BYTES })
    for (const { network } of members) network.setReachable('open')
    await crowd.clock.advanceAsync(BACK_MS)
    expect(members.map(({ client }) => client.$.status.resumed)).toEqual([false, true, true])
  })

  test('count answers that are made while nobody is there', async () => {
    const crowd = createCrowd({ resume: { maxDetachedBytes: 9000 } })
    const members = [await join(crowd), await join(crowd)] as const
    const gate = Promise.withResolvers<void>()
    crowd.desk.gate = gate.promise
    for (const { client } of members) void client.blob(5000).catch(() => {})
    await crowd.clock.advanceAsync(20)
    for (const member of members) await leave(crowd, member)
    expect(crowd.server.stats()).toMatchObject({ detached: 2, running: 4 })
    gate.resolve()
    await crowd.clock.settle()
    expect(crowd.server.stats()).toMatchObject({ detached: 1 })
    expect(crowd.server.stats().detachedBytes).toBeGreaterThan(5000)
  })
})
