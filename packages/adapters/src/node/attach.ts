import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { SocketAcceptor } from '@tautline/server'
import { type LongPollOption, longPollOf } from '../poll-option.ts'
import { type CloseOptions, checkPath } from '../serving.ts'
import { NOT_FOUND, refuseUpgrade } from './http-refusal.ts'
import { createOpenAnswers } from './open-answers.ts'
import { answerNodePoll, interceptRequests, isPoll } from './poll-listener.ts'
import { createUpgrade } from './upgrade.ts'
import { requestUrl } from './upgrade-request.ts'
import { ignore } from './websocket/server-websocket.ts'

export interface AttachOptions extends LongPollOption {
  /** The path whose upgrades are answered; all others are left to other listeners. @default "/" */
  readonly path?: string
  /**
   * RFC 7692 compression for clients that offer it, instead of Tautline's own: whole messages, also those of procedures with
   * `compress: false`. Each message stands alone, so that it takes no memory per connection.
   * @default false
   */
  readonly perMessageDeflate?: boolean
}

export interface Attachment {
  /** Answers no more upgrades and long polls and closes the Tautline server. The HTTP server goes on. */
  close(options?: CloseOptions): Promise<void>
}

/**
 * Serves Tautline on one path of an existing `node:http` or `node:https` server.
 * @throws TypeError for a `path` that no request can have
 */
export function attach(
  httpServer: HttpServer | HttpsServer,
  server: SocketAcceptor,
  options: AttachOptions = {},
): Attachment {
  const path = checkPath(options.path) ?? '/'
  const answers = createOpenAnswers()
  const upgrade = createUpgrade(server, answers, options.perMessageDeflate ?? false)

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (isWebSocket(request) && requestUrl(request)?.pathname === path) {
      upgrade(request, stream, head)
    } else if (httpServer.listenerCount('upgrade') === 1) {
      // Nobody else will answer, and the socket would stay open for ever.
      stream.on('error', ignore)
      refuseUpgrade(stream, NOT_FOUND)
    }
  }

  const longPoll = longPollOf(server, options)
  const leaveRequests = interceptRequests(httpServer, (request, response) => {
    answers.note(request, response)
    if (!isPoll(longPoll, request) || requestUrl(request)?.pathname !== path) return false
    answerNodePoll(longPoll, request, response)
    return true
  })
  httpServer.on('upgrade', onUpgrade)
  return {
    async close(closeOptions) {
      httpServer.off('upgrade', onUpgrade)
      await server.close(closeOptions)
      leaveRequests()
    },
  }
}

export function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}
