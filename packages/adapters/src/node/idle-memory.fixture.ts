// node --expose-gc idle-memory.fixture.ts: prints how many bytes of heap a server holds for each idle connection, and how many `ws`
// alone holds. The clients are in a process of their own, which is this file with an argument.
import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createClient } from '@tautline/client'
import { query, router } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import { WebSocket, WebSocketServer } from 'ws'
import { serve } from './serve.ts'

/** The first ones make what all share. */
const FIRST = 20
const MANY = 200

const api = router({ ping: query() })

type Kind = 'tautline' | 'ws'

/** For each message opens so many more, and answers when they are there. */
async function openClients(kind: Kind, url: string): Promise<void> {
  const kept: unknown[] = []
  for await (const [count] of on(process, 'message') as AsyncIterable<[number]>) {
    for (let n = 0; n < count; n += 1) kept.push(kind === 'ws' ? await openSocket(url) : await openClient(url))
    process.send?.(kept.length)
  }
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send('ping')
  await once(socket, 'message')
  return socket
}

async function openClient(url: string): Promise<unknown> {
  const client = createClient(api, { url, WebSocket })
  await client.ping()
  return client
}

async function heldByEach(kind: Kind, url: string): Promise<number> {
  const clients = fork(fileURLToPath(import.meta.url), [kind, url])
  const open = async (count: number): Promise<number> => {
    clients.send(count)
    await once(clients, 'message')
    for (let times = 0; times < 3; times += 1) globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const before = await open(FIRST)
  const held = (await open(MANY)) - before
  clients.kill()
  return Math.round(held / MANY)
}

async function measure(): Promise<void> {
  const sockets = new WebSocketServer({ server: createHttpServer().listen(0, '127.0.0.1'), perMessageDeflate: false })
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      socket.send(data)
    })
  })
  await once(sockets, 'listening')
  const ws = await heldByEach('ws', `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`)
  const server = createServer(implement(api).handlers({ ping: () => undefined }), { log: false })
  const { url } = await serve(server, { port: 0 })
  console.log(JSON.stringify({ tautline: await heldByEach('tautline', url), ws }))
  process.exit()
}

const [, , kind, url] = process.argv
await (url === undefined ? measure() : openClients(kind as Kind, url))
