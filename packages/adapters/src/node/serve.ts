import type { Server as HttpServer, IncomingMessage, RequestListener, ServerOptions } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { LongPoll, SocketAcceptor } from '@tautline/server'
import { type LongPollOption, longPollOf } from '../poll-option.ts'
import {
  type CloseOptions,
  checkPath,
  DEFAULT_DRAIN_MS,
  type FetchHandler,
  localUrl,
  type Serving,
} from '../serving.ts'
import { type Certificate, checkClientAuthority } from '../tls-options.ts'
import { isWebSocket } from './attach.ts'
import { checkCertificate } from './check-certificate.ts'
import { createFetchListener } from './fetch-listener.ts'
import { nodeHttp } from './http.ts'
import { NOT_FOUND, refuseUpgrade } from './http-refusal.ts'
import { createOpenAnswers } from './open-answers.ts'
import { answerNodePoll, isPoll } from './poll-listener.ts'
import { watchUnusedSockets } from './unused-sockets.ts'
import { createUpgrade } from './upgrade.ts'
import { requestUrl } from './upgrade-request.ts'
import { ignore } from './websocket/server-websocket.ts'

export interface ServeOptions extends LongPollOption {
  /** 0 for any free port: `port` of the result tells which. */
  readonly port: number
  /** Address to listen on. @default every interface, as node:http does */
  readonly host?: string
  /** The only path to answer upgrades on; 404 elsewhere. @default every path */
  readonly path?: string
  /**
   * Serves TLS with this `key` and `cert` (or whatever else node:tls takes). With `requestCert` and `ca` only clients with
   * a certificate of that authority get in, and `UpgradeRequest` tells of it; with `rejectUnauthorized: false` others, too.
   */
  readonly tls?: TlsOptions
  /**
   * RFC 7692 compression for clients that offer it, instead of Tautline's own: whole messages, also those of procedures with
   * `compress: false`. Each message stands alone, so that it takes no memory per connection.
   * @default false
   */
  readonly perMessageDeflate?: boolean
  /** Answers ordinary requests. @default 426 on the path of the upgrades, else 404 */
  readonly fetch?: FetchHandler
}

export interface TlsServing extends Serving {
  /**
   * Shows another certificate to those that connect from now on. Connections keep theirs, and the other options of `tls`
   * stay as they are.
   * @throws Error where it serves no TLS; for a certificate or key that cannot be read, or that do not belong together, and keeps
   * those it has
   */
  renewCertificate(certificate: Certificate): void
}

/** A client that opens a socket must also say something. Node's own 60 s are for slow uploads, and those for TLS two minutes. */
const HEADERS_TIMEOUT_MS = 10_000
const TIMEOUT_CHECK_MS = 2_000

/**
 * Serves Tautline on an HTTP server of its own.
 * @throws what listening throws (`EADDRINUSE`), what node:tls throws, or TypeError for a `path` that no request can have
 * and for `requestCert` without a `ca`
 */
export async function serve(server: SocketAcceptor, options: ServeOptions): Promise<TlsServing> {
  const path = checkPath(options.path)
  checkClientAuthority(options.tls ?? {})
  const http = createWebServer(options.tls)
  const cutUnused = watchUnusedSockets(http, options.tls === undefined ? 'connection' : 'secureConnection')
  const answers = createOpenAnswers()
  const upgrade = createUpgrade(server, answers, options.perMessageDeflate ?? false)
  const isOurs = (request: IncomingMessage): boolean => path === undefined || requestUrl(request)?.pathname === path

  http.on('upgrade', (request: IncomingMessage, stream, head) => {
    // One without an address is refused where all its faults are.
    if (isOurs(request) || requestUrl(request) === undefined) {
      upgrade(request, stream, head)
    } else {
      stream.on('error', ignore)
      refuseUpgrade(stream, NOT_FOUND)
    }
  })
  const longPoll = longPollOf(server, options)
  const answerOrdinary: RequestListener =
    options.fetch !== undefined
      ? createFetchListener(options.fetch)
      : (request, response) => {
          if (isOurs(request)) response.writeHead(426, { upgrade: 'websocket' }).end('Expected a WebSocket upgrade')
          else response.writeHead(404).end('Not found')
        }
  http.on('request', (request, response) => {
    answers.note(request, response)
    if (isPoll(longPoll, request) && isOurs(request)) answerNodePoll(longPoll, request, response)
    else answerOrdinary(request, response)
  })
  await listen(http, options)

  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = http.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    port,
    url: localUrl({ secure: options.tls !== undefined, host: options.host, port, path }),
    renewCertificate: ({ key, cert }) => {
      if (!(http instanceof HttpsServer)) throw new Error('Expected a server with `tls`: this one has no certificate')
      http.setSecureContext({ ...options.tls, ...checkCertificate({ key, cert }, options.tls?.passphrase) })
    },
    close: (closeOptions) => (closing ??= close(http, { server, longPoll, cutUnused }, closeOptions)),
  }
}

function createWebServer(tls: TlsOptions | undefined): HttpServer {
  const settings: ServerOptions = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // Some clients ask every server for h2c: to be answered as if they had not. Node 24.9 and later know the option.
    shouldUpgradeCallback: isWebSocket,
  }
  return tls === undefined
    ? nodeHttp.createServer(settings)
    : createHttpsServer({ ...settings, handshakeTimeout: HEADERS_TIMEOUT_MS, ...tls })
}

function listen(http: HttpServer, { port, host }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      http.off('error', reject)
      resolve()
    })
  })
}

interface Served {
  readonly server: SocketAcceptor
  readonly longPoll: LongPoll | undefined
  readonly cutUnused: () => void
}

async function close(
  http: HttpServer,
  { server, longPoll, cutUnused }: Served,
  options: CloseOptions = {},
): Promise<void> {
  const drainMs = options.drainMs ?? DEFAULT_DRAIN_MS
  // A long poll is one request after the other: it hears of the end only where the next ones are let in.
  const settled = Promise.resolve(longPoll?.settled())
  const closed = settled.then(() => closeHttp(http, cutUnused))
  const cut = setTimeout(() => {
    void settled.then(() => {
      http.closeAllConnections()
    })
  }, drainMs)
  await Promise.all([closed, server.close({ drainMs })])
  clearTimeout(cut)
}

/** Its callback waits for requests under way and for upgraded sockets alike. */
function closeHttp(http: HttpServer, cutUnused: () => void): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => {
      resolve()
    })
    http.closeIdleConnections()
    cutUnused()
  })
}
