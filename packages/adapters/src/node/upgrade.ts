import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SocketAcceptor } from '@tautline/server'
import { offersProtocol, refuseHandshake } from '../handshake.ts'
import { BAD_REQUEST, INTERNAL, refuseUpgrade } from './http-refusal.ts'
import type { OpenAnswers } from './open-answers.ts'
import { describeUpgrade, refuseRequest } from './upgrade-request.ts'
import { AGREED, canAgree, createMessageDeflate } from './websocket/deflate-extension.ts'
import { handshakeAnswer } from './websocket/handshake-answer.ts'
import { ignore, ServerWebSocket } from './websocket/server-websocket.ts'

export type Upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => void

/** Takes over the sockets of upgrade requests: asks the server, then refuses with a status or opens a WebSocket. */
export function createUpgrade(server: SocketAcceptor, answers: OpenAnswers, perMessageDeflate: boolean): Upgrade {
  const deflate = perMessageDeflate ? createMessageDeflate() : undefined

  async function decideAndOpen(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const described = describeUpgrade(request)
    if (described === undefined) {
      refuseUpgrade(stream, BAD_REQUEST)
      return
    }
    const { headerList } = described
    const decision =
      refuseRequest(request) ?? refuseHandshake(request.method, headerList) ?? (await server.decideUpgrade(described))
    if (!decision.accept) {
      refuseUpgrade(stream, decision)
      return
    }
    // The client is gone.
    if (!stream.readable || !stream.writable) {
      stream.destroy()
      return
    }
    const agreed = canAgree(headerList.get('sec-websocket-extensions') ?? '') ? deflate : undefined
    const socket = new ServerWebSocket(stream, { maxMessageBytes: server.maxMessageBytes, deflate: agreed })
    setUp(stream)
    stream.write(
      handshakeAnswer({
        key: headerList.get('sec-websocket-key') ?? '',
        subprotocol: offersProtocol(headerList, server.subprotocol) ? server.subprotocol : undefined,
        extensions: agreed === undefined ? undefined : AGREED,
      }),
    )
    socket.listen(server.accept(socket, described), head)
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

/** As requests want it, not WebSockets. A stream that an application hands in need not be a socket. */
function setUp(stream: Duplex & Partial<Pick<Socket, 'setTimeout' | 'setNoDelay'>>): void {
  stream.setTimeout?.(0)
  stream.setNoDelay?.(true)
}
