import type { ServerSocket } from '@tautline/server'
import { sendableCode, sendableReason } from '../close-frame.ts'
import type { BunWebSocket } from './bun-api.ts'

/** Below it deflate costs more than it saves. Bun itself has no threshold. */
const DEFLATE_THRESHOLD_BYTES = 1024

/** A socket of `Bun.serve` as the server uses it. */
export function createBunSocket(socket: BunWebSocket<unknown>, compresses: boolean): ServerSocket {
  let state: 'open' | 'closing' = 'open'

  return {
    compresses,
    get backlogBytes() {
      return socket.getBufferedAmount()
    },
    send(message) {
      // Here too Bun answers 0, but there is nothing to repair: the close is under way.
      if (state === 'closing') return true
      // Told in any case: the default differs between `send` and `publish`. 0 is a silent loss.
      return socket.send(message, compresses && message.byteLength >= DEFLATE_THRESHOLD_BYTES) !== 0
    },
    close(code, reason) {
      state = 'closing'
      socket.close(sendableCode(code), sendableReason(reason))
    },
    terminate() {
      socket.terminate()
    },
    pauseReading(paused) {
      if (paused) socket.pause()
      else socket.resume()
    },
  }
}
