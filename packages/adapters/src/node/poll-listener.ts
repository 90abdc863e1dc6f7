import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { LongPoll } from '@tautline/server'
import { describeUpgrade } from './upgrade-request.ts'

/** Bodies that were not read to their end: nothing more is to come on the socket. */
const UNREAD: ReadonlySet<number> = new Set([408, 413])

export function isPoll(longPoll: LongPoll | undefined, { method, headers }: IncomingMessage): longPoll is LongPoll {
  return longPoll?.handles(method, headers.accept) === true
}

/** Answers a request of a long poll. One that fails is answered with 500 and printed, as those of `fetch` are. */
export function answerNodePoll(longPoll: LongPoll, incoming: IncomingMessage, outgoing: ServerResponse): void {
  answer(longPoll, incoming, outgoing).catch((error: unknown) => {
    // A client that left is no failure.
    if (!outgoing.destroyed) console.error(error)
    if (!outgoing.headersSent) outgoing.writeHead(500).end('Internal server error')
    else outgoing.destroy()
  })
}

async function answer(longPoll: LongPoll, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const upgrade = describeUpgrade(incoming)
  if (upgrade === undefined) {
    outgoing.writeHead(400).end('Bad request')
    return
  }
  const gone = new AbortController()
  // Comes after the answer, too, where it is of no effect.
  outgoing.once('close', () => {
    gone.abort()
  })
  const { status, headers, body } = await longPoll.answer({
    upgrade,
    // Ended early, the socket would be gone before the answer.
    body: incoming.iterator({ destroyOnReturn: false }),
    signal: gone.signal,
  })
  const end = UNREAD.has(status) ? { connection: 'close' } : {}
  outgoing.writeHead(status, { ...headers, ...end, 'content-length': body.byteLength }).end(body)
}

/**
 * Takes requests out of a server before any of its listeners sees them, whenever those were added: two answers to one request
 * would be an error of the application. What is returned ends it.
 */
export function interceptRequests(
  httpServer: HttpServer | HttpsServer,
  takes: (request: IncomingMessage, response: ServerResponse) => boolean,
): () => void {
  // Of another interception, or of the class.
  const before = Object.getOwnPropertyDescriptor(httpServer, 'emit')
  const emit: (event: string, ...args: unknown[]) => boolean = httpServer.emit.bind(httpServer)
  let state: 'taking' | 'over' = 'taking'
  const intercept: typeof emit = (event, ...args) => {
    // What the event `request` carries.
    const [request, response] = args as [IncomingMessage, ServerResponse]
    return (state === 'taking' && event === 'request' && takes(request, response)) || emit(event, ...args)
  }
  Object.defineProperty(httpServer, 'emit', { value: intercept, configurable: true, writable: true })
  return () => {
    state = 'over'
    // Another one may have come after it, and lead to it.
    if (Object.getOwnPropertyDescriptor(httpServer, 'emit')?.value !== intercept) return
    if (before === undefined) Reflect.deleteProperty(httpServer, 'emit')
    else Object.defineProperty(httpServer, 'emit', before)
  }
}
