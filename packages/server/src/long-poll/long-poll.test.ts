import { encodePollRequest, POLL_LIMITS, PollMode } from '@tautline/core/long-poll'
import { describe, expect, test } from 'vitest'
import type { UpgradeDecision } from '../socket.ts'
import { clientCertificate } from '../test-bench.fixture.ts'
import { createLongPoll } from './long-poll.ts'
import { createPollBench, ID, oneChunk, type PollBench, piece } from './poll-bench.fixture.ts'

const open = { mode: PollMode.Open, seq: 1, parts: [piece('hello')] } as const
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

async function connected(options: Parameters<typeof createPollBench>[0] = {}): Promise<PollBench> {
  const bench = createPollBench(options)
  await bench.post(open)
  await bench.clock.advanceAsync(1000)
  return bench
}

describe('a first request', () => {
  test('opens a connection as an upgrade would, and brings its message', async () => {
    const bench = createPollBench({ onOpen: (socket) => expect(socket.kind).toBe('long-poll') })
    const first = await bench.post(open, { origin: 'https://app.example' })
    expect(bench.asked[0]?.headers.get('origin')).toBe('https://app.example')
    expect(bench.events).toEqual(['hello'])
    bench.sockets[0]?.send(utf8('welcome'))
    await bench.clock.settle()
    expect(first).toMatchObject({ status: 200, parts: ['welcome'], answer: { seq: 1, ack: 1 } })
    expect(first.headers).toEqual({
      'content-type': 'application/vnd.tautline.1',
      'cache-control': 'no-store',
      vary: 'origin',
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'retry-after',
    })
  })

  test('is answered after a second where there is nothing to say', async () => {
    const bench = createPollBench()
    const first = await bench.post(open)
    await bench.clock.advanceAsync(999)
    expect(first.status).toBeUndefined()
    await bench.clock.advanceAsync(1)
    expect(first).toMatchObject({ status: 200, parts: [], answer: { seq: 0, ack: 1 } })
  })

  test('is refused with what the server decides', async () => {
    const decision = { accept: false, status: 429, headers: { 'Retry-After': '3' }, body: 'full' } as const
    const bench = createPollBench({ decide: () => decision })
    const first = await bench.post(open)
    expect(first).toMatchObject({
      status: 429,
      text: 'full',
      headers: { 'retry-after': '3', 'cache-control': 'no-store' },
    })
    expect(bench.sockets).toEqual([])
  })

  test('that is repeated opens one connection, also while it is decided on', async () => {
    const decision = Promise.withResolvers<UpgradeDecision>()
    const bench = createPollBench({ decide: () => decision.promise })
    const first = await bench.post(open)
    const again = await bench.post({ ...open, mode: PollMode.Poll })
    const other = await bench.post({ ...open, mode: PollMode.Poll }, { origin: 'https://evil.example' })
    expect(other.status).toBe(403)
    decision.resolve({ accept: true })
    await bench.clock.settle()
    expect([bench.asked.length, bench.sockets.length, bench.events]).toEqual([1, 1, ['hello']])
    expect([first.status, again.status]).toEqual([200, undefined])
  })

  test.each([
    ['a send', { ...open, mode: PollMode.Send }],
    ['a poll, though it brings the first part', { ...open, mode: PollMode.Poll }],
    ['one that begins later', { ...open, seq: 2 }],
    ['one that brings nothing', { mode: PollMode.Open }],
  ])('is not %s: 410', async (_, request) => {
    const bench = createPollBench()
    expect((await bench.post(request)).status).toBe(410)
    expect(bench.asked).toEqual([])
  })

  test('that is still decided on, or held, may be followed by the end of its client', async () => {
    const decision = Promise.withResolvers<UpgradeDecision>()
    const bench = createPollBench({ decide: () => decision.promise })
    const first = await bench.post(open)
    const parts = [piece('hello'), { type: 'close', code: 1000, reason: 'done' } as const]
    const end = await bench.post({ mode: PollMode.Send, seq: 1, parts })
    decision.resolve({ accept: true })
    await bench.clock.settle()
    expect([first.status, end.answer?.ack]).toEqual([200, 2])
    expect(bench.events).toEqual(['hello', 'closed 1000 done'])
    await bench.longPoll.settled()
  })

  test('that comes late does not run again what has run, for a minute', async () => {
    const bench = await connected()
    bench.sockets[0]?.terminate()
    await bench.clock.advanceAsync(59_999)
    expect((await bench.post(open)).status).toBe(410)
    await bench.clock.advanceAsync(1)
    expect((await bench.post(open)).status).toBeUndefined()
  })

  test.each([
    ['the end of its client', PollMode.Send, [piece('hello'), { type: 'close', code: 1000, reason: 'done' }]],
    ['what repeats it', PollMode.Poll, [piece('hello')]],
  ] as const)('that is overtaken by %s opens nothing, since its client has gone by that', async (_, mode, parts) => {
    const bench = createPollBench()
    expect((await bench.post({ mode, seq: 1, parts })).status).toBe(410)
    expect((await bench.post(open)).status).toBe(410)
    await bench.clock.advanceAsync(59_999)
    expect((await bench.post(open)).status).toBe(410)
    expect([bench.asked, bench.events]).toEqual([[], []])
  })

  test('that comes late opens nothing, however many requests of unknown ids came in between', async () => {
    const bench = await connected()
    bench.sockets[0]?.terminate()
    const id = new Uint8Array(16)
    for (let n = 0; n < 10_001; n += 1) {
      new DataView(id.buffer).setUint32(4, n)
      expect((await bench.post({ mode: PollMode.Poll, seq: 1, id, parts: [piece('hello')] })).status).toBe(410)
    }
    expect((await bench.post(open)).status).toBe(410)
  })

  test('that was refused is not accepted later', async () => {
    let accept = false
    const bench = createPollBench({
      decide: () => (accept ? { accept } : { accept, status: 503, headers: {}, body: '' }),
    })
    expect((await bench.post(open)).status).toBe(503)
    accept = true
    expect((await bench.post(open)).status).toBe(410)
  })
})

describe('a poll', () => {
  test('is held for twenty seconds', async () => {
    const bench = await connected()
    const poll = await bench.post({})
    await bench.clock.advanceAsync(19_999)
    expect([poll.status, bench.longPoll.stats().held]).toEqual([undefined, 1])
    await bench.clock.advanceAsync(1)
    expect(poll).toMatchObject({ status: 200, parts: [] })
  })

  test('takes all messages of a turn, and keeps them until they are acknowledged', async () => {
    const bench = await connected()
    const lost = await bench.post({})
    bench.sockets[0]?.send(utf8('a'))
    bench.sockets[0]?.send(utf8('b'))
    await bench.clock.settle()
    expect(lost.parts).toEqual(['a', 'b'])
    expect(bench.sockets[0]?.backlogBytes).toBe(2)
    const again = await bench.post({})
    expect(again).toMatchObject({ parts: ['a', 'b'], answer: { seq: 1 } })
    await bench.post({ ack: 2 })
    expect([bench.sockets[0]?.backlogBytes, bench.events.at(-1)]).toEqual([0, 'drained'])
  })

  test('that is newer supersedes an older one', async () => {
    const bench = await connected()
    const older = await bench.post({})
    const newer = await bench.post({})
    expect(older).toMatchObject({ status: 200, parts: [] })
    bench.sockets[0]?.send(utf8('a'))
    await bench.clock.settle()
    expect(newer.parts).toEqual(['a'])
  })

  test('whose client is gone takes nothing', async () => {
    const bench = await connected()
    const gone = new AbortController()
    const poll = await bench.post({}, { signal: gone.signal })
    gone.abort()
    bench.sockets[0]?.send(utf8('a'))
    await bench.clock.settle()
    expect([poll.parts, bench.longPoll.stats().held]).toEqual([[], 0])
    expect((await bench.post({}, { signal: gone.signal })).parts).toEqual(['a'])
    expect((await bench.post({ ack: 1 }, { signal: gone.signal })).parts).toEqual([])
  })
})

describe('a send', () => {
  test('is answered at once, with what is new where no poll is held', async () => {
    const bench = await connected()
    bench.sockets[0]?.send(utf8('a'))
    await bench.clock.settle()
    const send = await bench.post({ mode: PollMode.Send, seq: 2, parts: [piece('one')] })
    expect(send).toMatchObject({ parts: ['a'], answer: { ack: 2 } })
    expect((await bench.post({ mode: PollMode.Send })).parts).toEqual([])
    expect((await bench.post({})).parts).toEqual(['a'])
    const poll = await bench.post({ ack: 1 })
    bench.sockets[0]?.send(utf8('b'))
    expect((await bench.post({ mode: PollMode.Send, ack: 1 })).parts).toEqual([])
    expect(poll.parts).toEqual(['b'])
  })

  test('that is repeated brings its messages once', async () => {
    const bench = await connected()
    const send = { mode: PollMode.Send, seq: 2, parts: [piece('one'), piece('two')] } as const
    await bench.post(send)
    expect((await bench.post(send)).answer?.ack).toBe(3)
    expect(bench.events).toEqual(['hello', 'one', 'two'])
  })

  test.each([
    ['with a gap before its parts', { seq: 3, parts: [piece('x')] }],
    ['with an ack of what was never sent', { ack: 1 }],
  ])('%s is answered with 400', async (_, request) => {
    const bench = await connected()
    expect((await bench.post({ mode: PollMode.Send, ...request })).status).toBe(400)
    expect(bench.events).toEqual(['hello'])
  })

  test('may bring a message of the limit; one byte more closes with 1009', async () => {
    const bench = await connected({ maxMessageBytes: 10 })
    const poll = await bench.post({})
    await bench.post({ mode: PollMode.Send, seq: 2, parts: [piece('12345', false), piece('67890')] })
    expect(bench.events.at(-1)).toBe('1234567890')
    await bench.post({ mode: PollMode.Send, seq: 4, parts: [piece('12345', false), piece('678901'), piece('next')] })
    expect(bench.events.at(-1)).toBe('1234567890')
    expect(poll.parts).toEqual(['close 1009 message too big'])
    await bench.post({ mode: PollMode.Send, ack: 1 })
    expect(bench.events.at(-1)).toBe('closed 1009 message too big')
  })

  test('from another origin is refused with 403', async () => {
    const bench = createPollBench()
    await bench.post(open, { origin: 'https://app.example' })
    const send = { mode: PollMode.Send, seq: 2, parts: [piece('x')] } as const
    expect((await bench.post(send, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await bench.post(send)).status).toBe(403)
    expect(bench.events).toEqual(['hello'])
  })

  test('with another certificate is refused with 403', async () => {
    const bench = createPollBench()
    const certificate = clientCertificate('device-7')
    await bench.post(open, { certificate })
    const send = { mode: PollMode.Send, seq: 2, parts: [piece('x')] } as const
    expect((await bench.post(send, { certificate: clientCertificate('device-8') })).status).toBe(403)
    expect((await bench.post(send)).status).toBe(403)
    expect(bench.events).toEqual(['hello'])
    expect((await bench.post(send, { certificate })).status).toBe(200)
    expect(bench.events).toEqual(['hello', 'x'])
  })
})

describe('a body', () => {
  async function* chunks(count: number, size: number): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < count; n += 1) yield new Uint8Array(size)
  }

  test('of the limit is read, and one byte more answered with 413', async () => {
    const bench = createPollBench()
    const half = POLL_LIMITS.bodyBytes / 2
    expect((await bench.postBytes(chunks(2, half))).status).toBe(400)
    expect((await bench.postBytes(chunks(1, POLL_LIMITS.bodyBytes + 1))).status).toBe(413)
  })

  test('that does not arrive within half a minute is answered with 408', async () => {
    const bench = createPollBench()
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: () => new Promise(() => {}) }),
    }
    const slow = await bench.postBytes(never)
    await bench.clock.advanceAsync(29_999)
    expect(slow.status).toBeUndefined()
    await bench.clock.advanceAsync(1)
    expect(slow.status).toBe(408)
  })

  test('that is none, is no request or breaks off is answered with 400', async () => {
    const bench = createPollBench()
    expect((await bench.postBytes(null)).status).toBe(400)
    expect((await bench.postBytes(oneChunk(utf8('{}')))).status).toBe(400)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new Error('reset')
    }
    expect((await bench.postBytes(broken())).status).toBe(400)
    const whole = encodePollRequest({ ...open, id: ID, ack: 0 })
    expect((await bench.postBytes(oneChunk(whole.subarray(0, -1)))).status).toBe(400)
    expect(bench.asked).toEqual([])
  })
})

describe('a connection', () => {
  test('without a request is given up thirty seconds after the last answer', async () => {
    const bench = await connected()
    await bench.clock.advanceAsync(29_999)
    expect(bench.events).toEqual(['hello'])
    await bench.post({ mode: PollMode.Send })
    await bench.clock.advanceAsync(29_999)
    expect(bench.events).toEqual(['hello'])
    await bench.clock.advanceAsync(1)
    expect(bench.events).toEqual(['hello', 'closed 1006'])
    expect((await bench.post({})).status).toBe(410)
  })

  test('whose poll is held is not given up', async () => {
    const bench = await connected()
    for (let n = 0; n < 10; n += 1) {
      await bench.post({})
      await bench.clock.advanceAsync(25_000)
    }
    expect(bench.events).toEqual(['hello'])
  })

  test('delivers what is queued before its close, and is over when that is acknowledged', async () => {
    const bench = await connected()
    const [socket] = bench.sockets
    socket?.send(utf8('last'))
    socket?.close(4503, 'restarting')
    expect(socket?.send(utf8('too late'))).toBe(true)
    socket?.close(4000, 'again')
    expect((await bench.post({})).parts).toEqual(['last', 'close 4503 restarting'])
    expect((await bench.post({})).parts).toEqual(['last', 'close 4503 restarting'])
    expect(bench.events).toEqual(['hello'])
    expect((await bench.post({ mode: PollMode.Send, ack: 2 })).status).toBe(200)
    expect(bench.events).toEqual(['hello', 'closed 4503 restarting'])
    expect((await bench.post({ ack: 2 })).status).toBe(410)
  })

  test('is closed by its client, and the poll answered', async () => {
    const bench = await connected()
    const poll = await bench.post({})
    const parts = [piece('last'), { type: 'close', code: 1000, reason: 'done' } as const]
    expect(await bench.post({ mode: PollMode.Send, seq: 2, parts })).toMatchObject({ status: 200, answer: { ack: 3 } })
    expect(poll.status).toBe(200)
    expect(bench.events).toEqual(['hello', 'last', 'closed 1000 done'])
  })

  test('is forgotten at once when it is cut', async () => {
    const bench = await connected()
    const poll = await bench.post({})
    bench.sockets[0]?.send(utf8('lost'))
    bench.sockets[0]?.terminate()
    await bench.clock.settle()
    expect(poll.status).toBe(410)
    expect(bench.events).toEqual(['hello', 'closed 1006'])
  })

  test('may be cut or closed before the server listens to it', async () => {
    const bench = createPollBench({ onOpen: (socket) => socket.terminate() })
    expect((await bench.post(open)).status).toBe(410)
    expect(bench.events).toEqual(['closed 1006'])
  })

  test('drops what would pass the bytes that may wait, and says so', async () => {
    const bench = await connected({ maxWaitingBytes: 10 })
    expect(bench.sockets[0]?.send(new Uint8Array(10))).toBe(true)
    expect(bench.sockets[0]?.send(new Uint8Array(1))).toBe(false)
  })
})

describe('all of them', () => {
  test('are waited for', async () => {
    const bench = await connected()
    let settled = false
    void bench.longPoll.settled().then(() => {
      settled = true
    })
    await bench.clock.settle()
    expect(settled).toBe(false)
    bench.sockets[0]?.terminate()
    await bench.clock.settle()
    expect(settled).toBe(true)
  })

  test('are recognised by method and media type', () => {
    const { longPoll } = createPollBench()
    expect(longPoll.handles('POST', 'application/vnd.tautline.1')).toBe(true)
    for (const accept of [undefined, null, '', '*/*', 'application/vnd.tautline.1, */*']) {
      expect(longPoll.handles('POST', accept)).toBe(false)
    }
    expect(longPoll.handles('GET', 'application/vnd.tautline.1')).toBe(false)
  })

  test('have options that can work', () => {
    const acceptor = {} as Parameters<typeof createLongPoll>[0]
    expect(() => createLongPoll(acceptor, { holdMs: 0 })).toThrow(
      'Expected `longPoll.holdMs` to be an integer >= 1 and <= 20000, got `0` (number)',
    )
    expect(() => createLongPoll(acceptor, { holdMs: 20_001 })).toThrow('`longPoll.holdMs`')
    expect(() => createLongPoll(acceptor, { maxWaitingBytes: -1 })).toThrow('`longPoll.maxWaitingBytes`')
  })
})

describe('while the server does not read', () => {
  const send = (seq: number, ...texts: readonly string[]) => ({
    mode: PollMode.Send,
    seq,
    parts: texts.map((text) => piece(text)),
  })

  async function paused() {
    const bench = createPollBench({ holdMs: 5000 })
    await bench.post(open)
    bench.sockets[0]?.pauseReading?.(true)
    return { ...bench, read: () => bench.sockets[0]?.pauseReading?.(false) }
  }

  test('a request that brings something is answered when it reads again, and not before', async () => {
    const { post, events, clock, read } = await paused()
    const request = await post(send(2, 'a', 'b'))
    await clock.advanceAsync(4999)
    expect([request.status, events]).toEqual([undefined, ['hello']])
    read()
    await clock.settle()
    expect([request.answer?.ack, events]).toEqual([3, ['hello', 'a', 'b']])
  })

  test('it takes nothing for longer than a poll is held, and what it has not taken comes again', async () => {
    const { post, events, clock, read } = await paused()
    const request = await post(send(2, 'a'))
    await clock.advanceAsync(5000)
    expect([request.answer?.ack, events]).toEqual([1, ['hello']])
    read()
    await post(send(2, 'a'))
    expect(events).toEqual(['hello', 'a'])
  })

  test('it keeps one such request, whatever a client sends', async () => {
    const { post, events, clock, read } = await paused()
    const requests = []
    for (let i = 0; i < 100; i += 1) requests.push(await post(send(2, `${i}`)))
    expect(requests.filter(({ status }) => status === undefined)).toHaveLength(1)
    expect(requests[0]?.answer?.ack).toBe(1)
    read()
    await clock.settle()
    expect(events).toEqual(['hello', '99'])
  })

  test('it sends what there is, and hears what has arrived', async () => {
    const { post, sockets, clock } = await paused()
    const poll = await post({ mode: PollMode.Poll, ack: 0 })
    sockets[0]?.send(utf8('news'))
    await clock.settle()
    expect(poll.parts).toEqual(['news'])
    await post({ mode: PollMode.Poll, ack: 1 })
    expect(sockets[0]?.backlogBytes).toBe(0)
  })

  test('a request that waits is answered when the connection ends', async () => {
    const { post, sockets, clock } = await paused()
    const request = await post(send(2, 'a'))
    sockets[0]?.terminate()
    await clock.settle()
    expect([request.status, clock.pending]).toEqual([410, 0])
  })
})
