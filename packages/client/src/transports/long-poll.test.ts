import {
  decodePollRequest,
  encodePollAnswer,
  type Part,
  POLL_LIMITS,
  type PollAnswer,
  PollMode,
  type PollRequest,
} from '@tautline/core/long-poll'
import { createVirtualClock } from '@tautline/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { longPollConnector } from './long-poll.ts'

/** A request that waits for the test to answer it. */
interface Asked {
  readonly url: string
  readonly init: RequestInit
  readonly request: PollRequest
  readonly isAborted: () => boolean
  answer(answer?: Partial<PollAnswer>): Promise<void>
  reply(body: string, init: ResponseInit): Promise<void>
  fail(): Promise<void>
}

const MEDIA_TYPE = { 'content-type': 'application/vnd.tautline.1' }

function connect(url = 'wss://app.example/rpc#x') {
  const clock = createVirtualClock()
  const log: string[] = []
  const asked: Asked[] = []
  const transport = longPollConnector({
    url,
    clock,
    fetch: (address, init) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new TypeError('network'))
        init.signal?.addEventListener('abort', fail)
        const settle = async (task: () => void): Promise<void> => {
          task()
          await clock.settle()
        }
        asked.push({
          url: address,
          init,
          request: decodePollRequest(init.body as Uint8Array),
          isAborted: () => init.signal?.aborted === true,
          answer: (answer) => {
            const body = encodePollAnswer({ seq: 0, ack: 0, parts: [], ...answer }) as Uint8Array<ArrayBuffer>
            return settle(() => resolve(new Response(body, { headers: MEDIA_TYPE })))
          },
          reply: (body, replyInit) => settle(() => resolve(new Response(body, replyInit))),
          fail: () => settle(fail),
        })
      }),
  }).connect({
    onOpen: () => void log.push('open'),
    onMessage: (message) => void log.push(new TextDecoder().decode(message)),
    onClose: (code, reason, retryAfterMs) => {
      const after = retryAfterMs === undefined ? '' : ` (after ${retryAfterMs} ms)`
      log.push(`close ${code} ${reason}`.trimEnd() + after)
    },
    onDrain: () => void log.push('drain'),
  })
  onTestFinished(async () => {
    transport.abort?.()
    await clock.settle()
    expect(clock.pending).toBe(0)
  })
  const last = (): Asked => {
    const request = asked.at(-1)
    if (request === undefined) throw new Error('Expected a request')
    return request
  }
  const send = async (...texts: readonly string[]): Promise<Asked> => {
    for (const text of texts) transport.send(new TextEncoder().encode(text))
    await clock.settle()
    return last()
  }
  return { transport, clock, log, asked, last, send }
}

/** Behind its first answer: the poll is under way. */
async function connected() {
  const line = connect()
  await line.clock.settle()
  await (await line.send('hello')).answer({ ack: 1, seq: 1, parts: [piece('welcome')] })
  return { ...line, poll: line.last() }
}

const piece = (text: string): Part => ({ type: 'piece', bytes: new TextEncoder().encode(text), last: true })

function textsOf({ request }: Asked): readonly string[] {
  return request.parts.map((part) =>
    part.type === 'piece' ? new TextDecoder().decode(part.bytes) : `close ${part.code} ${part.reason}`,
  )
}

describe('opening', () => {
  test('takes no request: the first one brings what the listener has to say', async () => {
    const { log, clock, asked, send } = connect()
    expect(log).toEqual([])
    await clock.settle()
    expect([log, asked]).toEqual([['open'], []])
    const first = await send('hello', 'you')
    expect(first.request).toMatchObject({ mode: PollMode.Open, seq: 1, ack: 0 })
    expect(textsOf(first)).toEqual(['hello', 'you'])
    expect(first.url).toBe('https://app.example/rpc')
    expect(first.init).toMatchObject({ method: 'POST', headers: { accept: 'application/vnd.tautline.1' } })
    await send('later')
    expect(asked).toHaveLength(1)
    await first.answer({ ack: 2, seq: 1, parts: [piece('welcome')] })
    expect(log).toEqual(['open', 'welcome'])
    expect(asked.slice(1).map(({ request }) => [request.mode, request.seq, request.ack])).toEqual([
      [PollMode.Send, 3, 1],
      [PollMode.Poll, 0, 1],
    ])
  })

  test('repeats the first request as a poll, under the same unguessable id', async () => {
    const { clock, send, last, asked } = connect()
    await clock.settle()
    const first = await send('hello')
    await first.fail()
    await clock.advanceAsync(249)
    expect(asked).toHaveLength(1)
    await clock.advanceAsync(1)
    expect(last().request).toEqual({ ...first.request, mode: PollMode.Poll })
    const other = connect()
    await other.clock.settle()
    expect((await other.send('hello')).request.id).not.toEqual(first.request.id)
  })

  test.each(['ftp://app.example/', 'not an address'])('refuses %s', (url) => {
    expect(() => longPollConnector({ url })).toThrow(
      `Expected \`url\` to be a ws, wss, http or https address, got \`${url}\``,
    )
  })

  test.each([
    ['ws://a.example/x', 'http://a.example/x'],
    ['http://a.example/x', 'http://a.example/x'],
    ['https://a.example/x?y', 'https://a.example/x?y'],
  ])('asks for %s at %s', async (given, wanted) => {
    const { clock, send } = connect(given)
    await clock.settle()
    expect((await send('hello')).url).toBe(wanted)
  })
})

describe('sending', () => {
  test('has one request under way, and keeps what is not acknowledged', async () => {
    const { transport, send, asked } = await connected()
    const up = await send('a')
    await send('b', 'c')
    expect([asked.length, transport.backlogBytes]).toEqual([3, 3])
    await up.answer({ ack: 2 })
    expect([textsOf(asked[3]!), asked[3]?.request.seq, transport.backlogBytes]).toEqual([['b', 'c'], 3, 2])
  })

  test('repeats a failed request with what has come in the meantime', async () => {
    const { clock, send, last, log } = await connected()
    await (await send('a')).fail()
    await send('b')
    await clock.advanceAsync(250)
    expect(textsOf(last())).toEqual(['a', 'b'])
    await last().answer({ ack: 3 })
    expect(log).toEqual(['open', 'welcome', 'drain', 'drain'])
  })

  test('cuts a message that is longer than a body', async () => {
    const { transport, clock, last } = await connected()
    transport.send(new Uint8Array(600 * 1024))
    await clock.settle()
    const bodies: number[] = []
    for (let ack = 2; ack <= 3; ack += 1) {
      bodies.push((last().init.body as Uint8Array).byteLength)
      await last().answer({ ack })
    }
    expect(bodies[0]).toBeGreaterThan(POLL_LIMITS.bodyBytes - 64)
    expect(bodies[0]).toBeLessThanOrEqual(POLL_LIMITS.bodyBytes)
    expect([transport.backlogBytes, last().request.mode]).toEqual([0, PollMode.Send])
  })

  test('does not storm a server that takes nothing', async () => {
    const { clock, send, last, asked } = await connected()
    await (await send('a')).answer({ ack: 1 })
    const { length } = asked
    await clock.advanceAsync(999)
    expect(asked).toHaveLength(length)
    await clock.advanceAsync(1)
    expect([asked.length, textsOf(last())]).toEqual([length + 1, ['a']])
  })
})

describe('receiving', () => {
  test('takes each message once, in order, and none behind a gap', async () => {
    const { log, poll, send, last } = await connected()
    const up = await send('a')
    await up.answer({ ack: 2, seq: 3, parts: [piece('three')] })
    await poll.answer({ ack: 2, seq: 1, parts: [piece('welcome'), piece('two'), piece('three')] })
    expect(last().request.ack).toBe(3)
    await last().answer({ ack: 2, seq: 3, parts: [piece('three'), piece('four')] })
    expect(log).toEqual(['open', 'welcome', 'drain', 'drain', 'two', 'three', 'four'])
  })

  test('does not ask more than once a second where nothing comes', async () => {
    const { clock, poll, asked } = await connected()
    await poll.answer({ ack: 1 })
    const { length } = asked
    await clock.advanceAsync(999)
    expect(asked).toHaveLength(length)
    await clock.advanceAsync(1)
    expect(asked).toHaveLength(length + 1)
  })

  test('gives a poll twenty-five seconds, and a send thirty', async () => {
    const { clock, poll, send } = await connected()
    const up = await send('a')
    await clock.advanceAsync(24_999)
    expect(poll.isAborted()).toBe(false)
    await clock.advanceAsync(1)
    expect([poll.isAborted(), up.isAborted()]).toEqual([true, false])
    await clock.advanceAsync(4999)
    expect(up.isAborted()).toBe(false)
    await clock.advanceAsync(1)
    expect(up.isAborted()).toBe(true)
  })
})

describe('losing', () => {
  test('follows the fifth failure in a row', async () => {
    const { log, clock, poll, last, asked } = await connected()
    await poll.fail()
    for (const pauseMs of [250, 500, 1000, 2000]) {
      expect(log.at(-1)).toBe('drain')
      await clock.advanceAsync(pauseMs)
      await last().fail()
    }
    expect([log.at(-1), asked.length]).toEqual(['close 1006 network', 6])
  })

  test('follows five gateways that reach nobody', async () => {
    const { log, clock, poll, last } = await connected()
    await poll.reply('nobody', { status: 502 })
    for (const pauseMs of [250, 500, 1000, 2000]) {
      await clock.advanceAsync(pauseMs)
      await last().reply('nobody', { status: 504 })
    }
    expect(log.at(-1)).toBe('close 1006 HTTP status 504')
  })

  test.each([
    [403, 'no', 'close 1006 HTTP status 403: no'],
    [410, '', 'close 1006 HTTP status 410'],
    [429, 'too many', 'close 1006 HTTP status 429: too many'],
    [500, 'oops', 'close 1006 HTTP status 500: oops'],
    [503, 'x'.repeat(1000), `close 1006 HTTP status 503: ${'x'.repeat(200)}`],
  ])('follows status %i at once', async (status, body, wanted) => {
    const { log, poll } = await connected()
    await poll.reply(body, { status })
    expect(log.at(-1)).toBe(wanted)
  })

  test.each([
    ['7', ' (after 7000 ms)'],
    ['0', ' (after 0 ms)'],
    ['300', ' (after 300000 ms)'],
    ['301', ' (after 300000 ms)'],
    [`1${'0'.repeat(400)}`, ' (after 300000 ms)'],
    ['-1', ''],
    ['1.5', ''],
    ['Fri, 31 Dec 9999 23:59:59 GMT', ''],
  ])('tells how long to stay away, where the server says `retry-after: %s`', async (retryAfter, wanted) => {
    const { log, poll } = await connected()
    await poll.reply('', { status: 503, headers: { 'retry-after': retryAfter } })
    expect(log.at(-1)).toBe(`close 1006 HTTP status 503${wanted}`)
  })

  test('follows an answer of somebody else, or of no shape', async () => {
    const stranger = await connected()
    await stranger.poll.reply('<html>', { status: 200, headers: { 'content-type': 'text/html' } })
    expect(stranger.log.at(-1)).toBe('close 1006 What answers is no Tautline server')
    const broken = await connected()
    await broken.poll.reply('{}', { status: 200, headers: MEDIA_TYPE })
    expect(broken.log.at(-1)).toMatch(/^close 1006 Expected `header` to be an array/)
    const boastful = await connected()
    await boastful.poll.answer({ ack: 2 })
    expect(boastful.log.at(-1)).toMatch(/^close 1006 Expected no `ack`/)
    const endless = await connected()
    await endless.poll.reply('x'.repeat(POLL_LIMITS.bodyBytes + 1), { status: 200, headers: MEDIA_TYPE })
    expect(endless.log.at(-1)).toBe('close 1006 Expected an answer of at most 524288 bytes')
  })
})

describe('closing', () => {
  test('sends at once what is not acknowledged, and ends when the close is', async () => {
    const { transport, log, send, last, poll, asked } = await connected()
    const up = await send('a')
    transport.send(new TextEncoder().encode('b'))
    transport.close(4000, 'done')
    // In the same turn: a page that ends gives no other.
    expect(textsOf(last())).toEqual(['a', 'b', 'close 4000 done'])
    expect([up.isAborted(), last().init.keepalive]).toEqual([true, true])
    transport.close(1000, 'again')
    transport.send(new Uint8Array(1))
    await poll.answer({ ack: 1, seq: 2, parts: [piece('meanwhile')] })
    expect(log.at(-1)).toBe('meanwhile')
    await asked[3]!.answer({ ack: 4 })
    expect(log.at(-1)).toBe('close 4000 done')
    expect(last().isAborted()).toBe(true)
  })

  test('takes no request where there was none', async () => {
    const { transport, log, clock, asked } = connect()
    await clock.settle()
    transport.close(1000, 'done')
    expect(log).toEqual(['open'])
    await clock.settle()
    expect([log, asked]).toEqual([['open', 'close 1000 done'], []])
    const early = connect()
    early.transport.close(1000, '')
    await early.clock.settle()
    expect(early.log).toEqual(['close 1000'])
  })

  test('does not wait for an answer to the first request: a slow server may have taken that in', async () => {
    const { transport, log, clock, send, last, asked } = connect()
    await clock.settle()
    const first = await send('hello')
    transport.close(1000, 'done')
    expect(asked).toHaveLength(2)
    expect([last().request.mode, textsOf(last())]).toEqual([PollMode.Send, ['hello', 'close 1000 done']])
    expect(first.isAborted()).toBe(false)
    await last().answer({ ack: 2 })
    expect([log.at(-1), first.isAborted()]).toEqual(['close 1000 done', true])
    expect(asked).toHaveLength(2)
  })

  test('is over where the server has not heard of the connection', async () => {
    const { transport, log, clock, send, last } = connect()
    await clock.settle()
    const first = await send('hello')
    transport.close(1000, 'done')
    await last().reply('', { status: 410 })
    expect([log.at(-1), first.isAborted()]).toEqual(['close 1000 done', true])
  })

  test('does not ask for `keepalive` with more than browsers allow', async () => {
    const { transport, last } = await connected()
    transport.send(new Uint8Array(70_000))
    transport.close(1000, '')
    expect(last().init.keepalive).toBe(false)
  })

  test('is over when the server has forgotten the connection', async () => {
    const { transport, log, last } = await connected()
    transport.close(1000, 'done')
    await last().reply('', { status: 410 })
    expect(log.at(-1)).toBe('close 1000 done')
  })

  test('by the server is told, and acknowledged by a last request', async () => {
    const { log, poll, last, clock, asked } = await connected()
    const close = { type: 'close', code: 4503, reason: 'restarting' } as const
    await poll.answer({ ack: 1, seq: 2, parts: [piece('last'), close] })
    expect(log.slice(-2)).toEqual(['last', 'close 4503 restarting'])
    expect(last().request).toMatchObject({ mode: PollMode.Send, ack: 3, parts: [] })
    const { length } = asked
    await last().fail()
    await clock.advanceAsync(60_000)
    expect(asked).toHaveLength(length)
  })

  test('by abort is at once, without a word', async () => {
    const { transport, log, poll, asked, clock } = await connected()
    transport.abort?.()
    expect([log.at(-1), poll.isAborted(), transport.backlogBytes]).toEqual(['close 1006', true, 0])
    const { length } = asked
    await clock.advanceAsync(60_000)
    expect(asked).toHaveLength(length)
  })
})
