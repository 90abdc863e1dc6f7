import { protocolError } from '../protocol/violation.ts'
import type { RequestKind } from './request.ts'

/**
 * Which ids the peer has given to its requests. They grow within each kind: a request that waited for a place may have been
 * overtaken by one of another kind. Normative text: PROTOCOL.md, "Ids".
 */
export class PeerIds {
  readonly #parity: number
  readonly #last: Record<RequestKind, number> = { call: 0, stream: 0, topic: 0 }
  #highest = 0

  constructor(firstId: number) {
    this.#parity = firstId % 2
  }

  /** The id of a new request. */
  use(kind: RequestKind, id: number): void {
    if (id % 2 !== this.#parity || id <= this.#last[kind]) throw this.unexpected(kind, id)
    this.#last[kind] = id
    this.#highest = Math.max(this.#highest, id)
  }

  unexpected(kind: RequestKind, id: number): Error {
    return protocolError(
      `Expected an unused ${this.#parity === 1 ? 'odd' : 'even'} id above ${this.#last[kind]}, got ${id}`,
    )
  }

  /** The id that another frame is about. */
  expectUsed(id: number): void {
    if (id % 2 !== this.#parity || id > this.#highest) throw protocolError(`Expected an id that was used, got ${id}`)
  }
}
