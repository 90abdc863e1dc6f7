/** Readers that stop or are slow, seen from the server: what they cost it, what they cost others, and what they get. */
import { describe, expect, test } from 'vitest'
import { api, type Crowd, createCrowd, linkOf, type Member } from './crowd.fixture.ts'

const KiB = 1024
const MiB = 1024 * KiB
/** What may be under way to one client. */
const WINDOW = 256 * KiB
/** An item or an answer, in a message with others. */
const CHUNK = 64 * KiB
/** Fits into one message with what is around it. */
const ANSWER = 960_000

interface Reading {
  bytes: number
  state: 'reading' | 'done' | 'failed'
}

/** Reads a stream as fast as it comes. */
function read({ client }: Member, chunks: number, bytes: number = CHUNK): Reading {
  const reading: Reading = { bytes: 0, state: 'reading' }
  const run = async (): Promise<void> => {
    for await (const chunk of client.read({ chunks, bytes })) reading.bytes += chunk.byteLength
    reading.state = 'done'
  }
  run().catch(() => {
    reading.state = 'failed'
  })
  return reading
}

/** Lets time pass until `isOver`. @returns how much waited for this client, at most */
async function watch({ clock }: Crowd, member: Member, isOver: () => boolean): Promise<number> {
  let most = 0
  while (!isOver()) {
    await clock.advanceAsync(50)
    for (const { down } of member.network.links) most = Math.max(most, down.backlogBytes)
  }
  return most
}

describe('a reader that stops', () => {
  test('stops the source of its stream, and goes on where it was', async () => {
    const crowd = createCrowd()
    const member = await crowd.join()
    linkOf(member).pause('down')
    const reading = read(member, 200)
    await crowd.clock.advanceAsync(5000)
    expect(crowd.desk.readBytes).toBeLessThanOrEqual(WINDOW + CHUNK)
    expect(linkOf(member).down.backlogBytes).toBeLessThan(WINDOW + CHUNK)
    linkOf(member).resume('down')
    await watch(crowd, member, () => reading.state !== 'reading')
    expect(reading).toEqual({ bytes: 200 * CHUNK, state: 'done' })
    expect(member.statuses).toEqual(['connecting', 'connected'])
  })

  test('delays nobody else', async () => {
    const crowd = createCrowd()
    const alone = await crowd.join()
    const timeOf = async (member: Member): Promise<number> => {
      const startedAt = crowd.clock.now()
      const reading = read(member, 200)
      await watch(crowd, member, () => reading.state !== 'reading')
      expect(reading.state).toBe('done')
      return crowd.clock.now() - startedAt
    }
    const unhindered = await timeOf(alone)
    const stuck = await crowd.join()
    linkOf(stuck).pause('down')
    for (let n = 0; n < 10; n++) read(stuck, 1000)
    const beside = await crowd.join()
    expect(await timeOf(beside)).toBe(unhindered)
  })

  test('has few answers made ready for it, whatever it asks for', async () => {
    const crowd = createCrowd()
    const member = await crowd.join()
    linkOf(member).pause('down')
    const answers = Array.from({ length: 60 }, () => member.client.blob(ANSWER))
    await crowd.clock.advanceAsync(5000)
    expect(linkOf(member).down.backlogBytes).toBeLessThan(WINDOW + ANSWER)
    linkOf(member).resume('down')
    await crowd.clock.advanceAsync(2000)
    expect((await Promise.all(answers)).map(({ byteLength }) => byteLength)).toEqual(answers.map(() => ANSWER))
    expect(member.statuses).toEqual(['connecting', 'connected'])
  })

  test('is given up for events at the bound of the backlog, not before, and others go on hearing them', async () => {
    const maxBytes = 4 * MiB
    const crowd = createCrowd({ backlog: { maxBytes } })
    const [stuck, other] = [await crowd.join(), await crowd.join()]
    const heard: number[] = []
    stuck.client.news.on(() => {})
    other.client.news.on(({ byteLength }) => void heard.push(byteLength))
    await crowd.clock.advanceAsync(50)
    linkOf(stuck).pause('down')
    const publish = async (): Promise<void> => {
      // With what is around it, a little less than a chunk.
      expect(crowd.server.publish(api.news, new Uint8Array(CHUNK - 40))).toBe(2)
      await crowd.clock.advanceAsync(1)
    }
    const most = maxBytes / CHUNK
    for (let n = 0; n < most; n++) await publish()
    expect(crowd.changes).toEqual(['opened', 'opened'])
    await publish()
    expect(crowd.changes).toEqual(['opened', 'opened', 'detached 4508', 'ended 4508'])
    await crowd.clock.advanceAsync(100)
    expect(heard).toHaveLength(most + 1)
  })

  test('as a handler stops the source of its caller', async () => {
    const crowd = createCrowd()
    const [member, other] = [await crowd.join(), await crowd.join()]
    const gate = Promise.withResolvers<void>()
    crowd.desk.gate = gate.promise
    let sent = 0
    function* source() {
      for (; sent < 200; sent++) yield new Uint8Array(CHUNK)
    }
    const stored: number[] = []
    const store = async (): Promise<void> => {
      for await (const bytes of member.client.store(null, source())) stored.push(bytes)
    }
    const storing = store()
    await crowd.clock.advanceAsync(5000)
    expect(sent * CHUNK).toBeLessThanOrEqual(WINDOW + CHUNK)
    expect(await Promise.race([other.client.ping(1), crowd.clock.advanceAsync(100)])).toBe(1)
    gate.resolve()
    await crowd.clock.advanceAsync(5000)
    await storing
    expect(stored.at(-1)).toBe(200 * CHUNK)
    expect(member.statuses).toEqual(['connecting', 'connected'])
  })
})

describe('a slow reader', () => {
  test('gets a snapshot of 12 MB at 100 KB/s and is not cut', async () => {
    const crowd = createCrowd()
    const member = await crowd.join()
    linkOf(member).down.setBandwidth(100)
    const reading = read(member, 192)
    const most = await watch(crowd, member, () => reading.state !== 'reading')
    expect(reading).toEqual({ bytes: 12 * MiB, state: 'done' })
    expect(member.statuses).toEqual(['connecting', 'connected'])
    expect(most).toBeLessThan(WINDOW + CHUNK)
  })

  test('gets sixty answers of 960 KB that it asked for at once, and is not cut', async () => {
    const crowd = createCrowd()
    const member = await crowd.join()
    linkOf(member).down.setBandwidth(1000)
    let answered = 0
    for (let n = 0; n < 60; n++) void member.client.blob(ANSWER).then(() => answered++)
    const most = await watch(crowd, member, () => answered === 60 || crowd.clock.now() > 120_000)
    expect(answered).toBe(60)
    expect(crowd.desk.answers).toBe(60)
    expect(member.statuses).toEqual(['connecting', 'connected'])
    expect(most).toBeLessThan(WINDOW + ANSWER)
  })

  test('of a server that resumes no sessions is not cut for it either', async () => {
    const crowd = createCrowd({ resume: false })
    const member = await crowd.join()
    linkOf(member).down.setBandwidth(1000)
    let answered = 0
    for (let n = 0; n < 60; n++) void member.client.blob(ANSWER).then(() => answered++)
    const most = await watch(crowd, member, () => answered === 60 || crowd.clock.now() > 120_000)
    expect(crowd.desk.answers).toBe(60)
    expect(member.statuses).toEqual(['connecting', 'connected'])
    expect(most).toBeLessThan(MiB + ANSWER)
  })

  test('of 1 KB/s delays nobody else, and costs no more than its window', async () => {
    const crowd = createCrowd()
    const [slow, other] = [await crowd.join(), await crowd.join()]
    const link = linkOf(slow)
    link.down.setBandwidth(1)
    const reading = read(slow, 1000)
    const quick = read(other, 200)
    await watch(crowd, other, () => quick.state !== 'reading')
    expect(quick).toEqual({ bytes: 200 * CHUNK, state: 'done' })
    // 50 round trips.
    expect(crowd.clock.now()).toBeLessThan(2000)
    expect(reading.bytes).toBe(0)
    expect(link.down.backlogBytes).toBeLessThan(WINDOW + CHUNK)
    expect(crowd.desk.readBytes).toBeLessThanOrEqual(200 * CHUNK + WINDOW + CHUNK)
    // What is on a line so slow would be there for a minute after both have left.
    link.cut()
  })
})

describe('a line on which one message takes longer than a heartbeat waits', () => {
  test.each([
    [25, 256 * KiB],
    [8, 64 * KiB],
    [100, ANSWER],
  ])('brings everything at %i bytes a ms in items of %i bytes, if by more than one connection', async (rate, bytes) => {
    const crowd = createCrowd()
    const member = await crowd.join()
    const reading = read(member, 12, bytes)
    const slow = (): void => {
      for (const { down } of member.network.links) down.setBandwidth(rate)
    }
    for (let passed = 0; passed < 400_000 && reading.state === 'reading'; passed += 50) {
      slow()
      await crowd.clock.advanceAsync(50)
    }
    expect(reading).toEqual({ bytes: 12 * bytes, state: 'done' })
    expect(member.client.$.stats().reconnects).toBeLessThan(5)
  })
})
