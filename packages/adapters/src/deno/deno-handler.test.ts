import { afterEach, expect, test } from 'vitest'
import { createEchoAcceptor, type EchoAcceptor } from '../echo-acceptor.fixture.ts'
import { RawPoll } from '../raw-poll.fixture.ts'
import { Opcode, rawUpgrade } from '../raw-websocket.fixture.ts'
import { type DenoHandler, type DenoHandlerOptions, denoHandler } from './deno-handler.ts'

interface Listener {
  readonly addr: { readonly port: number }
  shutdown(): Promise<void>
}

interface DenoServe {
  serve(options: { readonly port: number; readonly hostname: string; onListen(): void }, handler: DenoHandler): Listener
}

const listeners: Listener[] = []

function start(server: EchoAcceptor, options?: DenoHandlerOptions): number {
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoServe }
  const silent = { port: 0, hostname: '127.0.0.1', onListen: () => undefined }
  const listener = deno.serve(silent, denoHandler(server, options))
  listeners.push(listener)
  return listener.addr.port
}

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.shutdown()))
})

test('echoes binary messages and answers the subprotocol', async () => {
  const server = createEchoAcceptor()
  const port = start(server)
  const client = await rawUpgrade({ port, headers: { 'sec-websocket-protocol': 'tautline.1' } })
  expect(client.headers.get('sec-websocket-protocol')).toBe('tautline.1')
  client.send(Opcode.Binary, Uint8Array.of(1, 2))
  expect((await client.next())?.payload).toEqual(Buffer.of(1, 2))
  expect(server.requests[0]?.remoteAddress).toBe('127.0.0.1')
  client.destroy()
  await expect.poll(() => server.events.at(-1)).toMatch(/^closed 1006/)
})

test('refuses with the status of the decision, and 404 and 426 where they belong', async () => {
  const decision = { accept: false, status: 401, headers: { 'x-why': 'token' }, body: 'no token' } as const
  const port = start(createEchoAcceptor({ decide: () => decision }), { path: '/rpc' })
  const refused = await rawUpgrade({ port, target: '/rpc' })
  expect([refused.status, refused.headers.get('x-why'), refused.body]).toEqual([401, 'token', 'no token'])
  const elsewhere = await rawUpgrade({ port, target: '/' })
  expect(elsewhere.status).toBe(404)
  const ordinary = await fetch(`http://127.0.0.1:${String(port)}/rpc`)
  expect([ordinary.status, await ordinary.text()]).toEqual([426, 'Expected a WebSocket upgrade'])
  refused.destroy()
  elsewhere.destroy()
})

test('answers ordinary requests by the fetch handler', async () => {
  const port = start(createEchoAcceptor(), { fetch: (request) => new Response(request.method) })
  expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toBe('GET')
})

test('survives a handshake that is none', async () => {
  const port = start(createEchoAcceptor())
  const bad = await rawUpgrade({ port, headers: { 'sec-websocket-key': undefined } })
  expect(bad.status).toBe(400)
  bad.destroy()
  const good = await rawUpgrade({ port })
  expect(good.status).toBe(101)
  good.destroy()
})

test('closes with 1009 for a message past the limit, which it can only see when it has arrived', async () => {
  const port = start(createEchoAcceptor({ maxMessageBytes: 1000 }))
  const client = await rawUpgrade({ port })
  client.send(Opcode.Binary, new Uint8Array(1000))
  expect((await client.next())?.payload.byteLength).toBe(1000)
  client.send(Opcode.Binary, new Uint8Array(1001))
  expect(await client.closeCode()).toBe(1009)
  client.destroy()
})

test('reports text as text and the code of the client', async () => {
  const server = createEchoAcceptor()
  const client = await rawUpgrade({ port: start(server) })
  client.send(Opcode.Text, Buffer.from('hello'))
  await server.seen('text')
  client.send(Opcode.Close, Buffer.of(0x11, 0x94))
  await server.seen('closed 4500')
  client.destroy()
})

test('reads nothing of the request after a decision that took its time', async () => {
  const server = createEchoAcceptor({
    decide: async () => {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      return { accept: true }
    },
  })
  const client = await rawUpgrade({ port: start(server), headers: { origin: 'https://app.example' } })
  expect(client.status).toBe(101)
  expect(server.requests[0]?.headers.get('origin')).toBe('https://app.example')
  client.destroy()
})

test('answers long polls, unless that is turned off', async () => {
  const server = createEchoAcceptor()
  const client = new RawPoll(`http://127.0.0.1:${String(start(server))}/`)
  expect(await client.open(Uint8Array.of(1))).toMatchObject({ ack: 1, parts: [{ bytes: Uint8Array.of(1) }] })
  server.sockets[0]?.terminate()
  await expect(client.poll(1)).rejects.toThrow('status 200, got 410')
  const off = new RawPoll(`http://127.0.0.1:${String(start(createEchoAcceptor(), { longPoll: false }))}/`)
  expect((await off.post(Uint8Array.of(1))).status).toBe(426)
})
