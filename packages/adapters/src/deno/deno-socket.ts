import type { ServerSocket } from '@tautline/server'
import { sendableCode, sendableReason } from '../close-frame.ts'

/** A socket of `Deno.upgradeWebSocket` as the server uses it: no pause, no drain event, no way to cut. */
export function createDenoSocket(socket: WebSocket): ServerSocket {
  return {
    // Deno does not offer RFC 7692 at all.
    compresses: false,
    get backlogBytes() {
      return socket.bufferedAmount
    },
    send(message) {
      // On its way out, which `closed` tells.
      if (socket.readyState !== WebSocket.OPEN) return true
      // What the server sends never lies in shared memory.
      socket.send(message as Uint8Array<ArrayBuffer>)
      return true
    },
    close(code, reason) {
      socket.close(sendableCode(code), sendableReason(reason))
    },
    terminate() {
      // Nothing cuts the socket at once; a peer that does not answer the close frame keeps it.
      socket.close()
    },
  }
}
