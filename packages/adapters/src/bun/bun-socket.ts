import type { ServerSocket } from '@tautline/server'
import { sendableCode, sendableReason } from '../close-frame.ts'
import type { BunWebSocket } from './bun-api.ts'

/** Below it deflate costs more than it saves. Bun itself has no threshold. */
const DEFLATE_THRESHOLD_BYTES = 1024

/** A socket of `Bun.serve` as the server uses it. */
export class BunSocket implements ServerSocket {
  readonly compresses: boolean
  readonly #socket: BunWebSocket<unknown>
  #state: 'open' | 'closing' = 'open'

  constructor(socket: BunWebSocket<unknown>, compresses: boolean) {
    this.#socket = socket
    this.compresses = compresses
  }

  get backlogBytes(): number {
    return this.#socket.getBufferedAmount()
  }

  send(message: Uint8Array): boolean {
    // Here too Bun answers 0, but there is nothing to repair: the close is under way.
    if (this.#state === 'closing') return true
    // Told in any case: the default differs between `send` and `publish`. 0 is a silent loss.
    return this.#socket.send(message, this.compresses && message.byteLength >= DEFLATE_THRESHOLD_BYTES) !== 0
  }

  close(code: number, reason: string): void {
    this.#state = 'closing'
    this.#socket.close(sendableCode(code), sendableReason(reason))
  }

  terminate(): void {
    this.#socket.terminate()
  }

  pauseReading(paused: boolean): void {
    if (paused) this.#socket.pause()
    else this.#socket.resume()
  }
}
