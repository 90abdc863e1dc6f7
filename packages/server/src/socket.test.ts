import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { CloseCode, DEFAULT_LIMITS, decodeEnvelope, FrameType, MessageBuilder } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { framesOf, openSocket, sayHello, sessionOf } from './open-socket.fixture.ts'
import { createBench } from './test-bench.fixture.ts'

const long = 'x'.repeat(5000)
const app = implement(
  router({ plain: query({ output: v.string(), compress: false }), usual: query({ output: v.string() }) }),
)
const handlers = { plain: () => long, usual: () => long }

describe('a socket', () => {
  test('that compresses by itself leaves nothing for us to compress', async () => {
    const bench = createBench(app.handlers(handlers))
    const { sent, listener } = openSocket(bench.server, { compresses: true })
    sayHello(listener, { compression: ['deflate-raw'] })
    await bench.clock.settle()
    expect(sent.flatMap(framesOf)).toMatchObject([{ type: FrameType.Welcome, welcome: { compression: undefined } }])
    listener.closed(1006, '')
  })

  test('gets no compressed answer of a procedure that asks for none', async () => {
    const bench = createBench(app.handlers(handlers))
    const { sent, listener } = openSocket(bench.server)
    sayHello(listener, { compression: ['deflate-raw'] })
    await bench.clock.settle()
    const builder = new MessageBuilder()
    for (const [index, procedure] of ['plain', 'usual'].entries()) {
      const id = 2 * index + 1
      builder.append({ type: FrameType.Call, id, procedure, input: undefined, timeoutMs: undefined, meta: undefined })
      listener.message(builder.takeMessage({ seq: index + 1, count: 1, ack: 0 }))
      await bench.clock.settle()
    }
    const answers = sent.slice(1).map((message) => decodeEnvelope(message, DEFAULT_LIMITS).compressed)
    expect(answers).toEqual([false, true])
    listener.closed(1006, '')
  })

  test('counts once, also where its end is told twice', async () => {
    const bench = createBench(app.handlers(handlers), { maxConnections: 1 })
    const { listener } = openSocket(bench.server)
    listener.closed(1006, '')
    listener.closed(1006, '')
    openSocket(bench.server)
    const { asked } = openSocket(bench.server)
    await bench.clock.settle()
    expect(asked).toEqual([expect.stringMatching(/^close \d+ Too many connections$/)])
  })

  test('is closed with a reason that fits into a close frame', async () => {
    const refusing = implement(router({})).context(({ fail }) => fail('FORBIDDEN', 'é'.repeat(100)))
    const bench = createBench(refusing.handlers({}))
    const { asked, listener } = openSocket(bench.server)
    sayHello(listener)
    await bench.clock.settle()
    expect(asked).toEqual([`close 4403 ${'é'.repeat(61)}`])
  })

  test('with a text message is closed with 4422', async () => {
    const bench = createBench(app.handlers(handlers))
    const { asked, listener } = openSocket(bench.server)
    listener.textMessage()
    await bench.clock.settle()
    expect(asked).toEqual([expect.stringMatching(`^close ${CloseCode.Malformed} `)])
  })

  test('with a text message is closed with 4422, too, where it carries a session that began on another one', async () => {
    const bench = createBench(app.handlers(handlers), { resume: { windowMs: 60_000 } })
    const before = openSocket(bench.server)
    sayHello(before.listener)
    await bench.clock.settle()
    const { asked, listener } = openSocket(bench.server)
    sayHello(listener, { ...sessionOf(before), attempt: 2 })
    await bench.clock.settle()
    expect(asked).toEqual([])
    listener.textMessage()
    await bench.clock.settle()
    expect(asked).toEqual([expect.stringMatching(`^close ${CloseCode.Malformed} `)])
    expect(bench.server.stats().sessions).toBe(0)
  })

  test('that drops what it is given is cut: what follows would be of no use', async () => {
    const bench = createBench(app.handlers(handlers))
    const { asked, listener } = openSocket(bench.server, { send: () => false })
    sayHello(listener)
    await bench.clock.settle()
    expect(asked).toEqual(['terminate'])
    expect(bench.server.stats().connections).toBe(0)
  })

  test('that does not read is given up', async () => {
    const bench = createBench(app.handlers(handlers))
    const { asked, listener } = openSocket(bench.server, { backlogBytes: 17 * 1024 * 1024 })
    sayHello(listener)
    await bench.clock.settle()
    expect(asked).toEqual([expect.stringMatching(`^close ${CloseCode.SlowConsumer} `)])
    expect(bench.lines).toEqual([expect.stringContaining(`${CloseCode.SlowConsumer}`)])
  })

  test('may have more waiting for it where the application allows', async () => {
    const backlog = { maxBytes: 17 * 1024 * 1024 }
    const bench = createBench(app.handlers(handlers), { backlog })
    const atTheLimit = openSocket(bench.server, { backlogBytes: backlog.maxBytes })
    const onePast = openSocket(bench.server, { backlogBytes: backlog.maxBytes + 1 })
    sayHello(atTheLimit.listener)
    sayHello(onePast.listener)
    await bench.clock.settle()
    expect(atTheLimit.asked).toEqual([])
    expect(onePast.asked).toEqual([expect.stringMatching(`^close ${CloseCode.SlowConsumer} `)])
    atTheLimit.listener.closed(1006, '')
  })
})
