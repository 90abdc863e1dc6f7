/**
 * The WebSocket carrier of a client: the platform's socket, or one given, behind the `Connector` port.
 *
 * Owns: what the WebSocket stacks do differently. Must not know: frames, sessions, when to try again.
 * Normative text: PROTOCOL.md, "Transport".
 */
import type { Connector, Transport, TransportListener } from '@tautline/core/io'
import { resolveAddress } from './address.ts'

const SUBPROTOCOL = 'tautline.1'
/** Gone without a word. Also what is told where the platform gives no code of its own. */
const ABNORMAL = 1006
/** Bound of RFC 6455 on the reason of a close, in bytes of UTF-8. */
const MAX_REASON_BYTES = 123

/** What is used of a WebSocket: the global class of browsers, Node, Bun and Deno fits, and so does the one of `ws`. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  readonly protocol: string
  readonly extensions: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  /** Cuts the connection. Only `ws` and Bun have it. */
  terminate?(): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: (event: object) => void): void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export interface WebSocketConnectorOptions {
  /** `wss:`, `ws:`, `https:` or `http:`. In a page it may be relative: `"/rpc"`. */
  readonly url: string | URL
  /** @default the global `WebSocket`, looked up at each connect */
  readonly WebSocket?: WebSocketConstructor | undefined
}

/**
 * Connects by WebSocket. Throws at once where the address cannot be one, or where there is no WebSocket to use.
 */
export function webSocketConnector(options: WebSocketConnectorOptions): Connector {
  const url = resolveAddress(options.url, 'ws')
  const findConstructor = (): WebSocketConstructor | undefined => options.WebSocket ?? globalThis.WebSocket
  if (findConstructor() === undefined) {
    throw new TypeError('Expected a global `WebSocket`, or one as the option `WebSocket`, got none')
  }
  return {
    kind: 'websocket',
    connect(listener) {
      const WebSocket = findConstructor()
      if (WebSocket === undefined) throw new TypeError('Expected the global `WebSocket` to stay, got `undefined`')
      return new WebSocketTransport(new WebSocket(url, [SUBPROTOCOL]), listener)
    },
  }
}

class WebSocketTransport implements Transport {
  readonly kind = 'websocket'
  readonly #socket: WebSocketLike
  /** Until the close: what is native of a socket may keep this object for long. */
  #listener: TransportListener | undefined
  #state: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting'

  constructor(socket: WebSocketLike, listener: TransportListener) {
    this.#socket = socket
    this.#listener = listener
    // Browsers, Node and Deno begin with blobs, Bun and `ws` with Buffers.
    socket.binaryType = 'arraybuffer'
    // Listeners stay until the socket is collected: `ws` throws an `error` that nobody listens to, also after a close.
    socket.addEventListener('open', () => this.#onOpen())
    socket.addEventListener('message', (event) => this.#onMessage(event.data))
    socket.addEventListener('error', (event) => this.#onError(event))
    // Deno tells 0 where others tell 1006.
    socket.addEventListener('close', (event) => this.#finish(event.code === 0 ? ABNORMAL : event.code, event.reason))
  }

  get compresses(): boolean {
    return this.#socket.extensions.includes('permessage-deflate')
  }

  get backlogBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: Uint8Array): void {
    // Our own messages are never in shared memory, which sockets refuse.
    if (this.#state === 'open') this.#socket.send(message as Uint8Array<ArrayBuffer>)
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    const neverOpened = this.#state === 'connecting'
    this.#state = 'closing'
    this.#socket.close(toSendableCode(code), cutReason(reason))
    // A socket closed while it connects tells nobody on Node 22. In a microtask: the driver is inside `close` now.
    if (neverOpened) queueMicrotask(() => this.#finish(ABNORMAL, 'Closed before it was open'))
  }

  /** Where a socket cannot be cut, it is left to its own close, and nobody waits for it. */
  abort(): void {
    if (this.#state === 'closed') return
    if (this.#socket.terminate === undefined) this.close(1000, '')
    else this.#socket.terminate()
    this.#finish(ABNORMAL, '')
  }

  #onOpen(): void {
    if (this.#state !== 'connecting') return
    if (this.#socket.protocol !== SUBPROTOCOL) {
      // All but Deno refuse such an answer by themselves.
      this.#socket.close(toSendableCode(ABNORMAL))
      this.#finish(ABNORMAL, `Expected the server to choose the subprotocol ${SUBPROTOCOL}`)
      return
    }
    this.#state = 'open'
    this.#listener?.onOpen()
  }

  #onMessage(data: unknown): void {
    if (this.#state !== 'open' && this.#state !== 'closing') return
    // A text message is never valid. As an empty one it ends in the same close code as other bytes that are no message.
    this.#listener?.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(0))
  }

  #onError(event: object): void {
    // Node 22 tells a refused connection by `error` alone. Once open, `close` follows everywhere.
    if (this.#state === 'connecting') this.#finish(ABNORMAL, messageOf(event))
  }

  #finish(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const listener = this.#listener
    this.#listener = undefined
    listener?.onClose(code, reason)
  }
}

/** Clients may send no others: browsers, Node and Deno throw. */
function toSendableCode(code: number): number {
  return code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000
}

function cutReason(reason: string): string {
  if (reason.length * 3 <= MAX_REASON_BYTES) return reason
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES))
  return reason.slice(0, read)
}

function messageOf(event: object): string {
  return 'message' in event && typeof event.message === 'string' ? event.message : ''
}
