import type { ServerSocket } from '@tautline/server'
import { sendableCode, sendableReason } from '../close-frame.ts'

/** A socket of `Deno.upgradeWebSocket` as the server uses it: no pause, no drain event, no way to cut. */
export class DenoSocket implements ServerSocket {
  /** Deno does not offer RFC 7692 at all. */
  readonly compresses = false
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get backlogBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: Uint8Array): boolean {
    // On its way out, which `closed` tells.
    if (this.#socket.readyState !== WebSocket.OPEN) return true
    // What the server sends never lies in shared memory.
    this.#socket.send(message as Uint8Array<ArrayBuffer>)
    return true
  }

  close(code: number, reason: string): void {
    this.#socket.close(sendableCode(code), sendableReason(reason))
  }

  terminate(): void {
    // Nothing cuts the socket at once; a peer that does not answer the close frame keeps it.
    this.#socket.close()
  }
}
