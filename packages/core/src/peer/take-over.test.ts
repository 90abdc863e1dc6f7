import { afterEach, describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { joinMessage, MessageBuilder } from '../protocol/message-builder.ts'
import { call } from './call.fixture.ts'
import { expectNothingLeft, type Pair, type PairOptions, type Script } from './connected.fixture.ts'
import { attach, connectResumablePair } from './take-over.fixture.ts'

const pairs: Pair[] = []

async function connect(options?: PairOptions): Promise<Pair> {
  const pair = await connectResumablePair(options)
  pairs.push(pair)
  return pair
}

afterEach(async () => {
  for (const pair of pairs.splice(0)) await expectNothingLeft(pair)
})

/** Answers calls with their input, and writes down which came. */
function recorder() {
  const ids: number[] = []
  const script: Script = (effect, link) => {
    if (effect.type !== 'call') return
    ids.push(effect.id)
    link.succeed(effect.id, effect.input)
  }
  return { ids, script }
}

describe('a session that moves to another transport', () => {
  test.each([
    ['works on', () => {}],
    ['is dead without a word', ({ link }: Pair) => link.silence('both')],
    ['is cut', ({ link }: Pair) => link.cut()],
    ['brings nothing more down', ({ link }: Pair) => link.silence('down')],
  ])('loses and repeats nothing of what is under way on one that %s', async (_, happen) => {
    const [up, down] = [recorder(), recorder()]
    const pair = await connect({ latencyMs: 10, server: up.script, client: down.script })
    const calls = []
    // One pair of calls each 3 ms: some are answered, some under way up, some down, some still to be made.
    for (let i = 0; i < 20; i++) {
      calls.push(call(pair, i), call(pair, i, { from: 'server' }))
      if (i === 5) happen(pair)
      if (i === 9) attach(pair)
      await pair.clock.advanceAsync(3)
    }
    await pair.clock.advanceAsync(100)
    expect(calls.map(({ outcome }) => outcome())).toEqual(calls.map((__, i) => Math.floor(i / 2)))
    expect(up.ids).toEqual(calls.filter((__, i) => i % 2 === 0).map(({ id }) => id))
    expect(down.ids).toEqual(calls.filter((__, i) => i % 2 === 1).map(({ id }) => id))
  })

  test('keeps the order of what was collected in the turn, and what comes behind', async () => {
    const { ids, script } = recorder()
    const pair = await connect({ client: script })
    const made: number[] = []
    const callDown = (): void => void made.push(call(pair, made.length, { from: 'server' }).id)
    callDown()
    attach(pair, { before: callDown, after: callDown })
    callDown()
    await pair.clock.settle()
    callDown()
    await pair.clock.settle()
    expect(made).toHaveLength(5)
    expect(ids).toEqual(made)
  })

  test('acts upon nothing that the old transport still brings', async () => {
    const { ids, script } = recorder()
    const pair = await connect({ server: script })
    const { server } = pair
    attach(pair)
    await pair.clock.settle()
    const builder = new MessageBuilder()
    builder.append({
      type: FrameType.Call,
      id: 1,
      procedure: 'p',
      input: undefined,
      timeoutMs: undefined,
      meta: undefined,
    })
    server.listener.onMessage(joinMessage({ seq: 1, count: 1, ack: 0 }, builder.takeBody(), false))
    server.listener.onMessage(Uint8Array.of(0xc1))
    server.listener.onDrain()
    server.listener.onClose(1006, '')
    await pair.clock.settle()
    expect(ids).toEqual([])
    expect(server.connection.isLive && !server.connection.isDetached).toBe(true)
    const { outcome } = call(pair, 'still there')
    await pair.clock.settle()
    expect(outcome()).toBe('still there')
  })

  test('tells the transport that it leaves, and closes it with 4409', async () => {
    const pair = await connect()
    const { told, listener } = pair.client
    const onClose = listener.onClose.bind(listener)
    listener.onClose = (code, reason) => {
      told.push(`transport: ${code}`)
      onClose(code, reason)
    }
    told.length = 0
    attach(pair)
    await pair.clock.settle()
    // SUPERSEDED came before WELCOME, so that it was without a transport for a moment.
    expect(told).toEqual(['detached: 4409 local', 'transport: 4409', 'proven', 'round-trip'])
    expect(pair.server.told).toEqual(['hello', 'proven'])
    expect(pair.link.gone).toBe(true)
  })

  test('is told once that the other end knows of it, whatever comes first', async () => {
    const pair = await connect()
    const told = pair.server.told.length
    const link = attach(pair)
    link.silence('down')
    await pair.clock.settle()
    expect(pair.server.told.slice(told)).toEqual([])
    link.cut()
    await pair.clock.settle()
    attach(pair)
    await pair.clock.settle()
    call(pair, 1)
    await pair.clock.settle()
    expect(pair.server.told.filter((word) => word === 'proven')).toHaveLength(1)
  })

  test('compresses as each connection has agreed', async () => {
    const { script } = recorder()
    const compression = { algorithm: 'deflate-raw', thresholdBytes: 100 }
    const pair = await connect({ server: script, compression })
    const text = 'abc'.repeat(500)
    pair.link.cut()
    await pair.clock.settle()
    const kept = call(pair, text)
    const plain = attach(pair)
    await pair.clock.settle()
    expect(kept.outcome()).toBe(text)
    expect(plain.up.bytes).toBeGreaterThan(text.length)
    const compressed = attach(pair, { welcome: { compression } })
    await pair.clock.settle()
    const again = call(pair, text)
    await pair.clock.settleUntil(() => again.outcome() === text, Number.POSITIVE_INFINITY)
    expect(compressed.up.bytes).toBeLessThan(text.length)
    expect([...pair.client.faults, ...pair.server.faults]).toEqual([])
  })

  test('counts what came over all of its transports', async () => {
    const { script } = recorder()
    const pair = await connect({ server: script })
    call(pair, 1)
    await pair.clock.settle()
    const before = pair.server.connection.stats.received.messages
    pair.link.cut()
    await pair.clock.settle()
    attach(pair)
    await pair.clock.settle()
    expect(pair.server.connection.stats.received.messages).toBeGreaterThan(before)
  })

  test.each([
    ['a generation that does not grow', { gen: 1 }],
    ['another session', { sid: 'another' }],
  ])('ends with 4400 at a client that is welcomed with %s', async (_, welcome) => {
    const pair = await connect()
    const { outcome } = call(pair, 1)
    await pair.clock.settle()
    pair.link.cut()
    await pair.clock.settle()
    attach(pair, { welcome })
    await pair.clock.settle()
    expect(pair.client.told).toContain('lost: 4400 local')
    expect(pair.server.told).toContain('lost: 4400 peer')
    expect(outcome()).toBe('lost unknown')
  })

  test('is moved by no transport that was given away already, and not when it is over', async () => {
    const pair = await connect()
    const { connection } = pair.server
    let arrival = connection
    const link = attach(pair, {
      before: (given) => {
        arrival = given
      },
    })
    await pair.clock.settle()
    connection.takeOver(arrival, () => [])
    expect(connection.transport).toBe(link.serverEnd)
    attach(pair, { before: () => connection.close(1000, '', false) })
    await pair.clock.advanceAsync(20_000)
    expect(pair.client.told).toContain('lost: 1000 peer')
    expect(connection.isLive).toBe(false)
  })
})
