import type { Transport } from '@tautline/core/io'
import type { ServerSocket } from './socket.ts'

/** What a WebSocket close frame has room for. */
const MAX_REASON_BYTES = 123

/** A socket of an adapter, as connections know transports. */
export class SocketTransport implements Transport {
  readonly kind: string
  readonly compresses: boolean
  readonly #socket: ServerSocket

  constructor(socket: ServerSocket) {
    this.#socket = socket
    this.kind = socket.kind ?? 'websocket'
    this.compresses = socket.compresses
  }

  get backlogBytes(): number {
    return this.#socket.backlogBytes
  }

  send(message: Uint8Array): void {
    // What is dropped leaves a hole in the sequence, so nothing behind it is of use.
    if (!this.#socket.send(message)) this.#socket.terminate()
  }

  together(send: () => void): void {
    if (this.#socket.together === undefined) send()
    else this.#socket.together(send)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, cutToBytes(reason, MAX_REASON_BYTES))
  }

  abort(): void {
    this.#socket.terminate()
  }
}

/** Cuts between characters, never inside of one. */
function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes))
  return text.slice(0, read)
}
