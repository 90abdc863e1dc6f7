import { event, mutation, query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { CloseCode, createValueCodec, type Frame, FrameType, joinMessage } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench, untilAborted } from './test-bench.fixture.ts'

const api = router({
  whoami: query({ output: v.string() }),
  echo: query({ input: v.string(), output: v.string() }),
  write: mutation({ input: v.string() }),
  slow: query(),
  opened: event(),
})

interface Context {
  readonly name: string
}

const codec = createValueCodec()

/** Contexts are made of the name given as credentials; `wait` waits for `decide`. */
function serving() {
  const written: string[] = []
  let decide = (): void => {}
  const app = implement(api).context(async ({ auth, fail, signal }): Promise<Context> => {
    if (auth === 'wait') {
      const decided = new Promise<void>((resolve) => {
        decide = resolve
      })
      await Promise.race([decided, untilAborted(signal)])
    }
    if (auth === 'broken') throw new Error('no database')
    if (auth === 'banned') return fail('FORBIDDEN', 'banned')
    if (auth === 'busy') return fail('OVERLOADED')
    return typeof auth === 'string' ? { name: auth } : fail('UNAUTHORIZED', 'who are you?')
  })
  const implementation = app.handlers({
    whoami: ({ ctx }) => ctx.name,
    echo: ({ input }) => input,
    write: ({ input }) => {
      written.push(input)
    },
    slow: ({ signal }) => untilAborted(signal),
  })
  return { implementation, written, decide: () => decide() }
}

const call = (id: number, procedure: string, input?: unknown): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input: input === undefined ? undefined : codec.encode(input),
  timeoutMs: undefined,
  meta: undefined,
})

const helloFrame = (auth?: unknown): Frame => ({
  type: FrameType.Hello,
  hello: rawHello({ auth: auth === undefined ? undefined : codec.encode(auth) }),
})

describe('a HELLO', () => {
  test('is answered with what the server grants', async () => {
    const { implementation } = serving()
    const bench = createBench(implementation, { heartbeat: { idleMs: 5000 }, limits: { calls: 7 }, name: 'test/1' })
    const peer = await bench.connectRaw()
    const welcome = await bench.run(peer.hello({ auth: codec.encode('ada'), compression: ['zstd', 'deflate-raw'] }))
    expect(welcome).toMatchObject({
      version: 1,
      gen: 1,
      resumed: false,
      reason: undefined,
      heartbeat: { idleMs: 5000, timeoutMs: 10_000 },
      limits: { calls: 7 },
      compression: { algorithm: 'deflate-raw', thresholdBytes: 1024 },
      contractHash: implementation['~contract'].hash,
      server: 'test/1',
    })
    expect(welcome.sid).toMatch(/^[0-9a-f]{32}$/)
    expect(welcome.token.byteLength).toBe(32)
    const other = await bench.run((await bench.connectRaw()).hello({ auth: codec.encode('ada') }))
    expect([other.sid, codec.encode(other.token)]).not.toEqual([welcome.sid, codec.encode(welcome.token)])
    expect(other.compression).toBe(undefined)
  })

  test('that asks for a session gets a new one, with the reason', async () => {
    const bench = createBench(serving().implementation)
    const peer = await bench.connectRaw()
    const auth = codec.encode('ada')
    const welcome = await bench.run(peer.hello({ auth, sid: 'old', token: new Uint8Array(32), rx: 5, attempt: 2 }))
    expect(welcome).toMatchObject({ resumed: false, reason: 'unknown' })
    expect(welcome.sid).not.toBe('old')
  })

  test('is decided on before the calls behind it run', async () => {
    const { implementation, written, decide } = serving()
    const bench = createBench(implementation)
    const peer = await bench.connectRaw()
    peer.send(helloFrame('wait'), call(1, 'write', 'x'))
    await bench.clock.settle()
    expect(written).toEqual([])
    decide()
    await bench.clock.settle()
    expect(written).toEqual(['x'])
  })

  test.each([
    ['nobody', undefined, CloseCode.Unauthorized, 'who are you?', false],
    ['the banned', 'banned', CloseCode.Forbidden, 'banned', false],
    ['too many', 'busy', CloseCode.Unavailable, expect.any(String), true],
    ['whom the server cannot judge', 'broken', CloseCode.Internal, 'internal error', true],
  ])('of %s is refused, and nothing behind it runs', async (_who, auth, code, reason, retry) => {
    const { implementation, written } = serving()
    const bench = createBench(implementation)
    const peer = await bench.connectRaw()
    peer.send(helloFrame(auth), call(1, 'write', 'x'))
    expect(await bench.run(peer.next(FrameType.Close))).toMatchObject({ code, reason, retry })
    expect((await peer.closed).code).toBe(code)
    expect(written).toEqual([])
    expect(bench.errors).toHaveLength(auth === 'broken' ? 1 : 0)
    expect(bench.lines.filter((line) => line.startsWith('warn'))).toHaveLength(code === CloseCode.Unavailable ? 0 : 1)
    expect([...bench.server.connections]).toEqual([])
  })

  test('may be refused with any reason: what does not fit is cut', async () => {
    const app = implement(api).context(({ fail }) => fail('UNAUTHORIZED', `${'x'.repeat(5000)}\ud800`))
    const bench = createBench(app.handlers({ whoami: () => '', echo: () => '', write: () => {}, slow: () => {} }))
    const peer = await bench.connectRaw()
    peer.send(helloFrame())
    expect((await bench.run(peer.next(FrameType.Close))).reason).toMatch(/^x{100,}/)
    expect((await peer.closed).code).toBe(CloseCode.Unauthorized)
  })

  test('with credentials that cannot be read is refused', async () => {
    const bench = createBench(serving().implementation)
    const peer = await bench.connectRaw()
    // A timestamp of four bytes whose length says three is caught earlier; this one is no date at all.
    peer.send({ type: FrameType.Hello, hello: rawHello({ auth: new Uint8Array([0xc7, 0, 0xff]) }) })
    await bench.clock.settle()
    expect([CloseCode.Unauthorized, CloseCode.Malformed]).toContain((await peer.closed).code)
  })

  test('that never comes ends the connection after the time allowed, and not before', async () => {
    const bench = createBench(serving().implementation, { limits: { handshakeMs: 500 } })
    const peer = await bench.connectRaw()
    await bench.clock.advanceAsync(499)
    expect(bench.server.stats().connections).toBe(1)
    await bench.clock.advanceAsync(1)
    expect((await peer.closed).code).toBe(CloseCode.HandshakeTimeout)
    expect(bench.server.stats().connections).toBe(0)
  })

  test('that is not decided on in time is refused, and `context` told so', async () => {
    const bench = createBench(serving().implementation, { limits: { handshakeMs: 500 } })
    const peer = await bench.connectRaw()
    peer.send(helloFrame('wait'))
    await bench.clock.advanceAsync(500)
    expect((await peer.closed).code).toBe(CloseCode.HandshakeTimeout)
    expect(bench.server.stats().connections).toBe(0)
    // The wait was ended by its signal, and nobody is to blame.
    expect(bench.errors).toEqual([])
  })
})

describe('a connection that is lost while it is decided on', () => {
  test('is not accepted later, and `context` is told', async () => {
    const accepted: string[] = []
    let signal: AbortSignal | undefined
    let decide = (): void => {}
    const app = implement(api).context(async (info) => {
      ;({ signal } = info)
      await new Promise<void>((resolve) => {
        decide = resolve
      })
      return {}
    })
    const bench = createBench(app.handlers({ whoami: () => '', echo: () => '', write: () => {}, slow: () => {} }), {
      onConnection: ({ id }) => accepted.push(id),
    })
    const client = await bench.connect({ auth: 'ada' })
    client.link.cut()
    await bench.clock.settle()
    expect(signal?.aborted).toBe(true)
    decide()
    await bench.clock.settle()
    expect([accepted, [...bench.server.connections]]).toEqual([[], []])
  })
})

describe('a violation', () => {
  const cases: readonly (readonly [
    what: string,
    code: number,
    messages: readonly (Uint8Array | readonly Frame[])[],
  ])[] = [
    ['bytes that are no message', CloseCode.Malformed, [new Uint8Array([0xc1])]],
    ['a call before HELLO', CloseCode.ProtocolError, [[call(1, 'echo', 'x')]]],
    ['a second HELLO', CloseCode.RepeatedHello, [[helloFrame('ada')], [helloFrame('ada')]]],
    ['an even id', CloseCode.ProtocolError, [[helloFrame('ada'), call(2, 'echo', 'x')]]],
    ['an id used again', CloseCode.ProtocolError, [[helloFrame('ada'), call(1, 'slow'), call(1, 'slow')]]],
    [
      'more than may come before WELCOME',
      CloseCode.TooLarge,
      [[helloFrame('wait')], [call(1, 'echo', 'x'.repeat(17_000))]],
    ],
    [
      'a compressed body where none was agreed on',
      CloseCode.ProtocolError,
      [[helloFrame('ada')], joinMessage({ seq: 1, count: 1, ack: 0 }, new Uint8Array([1, 2, 3]), true)],
    ],
  ]
  test.each(cases)(
    'such as %s closes with %i, is logged once, and concerns nobody else',
    async (_what, code, messages) => {
      const bench = createBench(serving().implementation)
      const other = await bench.connect({ auth: 'bob' })
      const peer = await bench.connectRaw()
      for (const message of messages) {
        if (message instanceof Uint8Array) peer.sendBytes(message)
        else peer.send(...message)
      }
      await bench.clock.settle()
      expect((await peer.closed).code).toBe(code)
      expect(bench.lines).toEqual([expect.stringMatching(new RegExp(`^warn: Connection 2 .* closed with ${code}`))])
      expect(bench.errors).toEqual([])
      expect(await bench.run(other.api.echo('still here'))).toBe('still here')
      expect(bench.server.stats().connections).toBe(1)
    },
  )
})

describe('limits', () => {
  test('refuse one call more than allowed alone', async () => {
    // Below 32, which a client may send before it knows of any limit.
    const bench = createBench(serving().implementation, { limits: { calls: 2 } })
    const peer = await bench.connectRaw()
    await bench.run(peer.hello({ auth: codec.encode('ada') }))
    peer.send(call(1, 'slow'), call(3, 'slow'), call(5, 'slow'))
    await bench.clock.settle()
    expect(peer.inbox).toMatchObject([{ type: FrameType.Error, id: 5, code: 'LIMIT_EXCEEDED' }])
    expect(bench.server.stats().running).toBe(2)
    peer.send({ type: FrameType.Cancel, id: 1 }, call(7, 'echo', 'x'))
    expect(await bench.run(peer.next(FrameType.Ok))).toMatchObject({ id: 7 })
  })

  test('close for a message one byte too large, and take one at the limit', async () => {
    const bench = createBench(serving().implementation, { limits: { messageBytes: 1000 } })
    const sized = (bytes: number): Frame => {
      const overhead = 30
      return call(1, 'echo', 'x'.repeat(bytes - overhead))
    }
    const peer = await bench.connectRaw()
    await bench.run(peer.hello({ auth: codec.encode('ada') }))
    peer.send(sized(900))
    expect((await bench.run(peer.next(FrameType.Ok))).id).toBe(1)
    const late = await bench.connectRaw()
    await bench.run(late.hello({ auth: codec.encode('ada') }))
    late.send(sized(1100))
    await bench.clock.settle()
    expect((await late.closed).code).toBe(CloseCode.TooLarge)
  })

  test('that are no limits are refused when the server is made', () => {
    const { implementation } = serving()
    expect(() => createBench(implementation, { limits: { calls: 0 } })).toThrow(
      'Expected `limits.calls` to be an integer >= 1, got `0` (number)',
    )
    // Clients are told the limits, and no integer is infinite.
    for (const calls of [Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => createBench(implementation, { limits: { calls } })).toThrow('limits.calls')
      expect(() => createBench(implementation, { heartbeat: { idleMs: calls } })).toThrow('heartbeat.idleMs')
      expect(() => createBench(implementation, { compression: { thresholdBytes: calls } })).toThrow('thresholdBytes')
    }
    expect(() => createBench(implementation, { compression: { level: 10 } })).toThrow(
      'Expected `compression.level` to be an integer >= 1 and <= 9, got `10` (number)',
    )
    expect(() => createBench(implementation, { limits: { callz: 1 } as never })).toThrow('`callz`')
    expect(() => createBench(implementation, { maxConnections: 1.5 })).toThrow('maxConnections')
    expect(() => createBench(implementation, { origins: ['app.example'] })).toThrow('origins')
    expect(() => createBench(implementation, { origins: 'https://app.example' as never })).toThrow(
      "Expected `origins` to be 'same-origin', 'any', a list or a function, got `https://app.example` (string)",
    )
  })
})

describe('fresh credentials', () => {
  test('give later calls a new context', async () => {
    const bench = createBench(serving().implementation)
    const client = await bench.connect({ auth: 'ada' })
    expect(await bench.run(client.api.whoami())).toBe('ada')
    client.refreshAuth('ada2')
    await bench.clock.settle()
    expect(await bench.run(client.api.whoami())).toBe('ada2')
    expect(Array.from(bench.server.connections, ({ context }) => context)).toEqual([{ name: 'ada2' }])
  })

  test('that are refused, or those of somebody else, end the connection', async () => {
    const bench = createBench(serving().implementation, { principalOf: ({ name }) => name })
    const refused = await bench.connect({ auth: 'ada' })
    refused.refreshAuth(5)
    const other = await bench.connect({ auth: 'ada' })
    other.refreshAuth('eve')
    const same = await bench.connect({ auth: 'ada' })
    same.refreshAuth('ada')
    await bench.clock.settle()
    expect(refused.endings).toMatchObject([{ code: CloseCode.Unauthorized, retry: false }])
    expect(other.endings).toMatchObject([{ code: CloseCode.Unauthorized, retry: false }])
    expect(same.endings).toEqual([])
  })
})

describe('hooks', () => {
  test('are told of accepted connections, once each, and of their end', async () => {
    const notes: string[] = []
    const bench = createBench(serving().implementation, {
      principalOf: ({ name }) => `user ${name}`,
      onConnection: ({ id, context, principal, remoteAddress }) =>
        notes.push(`${id} ${context.name} ${principal} ${remoteAddress}`),
      onDisconnection: ({ id, context }, { code }) => notes.push(`${id} ${context.name} left with ${code}`),
    })
    const refused = await bench.connect({ auth: 'banned' })
    const client = await bench.connect({ auth: 'ada' })
    client.close()
    await bench.clock.settle()
    expect(refused.endings).toHaveLength(1)
    expect(notes).toEqual(['2 ada user ada 192.0.2.1', '2 ada left with 1000'])
  })

  test('that throw are reported, and change nothing', async () => {
    const fail = (): never => {
      throw new Error('hook')
    }
    const bench = createBench(serving().implementation, { onConnection: fail, onDisconnection: fail })
    const client = await bench.connect({ auth: 'ada' })
    expect(await bench.run(client.api.whoami())).toBe('ada')
    client.close()
    await bench.clock.settle()
    expect(bench.errors).toMatchObject([{ error: { message: 'hook' } }, { error: { message: 'hook' } }])
  })

  test('may turn out to be asynchronous, and reject', async () => {
    const bench = createBench(serving().implementation, {
      onConnection: () => Promise.reject(new Error('later')) as never,
    })
    const client = await bench.connect({ auth: 'ada' })
    expect(await bench.run(client.api.whoami())).toBe('ada')
    expect(bench.errors).toMatchObject([{ error: { message: 'later' } }])
  })

  test('that fail to report end up in the log', async () => {
    const bench = createBench(serving().implementation, {
      onError() {
        throw new Error('reporter')
      },
    })
    await bench.connect({ auth: 'broken' })
    expect(bench.lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringContaining('reporter'),
      expect.stringContaining('no database'),
    ])
  })

  test('may close or cut a connection through its handle', async () => {
    const bench = createBench(serving().implementation)
    const [ada, bob] = [await bench.connect({ auth: 'ada' }), await bench.connect({ auth: 'bob' })]
    for (const connection of bench.server.connections) {
      if (connection.context.name === 'ada') connection.close('enough')
      else connection.terminate()
    }
    await bench.clock.settle()
    expect(ada.endings).toMatchObject([{ origin: 'peer', code: 1000, reason: 'enough', retry: false }])
    expect(bob.endings).toMatchObject([{ origin: 'transport', code: 1006 }])
  })
})
