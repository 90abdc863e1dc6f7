import { setImmediate, setTimeout } from 'node:timers/promises'
import type { BareSocket } from './bare-socket.ts'

const ITEMS_PER_TURN = 256
const MAX_BACKLOG_BYTES = 1024 * 1024
const PAUSE_MS = 1

/**
 * Calls `send` for each number below `count`. Other connections get their turn, and a reader that is behind is waited
 * for by looking at what the socket has not sent yet: all the back-pressure that bare sockets have.
 */
export async function sendPaced(socket: BareSocket, count: number, send: (n: number) => void): Promise<void> {
  for (let n = 0; n < count; n++) {
    send(n)
    if (n % ITEMS_PER_TURN !== ITEMS_PER_TURN - 1) continue
    await setImmediate()
    while (socket.backlogBytes > MAX_BACKLOG_BYTES) await setTimeout(PAUSE_MS)
  }
}
