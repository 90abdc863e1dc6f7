import { describe, expect, test } from 'vitest'
import { createConnections } from './connection.fixture.ts'
import { TransportProbe } from './transport-probe.ts'

/** Fixed by PROTOCOL.md, "Choosing a transport". */
const PROOF_MS = 3_000
const FIRST_AFTER_MS = 15_000

function setUp() {
  const { clock, server, connect } = createConnections()
  /** When it looked. */
  const looks: number[] = []
  const proven: number[] = []
  const probe = new TransportProbe({
    clock,
    connect: (listener) => {
      looks.push(clock.now())
      return connect(true, listener)
    },
    proven: () => void proven.push(clock.now()),
  })
  return { clock, server, looks, proven, probe }
}

describe('a probe', () => {
  test('looks after a while, by a connection on standby, and is told when that has stayed', async () => {
    const { clock, server, looks, proven, probe } = setUp()
    probe.set('on')
    await clock.advanceAsync(FIRST_AFTER_MS - 1)
    expect(looks).toEqual([])
    await clock.advanceAsync(1)
    expect(server.latest.hello).toMatchObject({ standby: true, sid: undefined })
    await clock.advanceAsync(PROOF_MS - 1)
    expect(proven).toEqual([])
    await clock.advanceAsync(1)
    expect([looks, proven]).toEqual([[FIRST_AFTER_MS], [FIRST_AFTER_MS + PROOF_MS]])
    expect(server.latest.ending).toMatchObject({ origin: 'peer', code: 1000 })
    probe.stop()
  })

  test('looks once for each time that it is told to, however often it is', async () => {
    const { clock, looks, probe } = setUp()
    probe.set('on')
    await clock.advanceAsync(10_000)
    probe.set('on')
    await clock.advanceAsync(FIRST_AFTER_MS - 10_000)
    expect(looks).toEqual([FIRST_AFTER_MS])
    probe.stop()
  })

  test('looks again after twice the time, up to ten minutes, as long as nothing comes of it', async () => {
    const { clock, server, looks, proven, probe } = setUp()
    server.network.setReachable('refused')
    probe.set('on')
    await clock.advanceAsync(3_000_000)
    const pauses = looks.map((at, i) => at - (looks[i - 1] ?? 0))
    expect(pauses.slice(0, 8)).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
    expect(proven).toEqual([])
    probe.stop()
  })

  test('believes no connection that dies before it has stayed for its time', async () => {
    const { clock, server, looks, proven, probe } = setUp()
    probe.set('on')
    await clock.advanceAsync(FIRST_AFTER_MS + PROOF_MS - 1)
    server.latest.link.cut()
    await clock.advanceAsync(10_000)
    expect([looks.length, proven]).toEqual([1, []])
    await clock.advanceAsync(20_000)
    expect(looks).toHaveLength(2)
    probe.stop()
  })

  test('looks at once where things have changed, and goes on as from the beginning', async () => {
    const { clock, server, looks, probe } = setUp()
    server.network.setReachable('refused')
    probe.set('on')
    await clock.advanceAsync(100_000)
    const before = looks.length
    probe.soon()
    expect(looks).toHaveLength(before + 1)
    // One that looks already is not hurried.
    probe.soon()
    expect(looks).toHaveLength(before + 1)
    await clock.advanceAsync(30_000)
    expect(looks).toHaveLength(before + 2)
    probe.stop()
    probe.soon()
    expect(looks).toHaveLength(before + 2)
  })

  test.each([
    ['waits', FIRST_AFTER_MS - 1],
    ['has connected', FIRST_AFTER_MS + 1],
  ])('leaves nothing when it is stopped while it %s', async (_, ms) => {
    const { clock, looks, proven, probe, server } = setUp()
    probe.set('on')
    await clock.advanceAsync(ms)
    probe.set('off')
    const { length } = looks
    await clock.advanceAsync(1_000_000)
    expect([looks.length, proven]).toEqual([length, []])
    expect(server.network.links).toEqual([])
  })

  test('begins with the first pause when it is turned on again', async () => {
    const { clock, server, looks, probe } = setUp()
    server.network.setReachable('refused')
    probe.set('on')
    await clock.advanceAsync(200_000)
    probe.set('off')
    probe.set('on')
    const { length } = looks
    await clock.advanceAsync(FIRST_AFTER_MS)
    expect(looks).toHaveLength(length + 1)
    probe.stop()
  })
})
