/** Attempts to go on with a session that meet each other, or come too late, must not end it. */
import { expect, test } from 'vitest'
import { createLine, type TestLine } from './line.fixture.ts'

/** Longer than the first retry and a handshake. */
const BACK_MS = 1100

async function connected(options?: Parameters<typeof createLine>[0]): Promise<TestLine> {
  const line = createLine(options)
  await line.clock.advanceAsync(50)
  expect(line.client.$.status.state).toBe('connected')
  return line
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
