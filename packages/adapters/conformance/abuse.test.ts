// What no honest client does, over raw sockets, against every kind of server in its own process. Each costs the one
// who does it their connection, with the stated code; a witness on another connection notices nothing.
import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { type Client, createClient } from '@tautline/client'
import { CloseCode, DEFAULT_LIMITS, type Frame, FrameType, joinMessage } from '@tautline/core/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RefusedVector, refusedBytes } from '../../core/src/protocol/vector-notation.fixture.ts'
import refused from '../../core/vectors/refused.json' with { type: 'json' }
import { Opcode, type RawWebSocket, rawUpgrade } from '../src/raw-websocket.fixture.ts'
import { serverCapabilities, serverKinds } from './capabilities.ts'
import { api } from './contract.ts'
import { call, codec, greetByHand, type HandClient, openByHand, plainHello } from './hand-client.ts'
import { GUARDED, type Stand } from './stands.ts'
import { type RunningServer, startServer } from './start-server.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** 256 MiB in 260 KB. Made before there is a connection: this takes long enough to be taken for dead. */
const bomb = deflateRawSync(Buffer.alloc(256 * MiB))

const hello = (changes: Partial<typeof plainHello> = {}): Frame => ({
  type: FrameType.Hello,
  hello: { ...plainHello, ...changes },
})

const header = (seq: number, count: number, ack: number): Buffer => Buffer.of(0x93, seq, count, ack)

describe.each(serverKinds)('server %s', (kind) => {
  let server: RunningServer
  let witness: Client<typeof api>
  const opened: RawWebSocket[] = []

  const urlOf = (stand: Stand): string => server.urls[stand] ?? `about:${stand}`
  const guardedUrl = (): string => `${urlOf('guarded')}?ticket=${GUARDED.ticket}`
  const keep = <T extends RawWebSocket | HandClient>(client: T): T => {
    opened.push('raw' in client ? client.raw : client)
    return client
  }
  const greet = async (changes?: Partial<typeof plainHello>): Promise<HandClient> =>
    keep(await greetByHand(urlOf('main'), changes))
  const upgrade = async (url: string, headers: Record<string, string> = {}): Promise<RawWebSocket> => {
    const { port, pathname, search } = new URL(url)
    return keep(await rawUpgrade({ port: Number(port), target: pathname + search, headers }))
  }

  beforeAll(async () => {
    server = await startServer(kind)
    witness = createClient(api, { url: urlOf('main') })
    await witness.$.connected()
  })
  afterEach(async () => {
    for (const raw of opened.splice(0)) raw.destroy()
    expect(await witness.add({ a: 1, b: 2 })).toBe(3)
    expect(witness.$.stats().reconnects).toBe(0)
  })
  afterAll(async () => {
    await witness.$.close()
    expect(await server.stop()).toBe(0)
  })

  describe('before the upgrade', () => {
    test('refuses a foreign origin with 403, and takes its own', async () => {
      const { host } = new URL(urlOf('main'))
      expect((await upgrade(urlOf('main'), { origin: 'https://evil.example' })).status).toBe(403)
      expect((await upgrade(urlOf('main'), { origin: 'null' })).status).toBe(403)
      expect((await upgrade(urlOf('main'), { origin: `http://${host}` })).status).toBe(101)
    })

    test('takes the origins of the allow-list and no others', async () => {
      const { host } = new URL(guardedUrl())
      expect((await upgrade(guardedUrl(), { origin: GUARDED.origin })).status).toBe(101)
      expect((await upgrade(guardedUrl(), { origin: `${GUARDED.origin}.evil.example` })).status).toBe(403)
      expect((await upgrade(guardedUrl(), { origin: `http://${host}` })).status).toBe(403)
    })

    test('refuses a client without a ticket with the status of the application', async () => {
      const answer = await upgrade(urlOf('guarded'))
      expect([answer.status, answer.headers.get('www-authenticate'), answer.body]).toEqual([401, 'Ticket', 'No ticket'])
    })

    test('refuses with 503 when the application does not decide in time', async () => {
      const began = performance.now()
      expect((await upgrade(`${urlOf('guarded')}?ticket=${GUARDED.undecidedTicket}`)).status).toBe(503)
      expect(performance.now() - began).toBeGreaterThan(GUARDED.handshakeMs - 50)
    })

    test('answers 404 on another path, and 426 without an upgrade', async () => {
      expect((await upgrade(new URL('/other', urlOf('guarded')).href)).status).toBe(404)
      const response = await fetch(urlOf('guarded').replace(/^ws/, 'http'))
      await response.body?.cancel()
      expect(response.status).toBe(426)
    })
  })

  describe('handshake', () => {
    test('ends a connection whose HELLO never comes with 4408, within its time', async () => {
      const began = performance.now()
      const client = keep(await openByHand(guardedUrl()))
      expect(await client.end()).toEqual({ code: CloseCode.HandshakeTimeout, told: CloseCode.HandshakeTimeout })
      expect(performance.now() - began).toBeGreaterThan(GUARDED.handshakeMs - 50)
    })

    test('ends a connection whose HELLO never ends with 4408', async () => {
      const client = keep(await openByHand(guardedUrl()))
      client.raw.send(Opcode.Binary, header(0, 0, 0), { fin: false })
      expect((await client.end()).code).toBe(CloseCode.HandshakeTimeout)
    })

    test('answers a call before HELLO with 4400', async () => {
      const client = keep(await openByHand(urlOf('main')))
      client.send(call(1, 'add', { a: 1, b: 2 }))
      expect(await client.end()).toEqual({ code: CloseCode.ProtocolError, told: CloseCode.ProtocolError })
    })

    test('answers a second HELLO with 4429', async () => {
      const client = await greet()
      client.send(hello())
      expect(await client.end()).toEqual({ code: CloseCode.RepeatedHello, told: CloseCode.RepeatedHello })
    })

    test('answers two HELLOs in one message with 4429', async () => {
      const client = keep(await openByHand(urlOf('main')))
      client.send(hello(), hello())
      expect((await client.end()).code).toBe(CloseCode.RepeatedHello)
    })

    test('answers an unknown version with 4406', async () => {
      const client = keep(await openByHand(urlOf('main')))
      client.send(hello({ version: 99 }))
      expect((await client.end()).code).toBe(CloseCode.UnsupportedVersion)
    })

    test('answers refused credentials with 4401, and has run nothing', async () => {
      const client = keep(await openByHand(urlOf('main')))
      client.send(hello({ auth: codec.encode({ token: 'bad' }) }), call(1, 'wait', { key: `${kind} refused` }))
      expect((await client.end()).code).toBe(CloseCode.Unauthorized)
      expect((await witness.traceOf({ key: `${kind} refused` })).started).toBe(0)
    })

    test('takes 16 KiB before WELCOME and answers one byte more with 4413', async () => {
      const size = async (auth: Uint8Array): Promise<number | undefined> => {
        const client = keep(await openByHand(urlOf('main')))
        client.send(hello({ auth: codec.encode(auth) }))
        const welcome = client.next(FrameType.Welcome)
        return (await welcome) === undefined ? (await client.end()).code : undefined
      }
      expect(await size(new Uint8Array(15 * KiB))).toBeUndefined()
      expect(await size(new Uint8Array(17 * KiB))).toBe(CloseCode.TooLarge)
    })
  })

  describe('messages', () => {
    const bombs: readonly (readonly [name: string, bytes: Uint8Array, code: number])[] = [
      ['an empty message', new Uint8Array(0), CloseCode.Malformed],
      ['random bytes', Buffer.concat([Buffer.of(0xc1), randomBytes(1000)]), CloseCode.Malformed],
      ['a header and nothing behind it', header(0, 0, 0), CloseCode.Malformed],
      ['JSON', Buffer.from('{"type":"hello"}'), CloseCode.Malformed],
      ['a body that is no array', Buffer.concat([header(0, 0, 0), Buffer.of(0xc0)]), CloseCode.Malformed],
      [
        '100 bytes of twenty nested arrays of ten million',
        Buffer.concat([header(1, 1, 0), ...Array.from({ length: 20 }, () => Buffer.of(0xdd, 0, 0x98, 0x96, 0x80))]),
        CloseCode.TooLarge,
      ],
      [
        'a body that declares four billion frames',
        Buffer.concat([header(1, 1, 0), Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff)]),
        CloseCode.TooLarge,
      ],
      [
        'a call whose input declares a map of four billion entries',
        Buffer.concat([header(1, 1, 0), Buffer.of(0x91, 0x94, 1, 1, 0xa1, 0x61, 0xdf, 0xff, 0xff, 0xff, 0xff)]),
        CloseCode.Malformed,
      ],
      [
        'a call with 40 KB of array heads of 99,999',
        Buffer.concat([
          header(1, 1, 0),
          Buffer.of(0x91, 0x94, 1, 1, 0xa1, 0x61),
          ...Array.from({ length: 8000 }, () => Buffer.of(0xdd, 0, 1, 0x86, 0x9f)),
        ]),
        CloseCode.Malformed,
      ],
      [
        'a call nested a million deep',
        Buffer.concat([header(1, 1, 0), Buffer.of(0x91, 0x94, 1, 1, 0xa1, 0x61), Buffer.alloc(1_000_000, 0x91)]),
        CloseCode.TooLarge,
      ],
      [
        'a key of __proto__',
        Buffer.concat([
          header(1, 1, 0),
          Buffer.of(0x91, 0x94, 1, 1, 0xa1, 0x61, 0x81, 0xa9),
          Buffer.from('__proto__'),
          Buffer.of(0x80),
        ]),
        CloseCode.Malformed,
      ],
    ]

    test.each(bombs)('answers %s with its code', async (_, bytes, code) => {
      const client = await greet()
      client.sendMessage(bytes)
      expect(await client.end()).toEqual({ code, told: code })
    })

    test('answers every refused vector with its code, or 1009 past the size of a message', async () => {
      const expected = new Map<string, number>()
      const answered = new Map<string, number>()
      for (const vector of refused as readonly RefusedVector[]) {
        const bytes = refusedBytes(vector)
        expected.set(vector.name, bytes.byteLength > DEFAULT_LIMITS.messageBytes ? 1009 : vector.closeCode)
        const client = await greet()
        client.sendMessage(bytes)
        answered.set(vector.name, (await client.end()).code)
        client.raw.destroy()
      }
      expect(answered).toEqual(expected)
    })

    test('answers text with 4422', async () => {
      const client = await greet()
      client.raw.send(Opcode.Text, Buffer.from('hello'))
      expect((await client.end()).code).toBe(CloseCode.Malformed)
    })

    test('refuses a message past the limit with 1009', async () => {
      const client = keep(await openByHand(guardedUrl()))
      client.sendMessage(new Uint8Array(GUARDED.messageBytes + 1))
      expect((await client.end()).code).toBe(1009)
    })

    test.runIf(serverCapabilities.boundedMessages.on[kind] === true)(
      'refuses a message past the limit while it arrives',
      async () => {
        const client = keep(await openByHand(guardedUrl()))
        // Never ends: only who counts what has come can refuse it.
        for (let sent = 0; sent <= GUARDED.messageBytes; sent += 16 * KiB) {
          client.raw.send(sent === 0 ? Opcode.Binary : Opcode.Continuation, new Uint8Array(16 * KiB), { fin: false })
        }
        expect((await client.end()).code).toBe(1009)
      },
    )

    test('inflates no bomb: 256 MiB in 260 KB end in 4413', async () => {
      const client = await greet({ compression: ['deflate-raw'] })
      const before = await server.usage()
      client.sendMessage(joinMessage({ seq: 1, count: 1, ack: 0 }, bomb, true))
      expect((await client.end()).code).toBe(CloseCode.TooLarge)
      const after = await server.usage()
      expect(after.rssBytes - before.rssBytes).toBeLessThan(64 * MiB)
    })

    test('answers a compressed body with 4400 where no compression was agreed', async () => {
      const client = await greet()
      client.sendMessage(joinMessage({ seq: 1, count: 1, ack: 0 }, deflateRawSync(Buffer.of(0x90)), true))
      expect((await client.end()).code).toBe(CloseCode.ProtocolError)
    })

    test.runIf(serverCapabilities.rfc7692.on[kind] === true)('inflates no bomb of RFC 7692 either', async () => {
      const raw = await upgrade(urlOf('deflate'), {
        'sec-websocket-extensions': 'permessage-deflate; client_no_context_takeover',
      })
      const before = await server.usage()
      raw.send(Opcode.Binary, bomb, { rsv1: true })
      expect(await raw.closeCode()).toBe(1009)
      const after = await server.usage()
      expect(after.rssBytes - before.rssBytes).toBeLessThan(64 * MiB)
    })
  })

  describe('frames', () => {
    const raw = (seq: number, count: number, ack: number, ...frame: number[]): Buffer =>
      Buffer.concat([header(seq, count, ack), Buffer.of(0x91, ...frame)])
    const violations: readonly (readonly [name: string, bytes: Uint8Array, code: number])[] = [
      ['a gap in the sequence', raw(2, 1, 0, 0x92, 7, 1), CloseCode.SequenceGap],
      ['a count that is not true', raw(1, 2, 0, 0x92, 7, 1), CloseCode.ProtocolError],
      ['an ack of what was never sent', raw(1, 1, 9, 0x92, 7, 1), CloseCode.ProtocolError],
      ['an even id', raw(1, 1, 0, 0x93, 1, 2, 0xa1, 0x61), CloseCode.ProtocolError],
      ['an unknown frame type below 96', raw(0, 0, 0, 0x92, 95, 1), CloseCode.ProtocolError],
      ['a frame of the server', raw(0, 0, 0, 0x91, 70), CloseCode.ProtocolError],
      ['a frame without its fields', raw(1, 1, 0, 0x91, 1), CloseCode.Malformed],
      ['an answer to what was never asked', raw(1, 1, 0, 0x92, 3, 2), CloseCode.ProtocolError],
    ]

    test.each(violations)('answers %s with its code', async (_, bytes, code) => {
      const client = await greet()
      client.sendMessage(bytes)
      const { code: closed } = await client.end()
      expect(closed).toBe(code)
    })

    test('answers a repeated id with 4400', async () => {
      const client = await greet()
      client.send(call(1, 'wait', { key: `${kind} repeated` }))
      client.send(call(1, 'wait', { key: `${kind} repeated` }))
      expect((await client.end()).code).toBe(CloseCode.ProtocolError)
    })

    test('passes over unknown frames from 96 on, and goes on', async () => {
      const client = await greet()
      client.sendMessage(raw(0, 0, 0, 0x92, 96, 1))
      client.send(call(1, 'add', { a: 20, b: 22 }))
      const ok = await client.next(FrameType.Ok)
      expect(ok?.type === FrameType.Ok && ok.output !== undefined && codec.decode(ok.output)).toBe(42)
    })

    test('answers what it does not know, or what breaks a schema, with an error, and goes on', async () => {
      const client = await greet()
      client.send(
        call(1, 'no.such.procedure'),
        call(3, '__proto__'),
        call(5, 'constructor'),
        call(7, 'count', { key: 'a stream is no call', to: 1, itemBytes: 1 }),
        call(9, 'add', { a: 'one' }),
        call(11, 'add', { a: 1, b: 2 }),
      )
      const codes = new Map<number, string>()
      while (codes.size < 5) {
        const error = await client.next(FrameType.Error)
        if (error?.type === FrameType.Error) codes.set(error.id, error.code)
      }
      expect(codes).toEqual(
        new Map([
          [1, 'UNKNOWN_PROCEDURE'],
          [3, 'UNKNOWN_PROCEDURE'],
          [5, 'UNKNOWN_PROCEDURE'],
          [7, 'UNKNOWN_PROCEDURE'],
          [9, 'INVALID_INPUT'],
        ]),
      )
      expect(await client.next(FrameType.Ok)).toMatchObject({ id: 11 })
    })

    test('logs each violation once', async () => {
      const client = await greet()
      const before = server.logged.length
      client.send(hello())
      await client.end()
      client.send(hello())
      await expect.poll(() => server.logged.length).toBe(before + 1)
      // Its next line would have come before the answer to this.
      await server.usage()
      expect(server.logged.slice(before)).toHaveLength(1)
    })
  })

  describe('WebSocket frames', () => {
    const violations: readonly (readonly [string, (raw: RawWebSocket) => void])[] = [
      ['an unmasked frame', (raw) => raw.send(Opcode.Binary, Buffer.of(1), { masked: false })],
      ['a compressed frame that was not agreed', (raw) => raw.send(Opcode.Binary, Buffer.of(1), { rsv1: true })],
      ['a reserved opcode', (raw) => raw.send(3, Buffer.of(1))],
      ['a continuation of nothing', (raw) => raw.send(Opcode.Continuation, Buffer.of(1))],
      ['a control frame in fragments', (raw) => raw.send(Opcode.Ping, Buffer.of(1), { fin: false })],
    ]

    test.runIf(serverCapabilities.closeOnViolation.on[kind] === true).each(violations)(
      'answers %s with 1002',
      async (_, violate) => {
        const client = await greet()
        violate(client.raw)
        expect((await client.end()).code).toBe(1002)
      },
    )

    test('survives a hundred sockets that vanish in the middle', async () => {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => upgrade(urlOf('main'))))
      for (const [index, raw] of sockets.entries()) {
        if (index % 2 === 0) raw.sendBytes(Buffer.of(0x82, 0xfe, 0xff))
        raw.destroy()
      }
      await expect.poll(async () => (await server.usage()).connections, { timeout: 5000 }).toBe(1)
    })

    test.runIf(serverCapabilities.terminate.on[kind] === true)(
      'drops a socket that does not answer its close frame',
      async () => {
        const client = await greet()
        client.send(hello())
        expect((await client.end()).code).toBe(CloseCode.RepeatedHello)
        expect(await client.raw.next()).toBeUndefined()
      },
    )
  })
})
