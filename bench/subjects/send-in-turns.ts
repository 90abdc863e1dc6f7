import { setImmediate } from 'node:timers/promises'

const ITEMS_PER_TURN = 256

/**
 * Calls `send` for each number below `count`, or until it says `false`: for streams that are made by hand. After some items
 * other connections get their turn, which without would wait for the end of the stream.
 */
export async function sendInTurns(count: number, send: (n: number) => boolean): Promise<void> {
  for (let n = 0; n < count && send(n); n += 1) {
    if (n % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await setImmediate()
  }
}
