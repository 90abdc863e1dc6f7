import type { TransportListener } from '@tautline/core/io'
import type { Connection } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import type { ServerDecisions, Session } from '@tautline/core/session'
import type { Intake } from './intake.ts'
import type { SocketListener } from './socket.ts'

/** A socket that was counted when it came. */
interface CountedSocket {
  /** `"websocket"`, `"long-poll"`. */
  readonly kind: string
  /** By which it is counted, where it is. */
  readonly address: string | undefined
  /** In the time of the clock. */
  readonly openedAt: number
}

export interface SocketCounter {
  /** It is gone, with its close code; `tell` brings that to the connection. */
  socketClosed(socket: CountedSocket, code: number, tell: () => void): void
}

export interface ConnectionListenerParts extends CountedSocket {
  readonly transport: TransportListener
  readonly link: Connection<Session & ServerDecisions>
  readonly intake: Intake
  readonly counter: SocketCounter
}

const NO_MESSAGE = new Uint8Array()

/** What one socket brings, past its intake. It stays with the connection that the socket began as, whichever session it carries. */
export class ConnectionListener implements SocketListener, CountedSocket {
  readonly kind: string
  readonly address: string | undefined
  readonly openedAt: number
  readonly #transport: TransportListener
  readonly #link: Connection<Session & ServerDecisions>
  readonly #intake: Intake
  /** Until it was told that the socket is gone. */
  #counter: SocketCounter | undefined

  constructor({ kind, address, openedAt, transport, link, intake, counter }: ConnectionListenerParts) {
    this.kind = kind
    this.address = address
    this.openedAt = openedAt
    this.#transport = transport
    this.#link = link
    this.#intake = intake
    this.#counter = counter
  }

  message(data: Uint8Array): void {
    // First of all: what is too much is not even looked at.
    if (this.#intake.message(data.byteLength)) this.#transport.onMessage(data)
  }

  textMessage(): void {
    if (this.#link.isLive) {
      const reason = 'Expected binary messages, got a text message'
      this.#link.move((session, now) => session.violated(CloseCode.Malformed, reason, now))
    } else {
      // Another session has taken the socket over: to that one it is as bad as any other bytes that are no message.
      this.#transport.onMessage(NO_MESSAGE)
    }
  }

  drained(): void {
    this.#transport.onDrain()
  }

  closed(code: number, reason: string): void {
    this.#intake.end()
    const counter = this.#counter
    this.#counter = undefined
    counter?.socketClosed(this, code, () => this.#transport.onClose(code, reason))
  }
}
