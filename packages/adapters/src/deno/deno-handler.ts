import type { SocketAcceptor, SocketListener, UpgradeRequest } from '@tautline/server'
import { offersProtocol, refuseHandshake } from '../handshake.ts'
import { type LongPollOption, longPollOf } from '../poll-option.ts'
import { checkPath, type FetchHandler } from '../serving.ts'
import { answerWebPoll, isPoll } from '../web-poll.ts'
import { answerOrdinary, describeRequest, isWebSocketUpgrade, refusalResponse } from '../web-upgrade.ts'
import type { DenoConnectionInfo, DenoGlobal } from './deno-api.ts'
import { DenoSocket } from './deno-socket.ts'

export interface DenoHandlerOptions extends LongPollOption {
  /** The only path to answer upgrades on; 404 elsewhere. @default every path */
  readonly path?: string
  /** Answers ordinary requests. @default 426 on the path of the upgrades, else 404 */
  readonly fetch?: FetchHandler
}

export type DenoHandler = (request: Request, info: DenoConnectionInfo) => Promise<Response>

const MESSAGE_TOO_BIG = 1009

/**
 * A handler for `Deno.serve`: restricted, for trusted peers only. `Deno.upgradeWebSocket` reads a message of any size
 * into memory before anyone can refuse it, cannot pause reading, does not ping, has no RFC 7692 compression and cannot cut a peer that
 * ignores a close. `Deno.serve` waits for ever for a request that does not end, and its `shutdown()` for a client that left while it was
 * upgraded. For anything open to the world use `serve`.
 * @throws TypeError for a `path` that no request can have
 */
export function denoHandler(server: SocketAcceptor, options: DenoHandlerOptions = {}): DenoHandler {
  const path = checkPath(options.path)
  const longPoll = longPollOf(server, options)

  return async (request, info) => {
    // All that is wanted of the request is copied now: after the upgrade it must not be touched.
    const described = describeRequest(request, info.remoteAddr.hostname)
    if (described === undefined) return new Response('Bad request', { status: 400 })
    const ours = path === undefined || described.url.pathname === path
    if (ours && isPoll(longPoll, request)) return answerWebPoll(longPoll, request, described)
    if (!isWebSocketUpgrade(described.headers)) return answerOrdinary(request, ours, options.fetch)
    if (!ours) return new Response('Not found', { status: 404 })
    const decision = refuseHandshake(request.method, described.headers) ?? (await server.decideUpgrade(described))
    return decision.accept ? upgrade(server, request, described) : refusalResponse(decision)
  }
}

/**
 * Deno's whole listener dies when a request was upgraded and its response is not returned. So the upgrade comes last, and
 * nothing between it and the return can throw.
 */
function upgrade(server: SocketAcceptor, request: Request, described: UpgradeRequest): Response {
  const { Deno: deno } = globalThis as { readonly Deno?: DenoGlobal }
  let upgraded: ReturnType<DenoGlobal['upgradeWebSocket']> | undefined
  try {
    upgraded = deno?.upgradeWebSocket(request, { idleTimeout: 0 })
  } catch {
    // No valid handshake, or the client is gone.
  }
  if (upgraded === undefined) return new Response('Bad request', { status: 400 })
  const { socket, response } = upgraded
  socket.binaryType = 'arraybuffer'
  // Asked for it, Deno 2.9 would look for it in a list with a space behind each comma and nowhere else.
  if (offersProtocol(described.headers, server.subprotocol)) {
    response.headers.set('sec-websocket-protocol', server.subprotocol)
  }
  let listener: SocketListener | undefined
  socket.addEventListener('open', () => {
    listener = server.accept(new DenoSocket(socket), described)
  })
  socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') listener?.textMessage()
    else if (data.byteLength > server.maxMessageBytes) socket.close(MESSAGE_TOO_BIG, 'message too big')
    else listener?.message(new Uint8Array(data))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    // Deno reports a connection that ended without a close frame as 0.
    listener?.closed(code === 0 ? 1006 : code, reason)
    listener = undefined
  })
  return response
}
