/** Attempts to go on with a session that meet each other, or come too late, must not end it. */
import type { MemoryLink } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { createLine, serveOn, startServer, type TestLine } from './line.fixture.ts'

/** Longer than the first retry and a handshake. */
const BACK_MS = 1100
const HANDSHAKE_MS = 10_000

async function connected(options?: Parameters<typeof createLine>[0]): Promise<TestLine> {
  const line = createLine(options)
  await line.clock.advanceAsync(50)
  expect(line.client.$.status.state).toBe('connected')
  return line
}

function cut({ network }: TestLine): void {
  for (const link of network.links) link.cut()
}

/** Loses the connection, and returns the next one before anything has come over it. */
async function nextLink(line: TestLine): Promise<MemoryLink> {
  cut(line)
  const { attempts } = line.network
  while (line.network.attempts === attempts) await line.clock.advanceAsync(1)
  const link = line.network.links.at(-1)
  if (link === undefined) throw new Error('Expected another link')
  return link
}

function kinds({ events }: TestLine): string[] {
  return events.map(({ type }) => type)
}

test('a connection that is replaced by hand keeps its session', async () => {
  const line = await connected()
  line.desk.gate = Promise.withResolvers()
  const call = line.client.add(7)
  await line.clock.advanceAsync(20)
  line.client.$.reconnect()
  await line.clock.advanceAsync(BACK_MS)
  line.desk.gate.resolve()
  await line.clock.advanceAsync(20)
  expect(await call).toBe(7)
  expect(line.desk.runs).toEqual([7])
  expect(line.client.$.status.resumed).toBe(true)
  expect(kinds(line)).toEqual(['opened', 'detached', 'resumed'])
})

test('an attempt that was given up before its HELLO arrived leaves the session to the next', async () => {
  const line = await connected({ server: { limits: { handshakeMs: 60_000 } } })
  const slow = await nextLink(line)
  slow.pause('up')
  await line.clock.advanceAsync(HANDSHAKE_MS + 50)
  expect(line.client.$.status.reason).toBe('The handshake took too long')
  // Now HELLO, and behind it CLOSE: the token that it showed must go on working, for nobody has seen the next one.
  slow.resume('up')
  await line.clock.advanceAsync(BACK_MS)
  expect(kinds(line)).toEqual(['opened', 'detached', 'resumed', 'detached', 'resumed'])
  expect(line.client.$.status.resumed).toBe(true)
  expect(await answer(line)).toBe(1)
})

test('a HELLO that was decided on too late opens no session beside the one that it has asked for', async () => {
  const line = await connected({ server: { limits: { handshakeMs: 60_000 } } })
  const decision = Promise.withResolvers<void>()
  line.desk.door = decision.promise
  const slow = await nextLink(line)
  await line.clock.advanceAsync(20)
  slow.silence('both')
  line.desk.door = undefined
  await line.clock.advanceAsync(HANDSHAKE_MS + BACK_MS)
  expect(line.client.$.status).toMatchObject({ state: 'connected', resumed: true })
  decision.resolve()
  await line.clock.advanceAsync(20)
  expect(kinds(line)).toEqual(['opened', 'detached', 'resumed'])
  expect(await answer(line)).toBe(1)
})

test('a session that the client has given up is not gone on with, though the server lets it in', async () => {
  const line = await connected({ server: { resume: { windowMs: 3000 } } })
  const slow = await nextLink(line)
  // Open, and HELLO is on its way.
  await line.clock.advanceAsync(12)
  slow.pause('down')
  await line.clock.advanceAsync(3000)
  slow.resume('down')
  await line.clock.advanceAsync(BACK_MS)
  expect(kinds(line)).toEqual(['opened', 'detached', 'resumed', 'ended', 'opened'])
  expect(line.client.$.status).toMatchObject({ state: 'connected' })
  expect(await answer(line)).toBe(1)
  expect(line.errors).toEqual([])
})

test('a call that is cancelled in the turn in which it was made leaves all the same, and says so', async () => {
  const line = await connected()
  const abort = new AbortController()
  const call = line.client.add(7, { signal: abort.signal })
  // It is among the frames of this turn already, and CANCEL will stand behind it.
  abort.abort()
  await expect(call).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'unknown' })
  await line.clock.advanceAsync(20)
  expect(line.desk.runs).toEqual([7])
})

test('a server is closed when the sockets are that its sessions have left', async () => {
  const line = await connected()
  line.network.links[0]?.silence('both')
  line.network.setReachable('refused')
  while (!kinds(line).includes('detached')) await line.clock.advanceAsync(10)
  // The session has detached, and its socket waits for an answer to its close frame.
  const closed = line.server.close({ drainMs: 0 }).then(() => line.server.stats().connections)
  await line.clock.advanceAsync(4000)
  expect(await closed).toBe(0)
})

test('a stream that has moved to the next server with items unread may have run, whatever becomes of it', async () => {
  const line = await connected()
  const items = line.client.count({ to: 1000 })
  const first = items.next()
  await line.clock.advanceAsync(20)
  expect(await first).toMatchObject({ value: 1 })
  const next = startServer(line.desk, line.clock, {})
  serveOn(line.network, next)
  const drained = line.server.close({ drainMs: 1000 })
  await line.clock.advanceAsync(2000)
  await drained
  const closed = line.client.$.close()
  await line.clock.advanceAsync(100)
  await closed
  const rest = (async () => {
    for await (const _ of items);
  })()
  await expect(rest).rejects.toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'unknown' })
  const ended = next.close({ drainMs: 0 })
  await line.clock.advanceAsync(100)
  await ended
})

async function answer({ client, clock }: TestLine): Promise<number> {
  const call = client.get(1)
  await clock.advanceAsync(20)
  return call
}
