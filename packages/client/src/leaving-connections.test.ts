import { expect, test } from 'vitest'
import { createConnections } from './connection.fixture.ts'
import type { ClientConnection } from './connection.ts'
import { LeavingConnections } from './leaving-connections.ts'

/** Those that end are taken out, as their owner does it. */
function setUp() {
  const { clock, told, open } = createConnections()
  const leaving = new LeavingConnections(clock)
  const connect = (name: string): Promise<ClientConnection> =>
    open(name, (connection) => {
      leaving.remove(connection)
    })
  return { clock, told, leaving, connect }
}

test('a connection has so long to finish, and no longer', async () => {
  const { clock, told, leaving, connect } = setUp()
  const connection = await connect('a')
  leaving.add(connection, 5000)
  await clock.advanceAsync(4999)
  expect([...leaving.all]).toEqual([connection])
  await clock.advanceAsync(1)
  expect([...leaving.all]).toEqual([])
  expect(told).toEqual(['a: welcome', 'a: Its time to finish is over'])
})

test('one that is over before has nothing left to end', async () => {
  const { clock, told, leaving, connect } = setUp()
  const connection = await connect('a')
  leaving.add(connection, 5000)
  connection.close(1000, 'done', false)
  expect([...leaving.all]).toEqual([])
  await clock.advanceAsync(10_000)
  expect(told).toEqual(['a: welcome', 'a: done'])
  leaving.remove(connection)
})

test('four may finish at the same time; one more, and the one that leaves for longest ends', async () => {
  const { told, leaving, connect } = setUp()
  for (const name of ['a', 'b', 'c', 'd']) leaving.add(await connect(name), 1_000_000)
  expect([...leaving.all]).toHaveLength(4)
  expect(told).toHaveLength(4)
  const fifth = await connect('e')
  leaving.add(fifth, 1_000_000)
  expect([...leaving.all]).toHaveLength(4)
  expect([...leaving.all].at(-1)).toBe(fifth)
  expect(told.at(-1)).toBe('a: Too many connections are about to end')
})
