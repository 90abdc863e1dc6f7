import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { FetchHandler } from '../serving.ts'
import { requestHeaders, requestUrl } from './upgrade-request.ts'

/** Runs a `fetch` handler behind node:http. One that fails is answered with 500 and printed, as Bun and Deno do. */
export function createFetchListener(fetch: FetchHandler): RequestListener {
  return (incoming, outgoing) => {
    answer(fetch, incoming, outgoing).catch((error: unknown) => {
      // A client that left is no failure.
      if (!outgoing.destroyed) console.error(error)
      if (!outgoing.headersSent) outgoing.writeHead(500).end('Internal server error')
      else outgoing.destroy()
    })
  }
}

async function answer(fetch: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = requestUrl(incoming)
  if (url === undefined) {
    outgoing.writeHead(400).end('Bad request')
    return
  }
  const abort = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort()
  })
  const response = await fetch(toRequest(incoming, url, abort.signal))
  outgoing.writeHead(response.status, toNodeHeaders(response.headers))
  if (response.body === null || incoming.method === 'HEAD') {
    outgoing.end()
    return
  }
  // The same class under two declarations: lib.dom's and node:stream/web's.
  await pipeline(Readable.fromWeb(response.body as NodeReadableStream), outgoing)
}

function toRequest(incoming: IncomingMessage, url: URL, signal: AbortSignal): Request {
  const method = incoming.method ?? 'GET'
  const init: RequestInit = { method, headers: [...requestHeaders(incoming)], signal }
  if (method === 'GET' || method === 'HEAD') return new Request(url, init)
  // `duplex` is required for a streamed body and missing in lib.dom.
  const streamed = { ...init, body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }
  return new Request(url, streamed)
}

function toNodeHeaders(headers: Headers): OutgoingHttpHeaders {
  const plain: OutgoingHttpHeaders = Object.fromEntries(headers)
  const cookies = headers.getSetCookie()
  return cookies.length > 0 ? { ...plain, 'set-cookie': cookies } : plain
}
