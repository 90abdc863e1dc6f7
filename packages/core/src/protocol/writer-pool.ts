import { ROOMY_BYTES } from './payload-room.ts'
import { Writer } from './writer.ts'

/** More than ever write in one turn on a calm server; beyond that each turn makes its own. */
const MOST_IDLE = 32

/**
 * Writers for those who write now and then, such as the connections of a server: between two messages a connection holds no
 * buffer. Two of its own were 2 KiB of each idle connection.
 */
export class WriterPool {
  readonly #idle: Writer[] = []

  take(): Writer {
    return this.#idle.pop() ?? new Writer()
  }

  /** The caller must not touch it any more. What has grown for one large message is not kept. */
  give(writer: Writer): void {
    if (this.#idle.length < MOST_IDLE && writer.capacity <= ROOMY_BYTES) this.#idle.push(writer)
  }
}
