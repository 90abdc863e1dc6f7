/**
 * The seam between the server and the adapters. An adapter turns its runtime's sockets into these and never
 * sees a frame; the server never sees a runtime.
 */
import type { ClientCertificate } from '@tautline/core/peer'
import type { HeaderList } from './header-list.ts'

/** A connected WebSocket (or a stand-in), as the server uses it. No member may throw. */
export interface ServerSocket {
  /** What carries it. @default 'websocket' */
  readonly kind?: 'websocket' | 'long-poll' | undefined
  /** Whether RFC 7692 compression was agreed for this socket, so that ours stays off. */
  readonly compresses: boolean
  /** Bytes accepted by `send` and not yet handed to the network; 0 where the runtime does not tell. */
  readonly backlogBytes: number
  /** Takes ownership of `message`. Returns false when the runtime dropped it: the connection is then beyond repair. */
  send(message: Uint8Array): boolean
  /** Calls `send`: messages sent within may leave by one system call; absent where that changes nothing. */
  together?(send: () => void): void
  /** Sends what is queued, then a close frame. */
  close(code: number, reason: string): void
  /** Cuts the socket at once. */
  terminate(): void
  /** Stops or restarts reading from the peer; absent where the runtime cannot. */
  pauseReading?(paused: boolean): void
}

/** What the adapter tells the server of one socket. Never throws, whatever comes in. */
export interface SocketListener {
  message(data: Uint8Array): void
  /** A text message: never valid here. */
  textMessage(): void
  drained(): void
  /** The last call, exactly once. */
  closed(code: number, reason: string): void
}

/** What is known of a client before its first message. */
export interface UpgradeRequest {
  /** Full URL as the server sees it. */
  readonly url: URL
  /** Header names in lower case. */
  readonly headers: Headers
  /** What `headers` holds, where that is made only when somebody looks at it, as in a `DescribedRequest`. @default `headers` */
  readonly headerList?: HeaderList | undefined
  /** IP address of the other end of the socket; `undefined` where the runtime does not tell. */
  readonly remoteAddress: string | undefined
  /** Whether the socket itself is encrypted. */
  readonly secure: boolean
  /**
   * What the client proved to be by TLS; `undefined` where it was not asked for a certificate, showed none or one that
   * no authority of the server's vouches for, and where the runtime does not tell.
   */
  readonly clientCertificate?: ClientCertificate | undefined
}

export type UpgradeDecision =
  | { readonly accept: true }
  | {
      readonly accept: false
      /** HTTP status of the refusal: 401, 403, 404, 426, 429, 503. */
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/** What an adapter needs of a server. */
export interface SocketAcceptor {
  /** Subprotocol to answer when the client offers it. */
  readonly subprotocol: string
  /** Largest message to let through, in bytes: hand it to the runtime's own limit where it has one. */
  readonly maxMessageBytes: number
  /**
   * Origin, limits and the application's own `authorizeUpgrade`, before the 101. Never rejects; ends within the
   * handshake limit.
   */
  decideUpgrade(request: UpgradeRequest): Promise<UpgradeDecision>
  /** A socket is open. */
  accept(socket: ServerSocket, request: UpgradeRequest): SocketListener
  /** Ends all connections in good order and refuses new ones; resolves when none is left. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}
