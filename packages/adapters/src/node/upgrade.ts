import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SocketAcceptor } from '@tautline/server'
import { type PerMessageDeflateOptions, WebSocketServer } from 'ws'
import { refuseHandshake } from '../handshake.ts'
import { BAD_REQUEST, INTERNAL, refuseUpgrade } from './http-refusal.ts'
import type { OpenAnswers } from './open-answers.ts'
import { describeUpgrade, refuseRequest } from './upgrade-request.ts'
import { ignore, listenToWsSocket, WsSocket } from './ws-socket.ts'

/**
 * Without context takeover each message stands alone: `ws` then keeps its threshold, and no secret shares a window with
 * a guess. Never a numeric `clientMaxWindowBits`: `ws` answers 400 to a client that does not offer it.
 */
const PER_MESSAGE_DEFLATE: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1024,
  zlibDeflateOptions: { level: 1 },
}

/**
 * Not on Deno: there (2.9, `ws` 8.23) one frame that does not inflate ends the process, by an error out of node:zlib that nobody can
 * catch. Tautline's own compression stays.
 */
const CAN_INFLATE = !('Deno' in globalThis)

export type Upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => void

/** Takes over the sockets of upgrade requests: asks the server, then refuses with a status or opens a WebSocket. */
export function createUpgrade(server: SocketAcceptor, answers: OpenAnswers, perMessageDeflate: boolean): Upgrade {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: server.maxMessageBytes,
    perMessageDeflate: perMessageDeflate && CAN_INFLATE ? PER_MESSAGE_DEFLATE : false,
    handleProtocols: (offered) => (offered.has(server.subprotocol) ? server.subprotocol : false),
  })

  async function decideAndOpen(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const described = describeUpgrade(request)
    if (described === undefined) {
      refuseUpgrade(stream, BAD_REQUEST)
      return
    }
    const decision =
      refuseRequest(request) ??
      refuseHandshake(request.method, described.headerList) ??
      (await server.decideUpgrade(described))
    if (!decision.accept) {
      refuseUpgrade(stream, decision)
      return
    }
    webSockets.handleUpgrade(request, stream, head, (socket) => {
      listenToWsSocket(socket, stream, server.accept(new WsSocket(socket, stream), described))
    })
  }

  return (request, stream, head) => {
    // The client may be gone at any moment from here on.
    stream.on('error', ignore)
    if (answers.wantedOn(stream)) {
      stream.destroy()
      return
    }
    decideAndOpen(request, stream, head).catch(() => {
      // A header that cannot be read or sent, or a socket that another listener has upgraded meanwhile.
      refuseUpgrade(stream, INTERNAL)
    })
  }
}
