// <runtime> server.ts <kind> <port> <drainMs>: all stands of one kind of server. Prints READY with their addresses; ends with its stdin.
import process from 'node:process'
import type { ContractTree } from '@tautline/core'
import { createServer, type Log, type ServerOptions, type SocketAcceptor, type UpgradeRefusal } from '@tautline/server'
import type { Serving } from '../src/serving.ts'
import { type ServerKind, serverCapabilities } from './capabilities.ts'
import { api } from './contract.ts'
import { createCutter } from './cutter.ts'
import { createHandlers } from './handlers.ts'
import { listen, listenAttached } from './listen.ts'
import { GUARDED, type Stand, type Usage } from './stands.ts'

const kind = process.argv[2] as ServerKind
const port = Number(process.argv[3])
const drainMs = Number(process.argv[4])
const countConnections: (() => number)[] = []
const servings: Serving[] = []
const urls: Partial<Record<Stand, string>> = {}

type Options = Pick<ServerOptions<object, ContractTree>, 'authorizeUpgrade' | 'limits' | 'origins'>

const log: Log = { info: () => undefined, warn: print, error: print }

/** Each on one line, so that who started this can count them. */
function print(line: string): void {
  console.log(`LOG ${line}`)
}

async function open(
  stand: Stand,
  options: Options,
  serve: (server: SocketAcceptor) => Promise<Serving>,
): Promise<void> {
  const server = createServer(
    createHandlers({
      announce: (room, text) => {
        server.publish(api.news, { room }, { text })
      },
      cut: (client) => {
        cutter.cut(client)
      },
    }),
    { log, ...options },
  )
  countConnections.push(() => server.stats().connections)
  const serving = await serve(server)
  servings.push(serving)
  urls[stand] = serving.url
}

const cutter = createCutter()

function answerRequest(request: Request): Response {
  if (new URL(request.url).pathname === '/usage') return Response.json(usage())
  return new Response('<!doctype html><title>Conformance</title>', { headers: { 'content-type': 'text/html' } })
}

function usage(): Usage {
  return {
    rssBytes: process.memoryUsage().rss,
    connections: countConnections.reduce((sum, count) => sum + count(), 0),
  }
}

function checkTicket(ticket: string | null): UpgradeRefusal | undefined | Promise<undefined> {
  if (ticket === GUARDED.ticket) return undefined
  if (ticket === GUARDED.undecidedTicket) return new Promise(() => undefined)
  return { status: 401, headers: { 'www-authenticate': 'Ticket' }, body: 'No ticket' }
}

await open('main', {}, (server) => listen(kind, cutter.wrap(server), { port, fetch: answerRequest }))
const { origin } = new URL((urls.main ?? '').replace(/^ws/, 'http'))
// The pages of Chromium come from the main stand, so for the others they are of a foreign origin.
await open('tls', { origins: [origin] }, (server) => listen(kind, server, { tls: true }))
if (serverCapabilities.rfc7692.on[kind] === true)
  await open('deflate', { origins: [origin] }, (server) => listen(kind, server, { perMessageDeflate: true }))
if (serverCapabilities.attach.on[kind] === true)
  await open('attached', { origins: [origin] }, (server) => listenAttached(server))
await open(
  'guarded',
  {
    origins: [GUARDED.origin],
    authorizeUpgrade: ({ url }) => checkTicket(url.searchParams.get('ticket')),
    limits: { handshakeMs: GUARDED.handshakeMs, messageBytes: GUARDED.messageBytes },
  },
  (server) => listen(kind, server, {}),
)
console.log(`READY ${JSON.stringify(urls)}`)

process.stdin.resume()
process.stdin.once('end', () => {
  void Promise.all(servings.map((serving) => serving.close({ drainMs }))).then(() => {
    process.exit(0)
  })
})
