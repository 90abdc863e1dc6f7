import { describe, expect, test } from 'vitest'
import { FrameType, type Payload } from '../protocol/frame.ts'
import type { SessionEnd } from '../testing/session-end.ts'
import type { SessionPair, SessionPairOptions } from '../testing/session-pair.ts'
import type { Session } from './session.ts'
import { brief, NO_STATS, openOf, openPair, payload } from './session-pair.fixture.ts'

/** A pair with stream 1 open. */
function streaming(options: SessionPairOptions = {}, duplex = true): SessionPair {
  const pair = openPair(options)
  pair.client.move((session, now) => session.open(openOf(session, { duplex }), now))
  pair.clock.advance(10 * (options.latencyMs ?? 0))
  pair.client.takeEffects()
  pair.server.takeEffects()
  return pair
}

function sendAll<S extends Session>(end: SessionEnd<S>, id: number, value: Payload): number {
  let sent = 0
  while (end.session.itemCredit(id) !== undefined) {
    end.move((session) => session.sendItems(id, { count: 1, values: value, resumes: undefined }))
    sent += 1
  }
  return sent
}

describe('a stream', () => {
  test('arrives as it was opened', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) =>
      session.open(openOf(session, { procedure: 3, input: payload(2), resume: payload(3), timeoutMs: 9 }), now),
    )
    clock.advance(0)
    expect(server.effects).toEqual([
      { type: 'open', id: 1, procedure: 3, input: payload(2), timeoutMs: 9, meta: undefined, resume: payload(3) },
    ])
  })

  test('carries items with resume values, then ends and is settled', () => {
    const { client, server, clock } = streaming()
    server.move((session) => session.sendItems(1, { count: 1, values: payload(2), resumes: payload(1) }))
    server.move((session) => session.sendItems(1, { count: 1, values: payload(3), resumes: undefined }))
    server.move((session) => session.sendEnd(1))
    clock.advance(0)
    expect(client.effects).toEqual([
      { type: 'items', id: 1, count: 1, values: payload(2), resumes: payload(1) },
      { type: 'items', id: 1, count: 1, values: payload(3), resumes: undefined },
      { type: 'end', id: 1 },
    ])
    expect(client.session.stats()).toEqual(NO_STATS)
    expect(server.session.stats()).toEqual(NO_STATS)
  })

  test('may fail after items', () => {
    const { client, server, clock } = streaming()
    server.move((session) => session.sendItems(1, { count: 1, values: payload(2), resumes: undefined }))
    server.move((session) => session.fail(1, { code: 'GAP', message: '', data: undefined }))
    clock.advance(0)
    expect(brief(client.effects)).toEqual(['items 1', 'error 1'])
    expect(client.session.stats()).toEqual(NO_STATS)
  })

  test('carries items to the callee, whose end settles it', () => {
    const { client, server, clock } = streaming()
    client.move((session) => session.sendItems(1, { count: 1, values: payload(2), resumes: undefined }))
    client.move((session) => session.sendEnd(1))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['items 1', 'end 1'])
    expect(client.session.itemCredit(1)).toBeUndefined()
    expect(client.session.stats().streams).toBe(1)
    expect(sendAll(server, 1, payload(1))).toBe(32)
    server.move((session) => session.sendEnd(1))
    clock.advance(0)
    expect(client.session.stats()).toEqual(NO_STATS)
  })

  test('ends for the caller too when the callee ends it first', () => {
    const { client, server, clock } = streaming({ latencyMs: 10 })
    server.move((session) => session.sendEnd(1))
    client.move((session) => session.sendItems(1, { count: 1, values: payload(2), resumes: undefined }))
    client.move((session) => session.sendEnd(1))
    clock.advance(50)
    expect(server.effects).toEqual([])
    expect(client.session.itemCredit(1)).toBeUndefined()
    expect([client.session.state, server.session.state]).toEqual(['open', 'open'])
    expect(client.session.sendItems(1, { count: 1, values: payload(1), resumes: undefined })).toEqual([])
    expect(client.session.itemsConsumed(1, { items: 1, bytes: 1 })).toEqual([])
  })

  test('takes no items from a caller that said it sends none', () => {
    const { client } = streaming({}, false)
    expect(client.session.itemCredit(1)).toBeUndefined()
    expect(client.session.sendEnd(1)).toEqual([])
  })

  test('may be opened by the server', () => {
    const { client, server, clock } = openPair()
    server.move((session, now) => session.open(openOf(session, { duplex: true }), now))
    clock.advance(0)
    expect(brief(client.takeEffects())).toEqual(['open 2'])
    expect(brief(server.takeEffects())).toEqual(['writable 2'])
    server.move((session) => session.sendItems(2, { count: 1, values: payload(1), resumes: undefined }))
    client.move((session) => session.sendItems(2, { count: 1, values: payload(1), resumes: undefined }))
    clock.advance(0)
    expect(brief(client.effects)).toEqual(['items 2'])
    expect(brief(server.effects)).toEqual(['items 2'])
  })

  test('is cancelled while items are under way, which are ignored', () => {
    const { client, server, clock } = streaming({ latencyMs: 10 })
    server.move((session) => session.sendItems(1, { count: 1, values: payload(2), resumes: undefined }))
    client.move((session, now) => session.cancel(1, now))
    clock.advance(50)
    expect(client.effects).toEqual([])
    expect(server.effects).toEqual([{ type: 'abort', id: 1, why: 'cancelled' }])
    expect(server.session.itemCredit(1)).toBeUndefined()
    expect(server.session.sendItems(1, { count: 1, values: payload(1), resumes: undefined })).toEqual([])
    expect(server.session.sendEnd(1)).toEqual([])
    expect(client.session.state).toBe('open')
  })

  test('runs out of time as a whole', () => {
    const { client, server, clock } = openPair()
    client.move((session, now) => session.open(openOf(session, { timeoutMs: 100 }), now))
    clock.advance(100)
    expect(brief(client.effects)).toEqual(['timeout 1'])
    expect(brief(server.effects)).toEqual(['open 1', 'abort 1'])
  })

  test('tells its owner when the first items may go, if it had to wait for that', () => {
    const { client, clock, server, welcome } = openPair({ onHello: 'wait' })
    client.move((session, now) => session.open(openOf(session, { duplex: true }), now))
    clock.advance(0)
    expect(client.session.itemCredit(1)).toBeUndefined()
    server.move((session, now) => session.accept(welcome, now))
    clock.advance(0)
    expect(brief(client.effects)).toContain('writable 1')
    expect(client.session.itemCredit(1)).toBeDefined()
  })

  test('that is ended while it waits says so behind its OPEN', () => {
    const { client, server, clock } = openPair({ serverLimits: { streams: 1 } })
    client.move((session, now) => session.open(openOf(session), now))
    client.move((session, now) => session.open(openOf(session, { duplex: true }), now))
    client.move((session) => session.sendEnd(3))
    client.move((session, now) => session.cancel(1, now))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['open 1', 'abort 1', 'open 3', 'end 3'])
  })

  test('that is ended before WELCOME says so after it', () => {
    const { client, server, clock, welcome } = openPair({ onHello: 'wait' })
    client.move((session, now) => session.open(openOf(session, { duplex: true }), now))
    clock.advance(0)
    client.move((session) => session.sendEnd(1))
    clock.advance(0)
    server.move((session, now) => session.accept(welcome, now))
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['open 1', 'end 1'])
  })
})

describe('credit', () => {
  test('stops the sender after so many items and lets it go on when half of them were taken', () => {
    const { client, server, clock } = streaming({
      serverLimits: { streamItems: 4 },
      clientLimits: { maxStreamItems: 4 },
    })
    expect(sendAll(server, 1, payload(1))).toBe(4)
    clock.advance(0)
    for (const { type } of client.takeEffects()) {
      expect(type).toBe('items')
      client.move((session) => session.itemsConsumed(1, { items: 1, bytes: 1 }))
    }
    clock.advance(0)
    expect(brief(server.effects)).toEqual(['writable 1'])
    expect(sendAll(server, 1, payload(1))).toBe(4)
  })

  test('stops the sender after so many bytes: items of 64 KiB fill 256 KiB with four', () => {
    const { client, server, clock } = streaming()
    expect(sendAll(server, 1, payload(64 * 1024))).toBe(4)
    clock.advance(0)
    expect(client.takeEffects()).toHaveLength(4)
    clock.advance(60_000)
    expect(server.session.itemCredit(1)).toBeUndefined()
    client.move((session) => session.itemsConsumed(1, { items: 1, bytes: 64 * 1024 }))
    clock.advance(0)
    expect(server.session.itemCredit(1)).toBeUndefined()
    client.move((session) => session.itemsConsumed(1, { items: 1, bytes: 64 * 1024 }))
    clock.advance(0)
    expect(sendAll(server, 1, payload(64 * 1024))).toBe(2)
  })

  test('lets an item pass that is larger than the window', () => {
    const { client, server, clock } = streaming({ serverLimits: { streamBytes: 100 } })
    expect(sendAll(server, 1, payload(1_000))).toBe(1)
    clock.advance(0)
    client.move((session) => session.itemsConsumed(1, { items: 1, bytes: 1_000 }))
    clock.advance(0)
    expect(sendAll(server, 1, payload(1_000))).toBe(1)
  })

  test('holds for items to the callee alike', () => {
    const { client, server, clock } = streaming({ serverLimits: { streamItems: 2, maxStreamItems: 2 } })
    expect(sendAll(client, 1, payload(1))).toBe(2)
    clock.advance(0)
    server.move((session) => session.itemsConsumed(1, { items: 1, bytes: 1 }))
    clock.advance(0)
    expect(brief(client.effects)).toEqual(['writable 1'])
    expect(sendAll(client, 1, payload(1))).toBe(1)
  })

  test('is not returned for a direction that has ended', () => {
    const { client, server, clock } = streaming({ serverLimits: { streamItems: 1 } })
    client.move((session) => session.sendItems(1, { count: 1, values: payload(1), resumes: undefined }))
    client.move((session) => session.sendEnd(1))
    clock.advance(0)
    expect(server.session.itemsConsumed(1, { items: 1, bytes: 1 })).toEqual([])
  })

  test.each([
    ['items', { streamItems: 2 }],
    ['bytes', { streamBytes: 2 }],
  ])('in %s that is overdrawn by one item ends the session', (_, limits) => {
    const { client } = streaming({ serverLimits: limits })
    const item = { type: FrameType.Items, id: 1, count: 1, values: payload(1), resumes: undefined } as const
    const allowed = client.session.receive({ seq: 1, count: 2, ack: 0 }, [item, item], 0)
    expect(brief(allowed)).toEqual(['items 1', 'items 1'])
    expect(client.session.receive({ seq: 3, count: 1, ack: 0 }, [item], 0)).toMatchObject([
      { type: 'limited', limit: 'streamCredit' },
      { type: 'close', code: 4400 },
    ])
  })

  test('for a batch is there to its last item, and ends the session with one more', () => {
    const { client } = streaming({ serverLimits: { streamItems: 4 } })
    const items = (count: number) => ({ type: FrameType.Items, id: 1, count, values: payload(9), resumes: undefined })
    expect(brief(client.session.receive({ seq: 1, count: 1, ack: 0 }, [items(1)], 0))).toEqual(['items 1'])
    expect(brief(client.session.receive({ seq: 2, count: 1, ack: 0 }, [items(3)], 0))).toEqual(['items 1'])
    expect(client.session.receive({ seq: 3, count: 1, ack: 0 }, [items(1)], 0)).toMatchObject([
      { type: 'limited', limit: 'streamCredit' },
      { type: 'close', code: 4400 },
    ])

    const other = streaming({ serverLimits: { streamItems: 4 } }).client
    expect(other.session.receive({ seq: 1, count: 1, ack: 0 }, [items(5)], 0)).toMatchObject([
      { type: 'limited', limit: 'streamCredit' },
      { type: 'close', code: 4400 },
    ])
  })

  test('is taken by resume values as by items', () => {
    const { server } = streaming({ serverLimits: { streamBytes: 100 } })
    const batch = { count: 1, values: payload(40), resumes: payload(59) }
    server.move((session) => session.sendItems(1, batch))
    expect(server.session.itemCredit(1)).toMatchObject({ bytes: 1 })
    server.move((session) => session.sendItems(1, batch))
    expect(server.session.itemCredit(1)).toBeUndefined()
  })

  test('grows for a reader that keeps up, and not for one that does not', () => {
    const { client, server, clock } = streaming({ serverLimits: { streamItems: 4 } })
    const send = (count: number): void => {
      server.move((session) => session.sendItems(1, { count, values: payload(9), resumes: undefined }))
      clock.advance(0)
    }
    const take = (items: number): void => {
      client.move((session) => session.itemsConsumed(1, { items, bytes: 1 }))
      clock.advance(0)
    }
    send(4)
    take(2)
    expect(server.session.itemCredit(1)).toMatchObject({ items: 2 })
    take(2)
    expect(server.session.itemCredit(1)).toMatchObject({ items: 8 })
    expect(() => server.session.sendItems(1, { count: 9, values: payload(9), resumes: undefined })).toThrow(
      'Expected at most 8 items',
    )
  })

  test('is all that unread items take, however large their message was', () => {
    const { server } = streaming()
    const message = new Uint8Array(1024 * 1024)
    const value = message.subarray(7, 9)
    const frame = { type: FrameType.Items, id: 1, count: 1, values: value, resumes: value } as const
    const header = { seq: 2, count: 1, ack: 0 }
    expect(server.session.admit(header, message.byteLength, 0)).toEqual({ type: 'accept' })
    const [items] = server.session.receive(header, [frame], 0)
    if (items?.type !== 'items' || items.resumes === undefined) throw new Error('Expected items')
    expect([items.values.buffer.byteLength, items.resumes.buffer.byteLength]).toEqual([2, 2])
  })

  test('asked of `sendItem` without `canSendItem` throws', () => {
    const { server } = streaming({ serverLimits: { streamItems: 1 } })
    sendAll(server, 1, payload(1))
    expect(() => server.session.sendItems(1, { count: 1, values: payload(1), resumes: undefined })).toThrow(
      'itemCredit(1)',
    )
  })

  test('beyond what can be counted ends the session', () => {
    const { server } = streaming()
    const credit = { type: FrameType.Credit, id: 1, items: Number.MAX_SAFE_INTEGER, bytes: 1 } as const
    expect(server.session.receive({ seq: 2, count: 1, ack: 0 }, [credit], 0)).toMatchObject([
      { type: 'close', code: 4400 },
    ])
  })
})

describe('a session ends with 4400', () => {
  test.each([
    ['ITEMS', { type: FrameType.Items, id: 1, count: 1, values: payload(1), resumes: undefined }],
    ['an END', { type: FrameType.End, id: 1 }],
  ] as const)('for %s after END', (_, frame) => {
    const { server } = streaming()
    const end = { type: FrameType.End, id: 1 } as const
    const effects = server.session.receive({ seq: 2, count: 2, ack: 0 }, [end, frame], 0)
    expect(effects).toMatchObject([{ type: 'end' }, { type: 'close', code: 4400 }])
  })

  test('for OK to a stream', () => {
    const { client } = streaming()
    const ok = { type: FrameType.Ok, id: 1, output: undefined } as const
    expect(client.session.receive({ seq: 1, count: 1, ack: 0 }, [ok], 0)).toMatchObject([{ type: 'close', code: 4400 }])
  })
})
