import type { Transport } from '@tautline/core/io'
import type { ServerSocket } from './socket.ts'

/** What a WebSocket close frame has room for. */
const MAX_REASON_BYTES = 123

/** A socket of an adapter, as connections know transports. */
export function createSocketTransport(socket: ServerSocket): Transport {
  return {
    kind: socket.kind ?? 'websocket',
    compresses: socket.compresses,
    get backlogBytes() {
      return socket.backlogBytes
    },
    send(message) {
      // What is dropped leaves a hole in the sequence, so nothing behind it is of use.
      if (!socket.send(message)) socket.terminate()
    },
    close: (code, reason) => socket.close(code, cutToBytes(reason, MAX_REASON_BYTES)),
    abort: () => socket.terminate(),
  }
}

/** Cuts between characters, never inside of one. */
function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes))
  return text.slice(0, read)
}
