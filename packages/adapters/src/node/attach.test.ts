import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import { RawPoll } from '../raw-poll.fixture.ts'
import { Opcode, rawUpgrade } from '../raw-websocket.fixture.ts'
import { testCertificate } from '../test-certificate.fixture.ts'
import { attach } from './attach.ts'

type HttpServer = ReturnType<typeof createServer>

const started: HttpServer[] = []

async function listen(http: HttpServer): Promise<number> {
  started.push(http)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  return (http.address() as AddressInfo).port
}

afterEach(() => {
  for (const http of started.splice(0)) {
    http.closeAllConnections()
    http.close()
  }
})

test('answers upgrades on its path and leaves requests to the server', async () => {
  const http = createServer((_, response) => response.end('page'))
  attach(http, createEchoAcceptor(), { path: '/rpc' })
  const port = await listen(http)
  const client = await rawUpgrade({ port, target: '/rpc' })
  client.send(Opcode.Binary, Uint8Array.of(1))
  expect((await client.next())?.payload).toEqual(Buffer.of(1))
  client.destroy()
  expect(await (await fetch(`http://127.0.0.1:${String(port)}/rpc`)).text()).toBe('page')
})

test('leaves other paths to other upgrade listeners', async () => {
  const http = createServer()
  const other = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (request.url !== '/other') return
    other.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.close(4321)
    })
  })
  attach(http, createEchoAcceptor())
  const port = await listen(http)
  const theirs = await rawUpgrade({ port, target: '/other' })
  expect(await theirs.closeCode()).toBe(4321)
  theirs.destroy()
  const ours = await rawUpgrade({ port })
  expect(ours.status).toBe(101)
  ours.destroy()
})

test('answers 404 elsewhere when nobody else would answer', async () => {
  const http = createServer()
  attach(http, createEchoAcceptor(), { path: '/rpc' })
  expect((await rawUpgrade({ port: await listen(http), target: '/' })).status).toBe(404)
})

test('works on node:https, and says that the socket is secure', async () => {
  const http = createTlsServer(testCertificate)
  const server = createEchoAcceptor()
  attach(http, server)
  const client = await rawUpgrade({ port: await listen(http), tls: true })
  expect(client.status).toBe(101)
  expect(server.requests[0]?.secure).toBe(true)
  client.destroy()
})

test('lets go of the HTTP server when it is closed', async () => {
  const http = createServer((_, response) => response.end('page'))
  const server = createEchoAcceptor()
  const attachment = attach(http, server)
  const port = await listen(http)
  const client = await rawUpgrade({ port })
  const closed = attachment.close()
  const close = await client.next()
  expect(close?.opcode).toBe(Opcode.Close)
  client.send(Opcode.Close, close?.payload ?? Buffer.alloc(0))
  await closed
  expect(server.events.at(-1)).toBe('closed 1001 going away')
  expect(http.listenerCount('upgrade')).toBe(0)
  expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toBe('page')
})

test('refuses with 500 when the decision has a header that cannot be sent', async () => {
  const http = createServer()
  const headers = { 'x-reason': 'two\r\nlines' }
  attach(http, createEchoAcceptor({ decide: () => ({ accept: false, status: 403, headers, body: '' }) }))
  const client = await rawUpgrade({ port: await listen(http) })
  expect(client.status).toBe(500)
  expect(client.headers.get('x-reason')).toBeNull()
})

describe('long polls', () => {
  const base = (port: number): string => `http://127.0.0.1:${String(port)}`

  test('are answered before any listener of the application sees them', async () => {
    const seen: string[] = []
    const http = createServer((request, response) => {
      seen.push(`${String(request.method)} ${String(request.url)}`)
      response.end('page')
    })
    attach(http, createEchoAcceptor(), { path: '/rpc' })
    http.on('request', () => seen.push('later'))
    const port = await listen(http)
    const { parts } = await new RawPoll(`${base(port)}/rpc`).open(Uint8Array.of(1))
    expect(parts).toMatchObject([{ bytes: Uint8Array.of(1) }])
    expect(seen).toEqual([])
    expect(await (await new RawPoll(`${base(port)}/other`).post(Uint8Array.of(1))).text()).toBe('page')
    expect(await (await fetch(`${base(port)}/rpc`, { method: 'POST', body: 'form' })).text()).toBe('page')
    expect(seen).toEqual(['POST /other', 'later', 'POST /rpc', 'later'])
  })

  test('are left to the application where they are turned off', async () => {
    const http = createServer((_, response) => response.end('page'))
    attach(http, createEchoAcceptor(), { path: '/rpc', longPoll: false })
    expect(await (await new RawPoll(`${base(await listen(http))}/rpc`).post(Uint8Array.of(1))).text()).toBe('page')
  })

  test('of two servers on one HTTP server do not meet, in whatever order they are closed', async () => {
    const http = createServer((_, response) => response.end('page'))
    const [a, b] = ['/a', '/b'].map((path) => attach(http, createEchoAcceptor(), { path }))
    const port = await listen(http)
    const statuses = (): Promise<number[]> =>
      Promise.all(
        ['/a', '/b'].map(async (path) => (await new RawPoll(`${base(port)}${path}`).post(Uint8Array.of(1))).status),
      )
    expect(await statuses()).toEqual([400, 400])
    await a?.close()
    expect(await statuses()).toEqual([200, 400])
    await b?.close()
    expect(await statuses()).toEqual([200, 200])
  })

  test('are let go of when the attachment is closed, and not before they have heard of it', async () => {
    const http = createServer((_, response) => response.end('page'))
    const attachment = attach(http, createEchoAcceptor())
    const client = new RawPoll(base(await listen(http)))
    await client.open(Uint8Array.of(1))
    const closed = attachment.close()
    expect((await client.poll(1)).parts).toMatchObject([{ type: 'close', code: 1001 }])
    await client.send(2)
    await closed
    expect(Object.hasOwn(http, 'emit')).toBe(false)
  })
})

test('cuts an upgrade that would overtake the answer to an earlier request', async () => {
  const http = createServer((_, response) => void setImmediate(() => response.end('page')))
  attach(http, createEchoAcceptor())
  const early = connect(await listen(http), '127.0.0.1')
  early.write(
    'GET /page HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  let answer = ''
  early.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  await once(early, 'close')
  expect(answer).not.toContain('101')
})
