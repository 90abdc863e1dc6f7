import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
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
