import { afterEach, describe, expect, test } from 'vitest'
import { SharedFrame } from '../io/shared-frame.ts'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { joinMessage, MessageBuilder } from '../protocol/message-builder.ts'
import { createClientSession } from '../session/client-session.ts'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { call, echo } from './call.fixture.ts'
import { Caller } from './caller.ts'
import { connectPair, expectNothingLeft, HELLO, type Pair, type PairOptions } from './connected.fixture.ts'
import { Connection } from './connection.ts'
import type { ConnectionObserver } from './connection-observer.ts'
import { plainLists } from './forms.ts'
import { ItemSender } from './item-sender.ts'

const pairs: Pair[] = []

async function connect(options?: PairOptions): Promise<Pair> {
  const pair = await connectPair(options)
  pairs.push(pair)
  return pair
}

afterEach(async () => {
  for (const pair of pairs.splice(0)) await expectNothingLeft(pair)
})

/** What an end was told of its end, in order. */
function endOf({ told }: { readonly told: readonly string[] }): readonly string[] {
  return told.filter((line) => line.startsWith('lost') || line.startsWith('closed'))
}

function eventOf(bytes: number): SharedFrame {
  const payload = new Uint8Array(bytes + 5)
  payload[0] = 0xc6
  new DataView(payload.buffer).setUint32(1, bytes)
  return new SharedFrame({ type: FrameType.Event, event: 1, params: undefined, payload }, true)
}

function messageOf(frame: Frame): Uint8Array {
  const builder = new MessageBuilder()
  builder.append(frame)
  return builder.takeMessage({ seq: 0, count: 0, ack: 0 })
}

describe('the end of a connection', () => {
  test('is told with its code at both ends: of the session first, then of the transport, each once', async () => {
    const pair = await connect()
    pair.server.connection.close(4503, 'going', true)
    await pair.clock.advanceAsync(60_000)
    expect(endOf(pair.server)).toEqual(['lost: 4503 local', 'closed: 4503 local'])
    expect(endOf(pair.client)).toEqual(['lost: 4503 peer', 'closed: 4503 peer'])
  })

  test('settles what is in flight as unknown', async () => {
    const pair = await connect()
    const { outcome } = call(pair, 'sent')
    await pair.clock.settle()
    pair.link.cut()
    await pair.clock.settle()
    expect(endOf(pair.client)).toEqual(['lost: 1006 transport', 'closed: 1006 transport'])
    expect(endOf(pair.server)).toEqual(['lost: 1006 transport', 'closed: 1006 transport'])
    expect(outcome()).toBe('lost unknown')
  })

  test('knows a call of the very turn in which the transport went as unsent', async () => {
    const pair = await connect()
    const { outcome } = call(pair, 'only collected')
    pair.client.listener.onClose(1006, '')
    expect(outcome()).toBe('lost unsent')
    pair.link.cut()
  })

  test('does not call a call of the very turn unsent in which this end closes: it leaves ahead of CLOSE', async () => {
    const ran: string[] = []
    const pair = await connect({ server: ({ type }) => void ran.push(type) })
    const { outcome } = call(pair, 'collected')
    pair.client.connection.close(1000, 'done', false)
    expect(outcome()).toBe('lost unknown')
    await pair.clock.settle()
    expect(ran).toEqual(['call'])
  })

  test('lets items leave that were collected in the very turn in which this end closes', async () => {
    const came: unknown[] = []
    const pair = await connect({
      server: (effect) => {
        if (effect.type === 'items') came.push(...pair.codec.decodeList(effect.values, effect.count))
      },
    })
    const { connection } = pair.client
    const id = connection.nextId()
    const request = { id, procedure: 'stream', input: undefined, timeoutMs: undefined, meta: undefined }
    connection.open({ ...request, resume: undefined, duplex: true })
    const sender = new ItemSender({ link: connection, id, lists: plainLists(pair.codec) })
    expect(sender.hasRoom()).toBe(true)
    for (const item of [1, 2]) sender.add(item)
    connection.close(1000, 'done', false)
    await pair.clock.settle()
    expect(came).toEqual([1, 2])
  })

  test('tells a refused client that none of its calls has run', async () => {
    const pair = await connect({
      onHello: ({ connection }) => connection.move((moves, now) => moves.refuse(4401, 'who are you?', false, now)),
    })
    expect(endOf(pair.client)).toEqual(['lost: 4401 peer', 'closed: 4401 peer'])
    expect(call(pair, 'late').outcome()).toBe('lost unsent')
  })

  test('is reported after 3 s when the peer never answers the close, and not before', async () => {
    const pair = await connect()
    pair.link.silence('both')
    pair.client.connection.close(1000, 'done', false)
    await pair.clock.advanceAsync(2999)
    expect(endOf(pair.client)).toEqual(['lost: 1000 local'])
    await pair.clock.advanceAsync(1)
    expect(endOf(pair.client)).toEqual(['lost: 1000 local', 'closed: 1000 local'])
    pair.link.cut()
  })

  test('leaves every later move without effect', async () => {
    const pair = await connect({ server: echo })
    const { connection } = pair.client
    connection.close(1000, 'done', false)
    await pair.clock.settle()
    const { messages } = pair.link.up
    connection.close(4500, 'again', true)
    connection.cancel(1)
    connection.succeed(2, undefined)
    connection.sendItems(1, { count: 1, values: Uint8Array.of(0x91, 0xc0), resumes: undefined })
    expect(connection.itemRoom(1)).toBeUndefined()
    expect(pair.server.connection.publish(eventOf(10))).toBe('missed')
    await pair.clock.settle()
    expect(pair.link.up.messages).toBe(messages)
    expect(endOf(pair.client)).toEqual(['lost: 1000 local', 'closed: 1000 local'])
  })

  test('ignores what a transport says after its last word', async () => {
    const pair = await connect({ server: echo })
    pair.link.cut()
    await pair.clock.settle()
    const { told } = pair.client
    const before = [...told]
    pair.client.listener.onMessage(Uint8Array.of(0xc1))
    pair.client.listener.onOpen()
    pair.client.listener.onDrain()
    pair.client.listener.onClose(1000, '')
    await pair.clock.settle()
    expect(told).toEqual(before)
  })
})

describe('a peer that breaks the rules', () => {
  test.each<[string, Uint8Array, number]>([
    ['bytes that are no message', Uint8Array.of(0xc1, 0xc1), 4422],
    [
      'a compressed message where none was agreed',
      joinMessage({ seq: 1, count: 1, ack: 0 }, new Uint8Array(9), true),
      4400,
    ],
    [
      'a header that claims a gap',
      joinMessage({ seq: 99, count: 1, ack: 0 }, Uint8Array.of(0x91, 0x92, 7, 1), false),
      4410,
    ],
    ['another HELLO', messageOf({ type: FrameType.Hello, hello: HELLO }), 4429],
    ['a message above the limit', new Uint8Array(DEFAULT_LIMITS.messageBytes + 1), 4413],
  ])('is told 4xxx for %s', async (_what, bytes, code) => {
    const pair = await connect()
    pair.link.clientEnd.send(bytes)
    await pair.clock.settle()
    expect(endOf(pair.server)).toEqual([`lost: ${code} local`, `closed: ${code} local`])
    expect(endOf(pair.client)).toEqual([`lost: ${code} peer`, `closed: ${code} peer`])
    expect([...pair.server.faults, ...pair.client.faults]).toEqual([])
  })
})

describe('a failure inside', () => {
  const failure = new Error('bug')
  const fail = (): never => {
    throw failure
  }

  test('of a callee ends that connection with 4500, tells the peer nothing else, and is reported', async () => {
    const pair = await connect({ server: fail })
    const { outcome } = call(pair, 1)
    await pair.clock.settle()
    expect(endOf(pair.server)).toEqual(['lost: 4500 local', 'closed: 4500 local'])
    expect(endOf(pair.client)).toEqual(['lost: 4500 peer', 'closed: 4500 peer'])
    expect(pair.server.faults).toEqual([failure])
    expect(outcome()).toBe('lost unknown')
  })

  test('of the transport is contained', async () => {
    let broken = false
    const pair = await connect({
      server: echo,
      serverTransport: (transport) => ({
        kind: 'test',
        compresses: false,
        backlogBytes: 0,
        send: (message) => (broken ? fail() : transport.send(message)),
        close: (code, reason) => transport.close(code, reason),
      }),
    })
    broken = true
    call(pair, 1)
    await pair.clock.advanceAsync(3000)
    expect(endOf(pair.server)).toEqual(['lost: 4500 local', 'closed: 4500 local'])
    expect(pair.server.faults).toContain(failure)
  })

  test('of the observer itself is contained, even where it reports', async () => {
    const pair = await connect()
    const { observer } = pair.server
    observer.onLost = fail
    observer.onClosed = fail
    observer.onFault = fail
    pair.server.connection.close(1000, '', false)
    await pair.clock.settle()
    expect(endOf(pair.client)).toEqual(['lost: 1000 peer', 'closed: 1000 peer'])
  })

  test('of a session while it ends is contained', async () => {
    const pair = await connect({ server: fail })
    const { session } = pair.server.connection
    session.close = fail
    call(pair, 1)
    await pair.clock.settle()
    expect(endOf(pair.server)).toEqual(['lost: 4500 local', 'closed: 4500 local'])
    expect(pair.server.faults).toEqual([failure, failure])
  })
})

describe('a peer that does not read', () => {
  const MiB = 1024 * 1024

  function publish({ server }: Pair, bytes: number): void {
    for (let sent = 0; sent < bytes; sent += 64 * 1024) server.connection.publish(eventOf(64 * 1024))
  }

  /** Lets time pass while the peer goes on talking, so that nobody can think it dead. */
  async function advanceTalking(pair: Pair, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      pair.link.clientEnd.send(messageOf({ type: FrameType.Ping, n: 1, t: passed }))
      await pair.clock.advanceAsync(500)
    }
  }

  test('is left alone up to 1 MiB of backlog', async () => {
    const pair = await connect()
    pair.link.pause('down')
    publish(pair, MiB - 64 * 1024)
    await advanceTalking(pair, 18_000)
    expect(pair.server.connection.isLive).toBe(true)
    pair.link.resume('down')
  })

  test('is closed with 4508 after 15 s without progress', async () => {
    const pair = await connect()
    pair.link.pause('down')
    publish(pair, 2 * MiB)
    await advanceTalking(pair, 14_500)
    expect(pair.server.connection.isLive).toBe(true)
    await advanceTalking(pair, 1000)
    expect(endOf(pair.server)[0]).toBe('lost: 4508 local')
    await pair.clock.advanceAsync(3000)
    expect(endOf(pair.server)[1]).toBe('closed: 4508 local')
    pair.link.cut()
  })

  test('is kept while it reads, if slowly', async () => {
    const pair = await connect()
    pair.link.down.setBandwidth(100)
    publish(pair, 4 * MiB)
    await pair.clock.advanceAsync(20_000)
    expect(pair.server.connection.stats.backlogBytes).toBeGreaterThan(MiB)
    await pair.clock.advanceAsync(40_000)
    expect(pair.client.events).toHaveLength(64)
  })

  test('is not taken for dead while it reads, though no answer of it comes', async () => {
    const pair = await connect()
    pair.link.up.setMode('silent')
    pair.link.down.setBandwidth(50)
    publish(pair, 3 * MiB)
    await pair.clock.advanceAsync(60_000)
    expect(pair.server.connection.stats.backlogBytes).toBeGreaterThan(0)
    expect(pair.server.connection.isLive).toBe(true)
    await pair.clock.advanceAsync(40_000)
    expect(endOf(pair.server)[0]).toBe('lost: 4504 local')
    pair.link.cut()
  })

  test('is closed at once above 16 MiB', async () => {
    const pair = await connect()
    pair.link.pause('down')
    publish(pair, 15 * MiB)
    await pair.clock.settle()
    expect(pair.server.connection.isLive).toBe(true)
    publish(pair, MiB)
    await pair.clock.settle()
    expect(endOf(pair.server)[0]).toBe('lost: 4508 local')
    pair.link.cut()
  })
})

describe('a transport that never opened', () => {
  function setUp() {
    const clock = createVirtualClock()
    const told: string[] = []
    const observer: ConnectionObserver = {
      onOpen: () => {},
      onHandshake: () => {},
      onLinkEffect: () => {},
      onDetached: () => {},
      onLost: ({ code, origin }) => void told.push(`lost: ${code} ${origin}`),
      onClosed: ({ code, origin }) => void told.push(`closed: ${code} ${origin}`),
      onFault: (error) => void told.push(String(error)),
    }
    const session = createClientSession({ hello: HELLO, limits: DEFAULT_LIMITS })
    const options = { clock, limits: DEFAULT_LIMITS, compressor: undefined }
    const connection = new Connection(session, observer, options)
    const caller = new Caller(connection, () => {})
    return {
      clock,
      told,
      connection,
      sides: { caller, callee: { onCalleeEffect: () => {}, onRoom: () => {}, onLost: () => {} } },
    }
  }

  test('is closed without a word', () => {
    const { told, connection, sides, clock } = setUp()
    const asked: string[] = []
    const transport = {
      kind: 'test',
      compresses: false,
      backlogBytes: 0,
      send: () => void asked.push('send'),
      close: (code: number) => void asked.push(`close ${code}`),
    }
    connection.start({ connector: { kind: 'test', connect: () => transport }, ...sides })
    connection.close(1000, 'never mind', false)
    clock.advance(3000)
    expect(asked[0]).toBe('close 1000')
    expect(asked).not.toContain('send')
    expect(told).toEqual(['lost: 1000 local', 'closed: 1000 local'])
    expect(clock.pending).toBe(0)
  })

  test('passes on what the connector throws', () => {
    const { connection, sides, clock } = setUp()
    const refuse = (): never => {
      throw new SyntaxError('no address')
    }
    expect(() => connection.start({ connector: { kind: 'test', connect: refuse }, ...sides })).toThrow('no address')
    expect(connection.isLive).toBe(false)
    expect(clock.pending).toBe(0)
  })
})
