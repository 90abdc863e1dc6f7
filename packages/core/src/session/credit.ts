import type { PeerLimits } from '../protocol/frame.ts'
import { protocolError } from '../protocol/violation.ts'

/**
 * Credit of one direction of one stream, counted in items and in bytes of their encoded values. An item may go
 * while both are above zero; bytes may then fall below zero by that one item, so that an item larger than the whole window passes.
 *
 * Normative text: PROTOCOL.md, "Credit".
 */
export interface CreditWindow {
  readonly items: number
  readonly bytes: number
}

export function windowOf(limits: Pick<PeerLimits, 'streamItems' | 'streamBytes'>): CreditWindow {
  return { items: limits.streamItems, bytes: limits.streamBytes }
}

/** What the peer still allows us to send. */
export class SendCredit {
  #items = 0
  #bytes = 0

  get available(): boolean {
    return this.#items > 0 && this.#bytes > 0
  }

  /** Returns whether this made sending possible again. */
  grant(window: CreditWindow): boolean {
    const before = this.available
    this.#items += window.items
    this.#bytes += window.bytes
    if (!Number.isSafeInteger(this.#items) || !Number.isSafeInteger(this.#bytes)) {
      throw protocolError('Expected the sum of credit to be a safe integer')
    }
    return !before && this.available
  }

  spend(byteLength: number): void {
    this.#items -= 1
    this.#bytes -= byteLength
  }
}

/** What we still allow the peer to send, and what the application has taken since the last grant. */
export class ReceiveCredit {
  #window: CreditWindow | undefined
  #items = 0
  #bytes = 0
  #takenItems = 0
  #takenBytes = 0

  start(window: CreditWindow): void {
    this.#window = window
    this.#items = window.items
    this.#bytes = window.bytes
  }

  /** An item arrived. */
  use(byteLength: number): void {
    if (this.#items <= 0 || this.#bytes <= 0) {
      throw protocolError(
        `Expected an item only with credit, got one with ${this.#items} items and ${this.#bytes} bytes left`,
      )
    }
    this.#items -= 1
    this.#bytes -= byteLength
  }

  /** The application took an item. Returns what to grant: half of the window at a time, to spare frames. */
  give(byteLength: number): CreditWindow | undefined {
    const window = this.#window
    if (window === undefined) return undefined
    this.#takenItems += 1
    this.#takenBytes += byteLength
    if (this.#takenItems * 2 < window.items && this.#takenBytes * 2 < window.bytes) return undefined
    const grant = { items: this.#takenItems, bytes: this.#takenBytes }
    this.#items += grant.items
    this.#bytes += grant.bytes
    this.#takenItems = 0
    this.#takenBytes = 0
    return grant
  }
}
