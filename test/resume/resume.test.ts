/** A session outlives its connections: the client and the server as applications have them. */
import { describe, expect, test } from 'vitest'
import { createLine, type TestLine } from './line.fixture.ts'

/** Longer than the first retry and a handshake. */
const BACK_MS = 1100

function cut({ network }: TestLine): void {
  for (const link of network.links) link.cut()
}

async function connected(options?: Parameters<typeof createLine>[0]): Promise<TestLine> {
  const line = createLine(options)
  await line.clock.advanceAsync(50)
  expect(line.client.$.status.state).toBe('connected')
  return line
}

describe('a call whose connection is lost', () => {
  test('runs once, and its answer arrives over the next one', async () => {
    const line = await connected()
    line.desk.gate = Promise.withResolvers()
    const call = line.client.add(7)
    await line.clock.advanceAsync(20)
    expect(line.desk.runs).toEqual([7])
    cut(line)
    await line.clock.advanceAsync(10)
    line.desk.gate.resolve()
    await line.clock.advanceAsync(BACK_MS)
    expect(await call).toBe(7)
    expect(line.desk.runs).toEqual([7])
    expect(line.statuses).toEqual(['connecting', 'connected', 'reconnecting', 'reconnecting', 'connected'])
    expect(line.client.$.status.resumed).toBe(true)
    expect(line.events.map(({ type }) => type)).toEqual(['opened', 'detached', 'resumed'])
  })

  test('is accepted once, though its acknowledgement was lost', async () => {
    const line = await connected()
    const [link] = line.network.links
    link?.silence('down')
    const call = line.client.add(7)
    await line.clock.advanceAsync(20)
    expect(line.desk.runs).toEqual([7])
    cut(line)
    await line.clock.advanceAsync(BACK_MS)
    expect(await call).toBe(7)
    expect(line.desk.runs).toEqual([7])
  })

  test('is sent again where it never arrived', async () => {
    const line = await connected()
    const [link] = line.network.links
    link?.silence('up')
    const call = line.client.add(7)
    await line.clock.advanceAsync(20)
    expect(line.desk.runs).toEqual([])
    cut(line)
    await line.clock.advanceAsync(BACK_MS)
    expect(await call).toBe(7)
  })
})
