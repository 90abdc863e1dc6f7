import type { LongPoll, SocketAcceptor, SocketListener, UpgradeRequest } from '@tautline/server'
import { offersProtocol, refuseHandshake } from '../handshake.ts'
import { type LongPollOption, longPollOf } from '../poll-option.ts'
import { checkPath, type FetchHandler } from '../serving.ts'
import { answerWebPoll, isPoll } from '../web-poll.ts'
import { answerOrdinary, describeRequest, isWebSocketUpgrade, offersDeflate, refusalResponse } from '../web-upgrade.ts'
import type { BunServeParts, BunServer, BunWebSocketHandler } from './bun-api.ts'
import { BunSocket } from './bun-socket.ts'

export interface TautlineOptions extends LongPollOption {
  /** The only path to answer upgrades on; 404 elsewhere. @default every path */
  readonly path?: string
  /**
   * RFC 7692 compression for clients that offer it, instead of Tautline's own: whole messages, also those of procedures with
   * `compress: false`.
   * @default false
   */
  readonly perMessageDeflate?: boolean
  /** Answers ordinary requests. @default 426 on the path of the upgrades, else 404 */
  readonly fetch?: FetchHandler
}

/** What a socket carries from its upgrade to its close. */
export interface TautlineSocketData {
  readonly request: UpgradeRequest
  readonly compresses: boolean
  /** Present from open to close. */
  listener: SocketListener | undefined
}

/**
 * The server cuts slow readers at 16 MiB by its own accounting. Bun drops messages at its limit, so it stands far behind
 * that, as the last defence of memory.
 */
const BACKPRESSURE_LIMIT_BYTES = 64 * 1024 * 1024

/**
 * The `fetch` and `websocket` of `Bun.serve`: `Bun.serve({ port: 3000, ...tautline(server) })`.
 * @throws TypeError for a `path` that no request can have
 */
export function tautline(server: SocketAcceptor, options: TautlineOptions = {}): BunServeParts<TautlineSocketData> {
  return createParts(server, options, longPollOf(server, options))
}

/** As `tautline`, for those who need to know of the long polls. */
export function createParts(
  server: SocketAcceptor,
  options: TautlineOptions,
  longPoll: LongPoll | undefined,
): BunServeParts<TautlineSocketData> {
  const path = checkPath(options.path)
  const perMessageDeflate = options.perMessageDeflate ?? false

  async function fetch(request: Request, bun: BunServer<TautlineSocketData>): Promise<Response | undefined> {
    const described = describeRequest(request, bun.requestIP(request)?.address)
    if (described === undefined) return new Response('Bad request', { status: 400 })
    const ours = path === undefined || described.url.pathname === path
    if (ours && isPoll(longPoll, request)) {
      // A poll has a limit of its own. Bun 1.4 ends silent requests after 10 s, though none with a body.
      bun.timeout(request, 0)
      return await answerWebPoll(longPoll, request, described)
    }
    if (!isWebSocketUpgrade(described.headers)) return await answerOrdinary(request, ours, options.fetch)
    if (!ours) return new Response('Not found', { status: 404 })

    // Bun ends requests after 10 s of silence; the decision has a limit of its own.
    bun.timeout(request, 0)
    const decision = refuseHandshake(request.method, described.headers) ?? (await server.decideUpgrade(described))
    if (!decision.accept) return refusalResponse(decision)
    // Left alone, Bun would answer the first that is offered, whatever it is; the empty one it leaves out.
    const protocol = offersProtocol(described.headers, server.subprotocol) ? server.subprotocol : ''
    const headers = new Headers({ 'sec-websocket-protocol': protocol })
    const data = {
      request: described,
      compresses: perMessageDeflate && offersDeflate(described.headers),
      listener: undefined,
    }
    return bun.upgrade(request, { data, headers }) ? undefined : new Response('Bad request', { status: 400 })
  }

  const websocket: BunWebSocketHandler<TautlineSocketData> = {
    maxPayloadLength: server.maxMessageBytes,
    // Tautline has a heartbeat of its own, in which both ends take part.
    idleTimeout: 0,
    sendPings: false,
    backpressureLimit: BACKPRESSURE_LIMIT_BYTES,
    closeOnBackpressureLimit: false,
    perMessageDeflate,
    open(socket) {
      const { data } = socket
      data.listener = server.accept(new BunSocket(socket, data.compresses), data.request)
    },
    message({ data }, message) {
      if (typeof message === 'string') data.listener?.textMessage()
      // Bun gives a Buffer, whose `slice` is a view where that of a Uint8Array is a copy.
      else data.listener?.message(new Uint8Array(message.buffer, message.byteOffset, message.byteLength))
    },
    drain(socket) {
      // Called after each part that was written, not only the last.
      if (socket.getBufferedAmount() === 0) socket.data.listener?.drained()
    },
    close({ data }, code, reason) {
      data.listener?.closed(code, reason)
      data.listener = undefined
    },
  }
  return { fetch, websocket }
}
