import type { Clock } from '@tautline/core/io'
import { CloseCode } from '@tautline/core/protocol'
import type { ClientConnection } from './connection.ts'

/** Connections that may finish their calls beside the one in use. A server could ask for any time to do so. */
const MAX_LEAVING = 4

/** Connections whose server has asked to be left, and which still have calls to finish there. */
export class LeavingConnections {
  readonly #clock: Clock
  /** Each with what ends its grace. */
  readonly #all = new Map<ClientConnection, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get all(): Iterable<ClientConnection> {
    return this.#all.keys()
  }

  add(connection: ClientConnection, drainMs: number): void {
    const end = (): void => connection.close(CloseCode.Normal, 'Its time to finish is over', false)
    this.#all.set(connection, this.#clock.schedule(this.#clock.now() + drainMs, end))
    if (this.#all.size <= MAX_LEAVING) return
    const [longest] = this.#all.keys()
    longest?.close(CloseCode.Normal, 'Too many connections are about to end', false)
  }

  /** It is over. */
  remove(connection: ClientConnection): void {
    this.#all.get(connection)?.()
    this.#all.delete(connection)
  }
}
