import type { UpgradeDecision, UpgradeRequest } from '@tautline/server'
import { plainAddress } from './remote-address.ts'
import type { FetchHandler } from './serving.ts'

/** What Bun and Deno share: an upgrade arrives as a `Request` and is refused by a `Response`. */

type Refusal = Extract<UpgradeDecision, { readonly accept: false }>

export function isWebSocketUpgrade(headers: Headers): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket'
}

export function offersDeflate(headers: Headers): boolean {
  return headers.get('sec-websocket-extensions')?.includes('permessage-deflate') === true
}

/** A copy of all that is known: nothing of `request` is read later. `undefined` where its target is none (RFC 9112, 3.2). */
export function describeRequest(request: Request, remoteAddress: string | undefined): UpgradeRequest | undefined {
  if (!URL.canParse(request.url) || request.url.includes('#')) return undefined
  const url = new URL(request.url)
  return {
    url,
    headers: new Headers(request.headers),
    remoteAddress: plainAddress(remoteAddress),
    secure: url.protocol === 'https:',
  }
}

export function refusalResponse(refusal: Refusal): Response {
  const headers = new Headers(refusal.headers)
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8')
  return new Response(refusal.body, { status: refusal.status, headers })
}

/** Answers what is not for us. */
export function answerOrdinary(
  request: Request,
  ours: boolean,
  fetch: FetchHandler | undefined,
): Response | Promise<Response> {
  if (fetch !== undefined) return fetch(request)
  return ours
    ? new Response('Expected a WebSocket upgrade', { status: 426, headers: { upgrade: 'websocket' } })
    : new Response('Not found', { status: 404 })
}
