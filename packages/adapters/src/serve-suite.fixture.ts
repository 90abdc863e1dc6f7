import { connect } from 'node:net'
import { POLL_LIMITS } from '@tautline/core/long-poll'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEchoAcceptor, type EchoAcceptor } from './echo-acceptor.fixture.ts'
import { RawPoll } from './raw-poll.fixture.ts'
import { Opcode, rawUpgrade } from './raw-websocket.fixture.ts'
import type { FetchHandler, Serving } from './serving.ts'
import { testCertificate } from './test-certificate.fixture.ts'

interface SuiteOptions {
  readonly port: number
  readonly host?: string
  readonly path?: string
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly perMessageDeflate?: boolean
  readonly fetch?: FetchHandler
  readonly longPoll?: false
}

type Serve = (server: EchoAcceptor, options: SuiteOptions) => Promise<Serving>

const KiB = 1024
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** What `serve` promises, run inside each runtime against its own. */
export function describeServe(serve: Serve): void {
  const running: Serving[] = []
  const start = async (server: EchoAcceptor, options: Omit<SuiteOptions, 'port'> = {}): Promise<Serving> => {
    const serving = await serve(server, { port: 0, host: '127.0.0.1', ...options })
    running.push(serving)
    return serving
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map((serving) => serving.close({ drainMs: 0 })))
  })

  describe('upgrade', () => {
    test('echoes binary messages and answers the subprotocol', async () => {
      const serving = await start(createEchoAcceptor())
      const client = await rawUpgrade({
        port: serving.port,
        headers: { 'sec-websocket-protocol': 'other, tautline.1' },
      })
      expect(client.status).toBe(101)
      expect(client.headers.get('sec-websocket-protocol')).toBe('tautline.1')
      client.send(Opcode.Binary, bytes(1, 2, 3))
      expect((await client.next())?.payload).toEqual(Buffer.of(1, 2, 3))
      client.destroy()
    })

    test('answers no subprotocol to a client that did not offer ours', async () => {
      const serving = await start(createEchoAcceptor())
      const client = await rawUpgrade({ port: serving.port, headers: { 'sec-websocket-protocol': 'other' } })
      expect(client.headers.get('sec-websocket-protocol')).toBeNull()
      client.destroy()
    })

    test('tells the server URL, headers and address of the client', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({
        port: serving.port,
        target: '/rpc?room=1',
        headers: { Origin: 'https://app.example', Cookie: 'sid=1' },
      })
      const [request] = server.requests
      expect(request?.url.href).toBe(`http://127.0.0.1:${String(serving.port)}/rpc?room=1`)
      expect(request?.headers.get('origin')).toBe('https://app.example')
      expect(request?.headers.get('cookie')).toBe('sid=1')
      expect(request?.remoteAddress).toBe('127.0.0.1')
      expect(request?.secure).toBe(false)
      client.destroy()
    })

    test('refuses with the status, headers and body of the decision', async () => {
      const decision = { accept: false, status: 503, headers: { 'retry-after': '3' }, body: 'full' } as const
      const serving = await start(createEchoAcceptor({ decide: () => decision }))
      const client = await rawUpgrade({ port: serving.port })
      expect(client.status).toBe(503)
      expect(client.headers.get('retry-after')).toBe('3')
      expect(client.body).toBe('full')
    })

    test('answers 404 on other paths when a path is given, 101 on any when none is', async () => {
      const one = await start(createEchoAcceptor(), { path: '/rpc' })
      expect(one.url).toBe(`ws://127.0.0.1:${String(one.port)}/rpc`)
      const statuses: number[] = []
      for (const target of ['/rpc', '/rpc?x', '/', '/rpc/', '//rpc']) {
        const client = await rawUpgrade({ port: one.port, target })
        statuses.push(client.status)
        client.destroy()
      }
      expect(statuses).toEqual([101, 101, 404, 404, 404])
      const any = await start(createEchoAcceptor())
      const client = await rawUpgrade({ port: any.port, target: '/anything' })
      expect(client.status).toBe(101)
      client.destroy()
    })

    test('answers 400 to an upgrade that is no WebSocket handshake', async () => {
      const serving = await start(createEchoAcceptor())
      const client = await rawUpgrade({ port: serving.port, headers: { 'sec-websocket-key': undefined } })
      expect(client.status).toBe(400)
    })

    test('goes on when a client leaves during the decision', async () => {
      let decide: (() => void) | undefined
      const asked = Promise.withResolvers<void>()
      const server = createEchoAcceptor({
        decide: () =>
          new Promise((resolve) => {
            decide = () => {
              resolve({ accept: true })
            }
            asked.resolve()
          }),
      })
      const serving = await start(server)
      const gone = connect(serving.port, '127.0.0.1')
      gone.write(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      )
      await asked.promise
      gone.resetAndDestroy()
      decide?.()
      const next = rawUpgrade({ port: serving.port })
      await expect.poll(() => server.requests.length).toBe(2)
      decide?.()
      const client = await next
      expect(client.status).toBe(101)
      client.destroy()
    })
  })

  describe('socket', () => {
    test('reports a text message as such', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      client.send(Opcode.Text, Buffer.from('hello'))
      await server.seen('text')
      client.destroy()
    })

    test('takes a message at the limit and closes with 1009 one byte past it', async () => {
      const serving = await start(createEchoAcceptor({ maxMessageBytes: 1000 }))
      const client = await rawUpgrade({ port: serving.port })
      client.send(Opcode.Binary, new Uint8Array(1000))
      expect((await client.next())?.payload.byteLength).toBe(1000)
      client.send(Opcode.Binary, new Uint8Array(1001))
      expect(await client.closeCode()).toBe(1009)
      client.destroy()
    })

    test('hands over memory that is no view with the habits of a Buffer', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      client.send(Opcode.Binary, bytes(1))
      client.send(Opcode.Binary, bytes(2))
      expect((await client.next())?.payload).toEqual(Buffer.of(1))
      expect((await client.next())?.payload).toEqual(Buffer.of(2))
      client.destroy()
    })

    test('reports the code and reason of the client, once', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      client.send(Opcode.Close, Buffer.concat([Buffer.of(0x11, 0x94), Buffer.from('done')]))
      await server.seen('closed 4500 done')
      expect(server.events).toEqual(['open', 'closed 4500 done'])
      client.destroy()
    })

    test('reports 1006 for a client that vanished', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      client.destroy()
      await expect.poll(() => server.events.at(-1)).toMatch(/^closed 1006/)
    })

    test('sends what was sent before a close, then the code with as much of the reason as fits', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      server.sockets[0]?.send(bytes(7))
      server.sockets[0]?.close(4401, 'é'.repeat(200))
      expect((await client.next())?.payload).toEqual(Buffer.of(7))
      const close = await client.next()
      expect(close?.payload.readUInt16BE()).toBe(4401)
      expect(close?.payload.subarray(2).toString()).toBe('é'.repeat(61))
      client.destroy()
    })

    test('closes with 1011 for a code that must not be sent', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      server.sockets[0]?.close(1005, '')
      expect(await client.closeCode()).toBe(1011)
      client.destroy()
    })

    test('cuts at once on terminate', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      server.sockets[0]?.terminate()
      expect(await client.closeCode()).toBe(1006)
    })

    test('drops nothing, knows its backlog and tells when it is gone', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      client.pause()
      const [socket] = server.sockets
      const message = 256 * KiB
      let sent = 0
      // The kernel takes some MB before anyone sees a backlog.
      await expect
        .poll(
          () => {
            expect(socket?.send(new Uint8Array(message))).toBe(true)
            sent += 1
            return socket?.backlogBytes
          },
          { interval: 0 },
        )
        .toBeGreaterThanOrEqual(8 * 1024 * KiB)
      // While the kernel's buffers filled up, it may have been gone before.
      server.events.length = 0
      let received = 0
      client.resume()
      while (received < sent) {
        expect((await client.next())?.payload.byteLength).toBe(message)
        received += 1
      }
      await server.seen('drained')
      expect(socket?.backlogBytes).toBe(0)
      client.destroy()
    })

    test('stops reading while paused', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      const [socket] = server.sockets
      socket?.pauseReading?.(true)
      client.send(Opcode.Binary, bytes(1))
      // Another client's round trip: time enough for the first message to arrive, if it could.
      const other = await rawUpgrade({ port: serving.port })
      other.send(Opcode.Binary, bytes(2))
      await other.next()
      const answer = client.next()
      expect(await Promise.race([answer, Promise.resolve('nothing yet')])).toBe('nothing yet')
      socket?.pauseReading?.(false)
      expect((await answer)?.payload).toEqual(Buffer.of(1))
      client.destroy()
      other.destroy()
    })
  })

  describe('RFC 7692', () => {
    const offer = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }

    test('is not agreed unless asked for', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port, headers: offer })
      expect(client.headers.get('sec-websocket-extensions')).toBeNull()
      await server.seen('open')
      expect(server.sockets[0]?.compresses).toBe(false)
      client.destroy()
    })

    test('is agreed without context takeover, and compresses from 1 KiB', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server, { perMessageDeflate: true })
      const client = await rawUpgrade({ port: serving.port, headers: offer })
      const agreed = client.headers.get('sec-websocket-extensions')
      expect(agreed).toContain('server_no_context_takeover')
      expect(agreed).toContain('client_no_context_takeover')
      expect(agreed).not.toContain('client_max_window_bits')
      await server.seen('open')
      expect(server.sockets[0]?.compresses).toBe(true)
      client.send(Opcode.Binary, new Uint8Array(1023))
      expect(await client.next()).toMatchObject({ rsv1: false })
      client.send(Opcode.Binary, new Uint8Array(1024))
      const compressed = await client.next()
      expect(compressed?.rsv1).toBe(true)
      expect(compressed?.payload.byteLength).toBeLessThan(100)
      client.destroy()
    })

    test('accepts a client that offers no window bits, and one that offers nothing', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server, { perMessageDeflate: true })
      const plain = await rawUpgrade({
        port: serving.port,
        headers: { 'sec-websocket-extensions': 'permessage-deflate' },
      })
      const none = await rawUpgrade({ port: serving.port })
      expect([plain.status, none.status]).toEqual([101, 101])
      expect(server.sockets.map((socket) => socket.compresses)).toEqual([true, false])
      plain.destroy()
      none.destroy()
    })
  })

  describe('ordinary requests', () => {
    test('are answered with 426 on the path, else with 404', async () => {
      const serving = await start(createEchoAcceptor(), { path: '/rpc' })
      const base = `http://127.0.0.1:${String(serving.port)}`
      const ours = await fetch(`${base}/rpc`)
      expect([ours.status, await ours.text()]).toEqual([426, 'Expected a WebSocket upgrade'])
      expect((await fetch(`${base}/other`)).status).toBe(404)
    })

    test('go to the fetch handler, with body, headers and cookies', async () => {
      const serving = await start(createEchoAcceptor(), {
        fetch: async (request) => {
          const headers = new Headers({ 'x-method': request.method, 'x-url': request.url })
          headers.append('set-cookie', 'a=1')
          headers.append('set-cookie', 'b=2')
          return new Response(`got ${await request.text()}`, { status: 201, headers })
        },
      })
      const url = `http://127.0.0.1:${String(serving.port)}/upload?x=1`
      const response = await fetch(url, { method: 'POST', body: 'a file' })
      expect(response.status).toBe(201)
      expect(response.headers.get('x-method')).toBe('POST')
      expect(response.headers.get('x-url')).toBe(url)
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
      expect(await response.text()).toBe('got a file')
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(201)
    })

    test('may be answered by a stream', async () => {
      const serving = await start(createEchoAcceptor(), {
        fetch: () =>
          new Response(
            new ReadableStream({
              start(controller) {
                for (let i = 0; i < 100; i++) controller.enqueue(new Uint8Array(10 * KiB).fill(i))
                controller.close()
              },
            }),
          ),
      })
      const body = await (await fetch(`http://127.0.0.1:${String(serving.port)}/`)).arrayBuffer()
      expect(body.byteLength).toBe(1000 * KiB)
      expect(new Uint8Array(body).at(-1)).toBe(99)
    })

    test('cost one 500 when the handler fails', async () => {
      const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const serving = await start(createEchoAcceptor(), {
        fetch: (request) => {
          if (request.url.endsWith('/bad')) throw new Error('secret')
          return new Response('good')
        },
      })
      const base = `http://127.0.0.1:${String(serving.port)}`
      const bad = await fetch(`${base}/bad`)
      expect(bad.status).toBe(500)
      expect(await bad.text()).not.toContain('secret')
      expect(await (await fetch(`${base}/good`)).text()).toBe('good')
      printed.mockRestore()
    })
  })

  describe('long poll', () => {
    const piece = (...values: number[]) => ({ type: 'piece', bytes: bytes(...values), last: true })

    test('opens a connection for the server, and moves messages both ways', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server, { path: '/rpc' })
      const client = new RawPoll(`http://127.0.0.1:${String(serving.port)}/rpc?room=1`, { cookie: 'sid=1' })
      expect(await client.open(bytes(1, 2))).toEqual({ seq: 1, ack: 1, parts: [piece(1, 2)] })
      const [request] = server.requests
      expect(request?.url.search).toBe('?room=1')
      expect(request?.headers.get('cookie')).toBe('sid=1')
      expect(request?.remoteAddress).toBe('127.0.0.1')
      expect(server.sockets[0]?.kind).toBe('long-poll')
      const held = client.poll(1)
      expect((await client.send(1, bytes(3), bytes(4))).ack).toBe(3)
      expect((await held).parts).toEqual([piece(3), piece(4)])
    })

    test('refuses with the status, headers and body of the decision', async () => {
      const decision = { accept: false, status: 503, headers: { 'retry-after': '3' }, body: 'full' } as const
      const serving = await start(createEchoAcceptor({ decide: () => decision }))
      const client = new RawPoll(`http://127.0.0.1:${String(serving.port)}/`)
      await expect(client.open(bytes(1))).rejects.toThrow('status 200, got 503')
    })

    test('takes a body of the limit, and answers one past it with 413', async () => {
      const serving = await start(createEchoAcceptor())
      const client = new RawPoll(`http://127.0.0.1:${String(serving.port)}/`)
      // Read as a whole, and no request.
      expect((await client.post(new Uint8Array(POLL_LIMITS.bodyBytes))).status).toBe(400)
      expect((await client.post(new Uint8Array(POLL_LIMITS.bodyBytes + 1))).status).toBe(413)
    })

    test('is told of the end while the server closes, and lets in nothing after it', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = new RawPoll(`http://127.0.0.1:${String(serving.port)}/`)
      await client.open(bytes(1))
      const held = client.poll(1)
      await client.send(1)
      const closed = serving.close({ drainMs: 5000 })
      expect((await held).parts).toEqual([{ type: 'close', code: 1001, reason: 'going away' }])
      expect(server.events).not.toContain('closed 1001 going away')
      await client.send(2)
      await closed
      expect(server.events.at(-1)).toBe('closed 1001 going away')
      await expect(client.poll(2)).rejects.toThrow(/fetch failed|Unable to connect|tcp connect error|refused/)
    })

    test('leaves all other requests to the fetch handler', async () => {
      const serving = await start(createEchoAcceptor(), { path: '/rpc', fetch: ({ method }) => new Response(method) })
      const base = `http://127.0.0.1:${String(serving.port)}`
      expect(await (await fetch(`${base}/rpc`, { method: 'POST', body: 'form' })).text()).toBe('POST')
      expect(await (await new RawPoll(`${base}/other`).post(bytes(1))).text()).toBe('POST')
      expect((await new RawPoll(`${base}/rpc`).post(bytes(1))).status).toBe(400)
    })

    test('may be turned off', async () => {
      const serving = await start(createEchoAcceptor(), { longPoll: false })
      expect((await new RawPoll(`http://127.0.0.1:${String(serving.port)}/`).post(bytes(1))).status).toBe(426)
    })
  })

  describe('listening', () => {
    test('serves TLS and says so', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server, { tls: testCertificate })
      expect(serving.url).toBe(`wss://127.0.0.1:${String(serving.port)}/`)
      const client = await rawUpgrade({ port: serving.port, tls: true })
      expect(client.status).toBe(101)
      expect(server.requests[0]?.secure).toBe(true)
      expect(server.requests[0]?.url.protocol).toBe('https:')
      client.send(Opcode.Binary, bytes(5))
      expect((await client.next())?.payload).toEqual(Buffer.of(5))
      client.destroy()
    })

    test('fails where the port is taken', async () => {
      const first = await start(createEchoAcceptor())
      await expect(serve(createEchoAcceptor(), { port: first.port, host: '127.0.0.1' })).rejects.toThrow(
        /EADDRINUSE|in use/,
      )
    })

    test('refuses a path that no request can have', async () => {
      await expect(serve(createEchoAcceptor(), { port: 0, path: 'rpc' })).rejects.toThrow(
        'Expected `path` to start with "/" and to hold no query, got `rpc` (string)',
      )
    })

    test('names a reachable address when it listens everywhere', async () => {
      const serving = await serve(createEchoAcceptor(), { port: 0 })
      running.push(serving)
      expect(serving.url).toBe(`ws://localhost:${String(serving.port)}/`)
    })

    test('closes sockets, refuses new ones and resolves when all are gone', async () => {
      const server = createEchoAcceptor()
      const serving = await start(server)
      const client = await rawUpgrade({ port: serving.port })
      await server.seen('open')
      const closed = serving.close({ drainMs: 5000 })
      const close = await client.next()
      expect(close?.payload.readUInt16BE()).toBe(1001)
      client.send(Opcode.Close, close?.payload ?? bytes())
      await closed
      expect(server.events.at(-1)).toBe('closed 1001 going away')
      await expect(rawUpgrade({ port: serving.port })).rejects.toThrow(/ECONNREFUSED/)
      await expect(serving.close()).resolves.toBeUndefined()
    })

    test('does not wait for a connection that is merely kept alive', async () => {
      const serving = await start(createEchoAcceptor(), { fetch: () => new Response('page') })
      const idle = connect(serving.port, '127.0.0.1')
      idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await new Promise((resolve) => {
        idle.once('data', resolve)
      })
      const began = performance.now()
      await serving.close({ drainMs: 10_000 })
      expect(performance.now() - began).toBeLessThan(5000)
      idle.destroy()
    })

    test('lets a request under way finish while it closes', async () => {
      const entered = Promise.withResolvers<void>()
      const finish = Promise.withResolvers<void>()
      const serving = await start(createEchoAcceptor(), {
        fetch: async () => {
          entered.resolve()
          await finish.promise
          return new Response('finished')
        },
      })
      const answer = fetch(`http://127.0.0.1:${String(serving.port)}/`, { headers: { connection: 'close' } })
      await entered.promise
      const closed = serving.close({ drainMs: 5000 })
      finish.resolve()
      expect(await (await answer).text()).toBe('finished')
      await closed
    })
  })
}
