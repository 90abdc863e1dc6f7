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
  /** To how many the items of a window may grow. @default `items` */
  readonly maxItems?: number
}

export function windowOf(limits: Pick<PeerLimits, 'streamItems' | 'streamBytes'>, maxItems: number): CreditWindow {
  const { streamItems: items, streamBytes: bytes } = limits
  if (latest.items !== items || latest.bytes !== bytes || latest.maxItems !== maxItems)
    latest = { items, bytes, maxItems }
  return latest
}

/** One object for as long as connections have the same: most of a process do. */
let latest: CreditWindow = { items: 0, bytes: 0, maxItems: 0 }

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

  get items(): number {
    return this.#items
  }

  get bytes(): number {
    return this.#bytes
  }

  spend(items: number, byteLength: number): void {
    this.#items -= items
    this.#bytes -= byteLength
  }
}

/** What we still allow the peer to send, and what the application has taken since the last grant. */
export class ReceiveCredit {
  #window: CreditWindow | undefined
  #items = 0
  #bytes = 0
  /** Items that have arrived and were not taken. */
  #unread = 0
  #takenItems = 0
  #takenBytes = 0

  start(window: CreditWindow): void {
    this.#window = window
    this.#items = window.items
    this.#bytes = window.bytes
  }

  /** Items arrived. */
  use(items: number, byteLength: number): void {
    if (items > this.#items || this.#bytes <= 0) {
      throw protocolError(
        `Expected items only with credit, got ${items} with ${this.#items} items and ${this.#bytes} bytes left`,
        'streamCredit',
      )
    }
    this.#items -= items
    this.#bytes -= byteLength
    this.#unread += items
  }

  /** The application took items. Returns what to grant: half of the window at a time, to spare frames. */
  give(items: number, byteLength: number): CreditWindow | undefined {
    const window = this.#window
    if (window === undefined) return undefined
    this.#unread -= items
    this.#takenItems += items
    this.#takenBytes += byteLength
    const itemsAreDue = this.#takenItems * 2 >= window.items
    if (!itemsAreDue && this.#takenBytes * 2 < window.bytes) return undefined
    const grant = { items: this.#takenItems + (itemsAreDue ? this.#grow(window) : 0), bytes: this.#takenBytes }
    this.#items += grant.items
    this.#bytes += grant.bytes
    this.#takenItems = 0
    this.#takenBytes = 0
    return grant
  }

  /**
   * A reader that has taken all there was by the time when more is due waits for the sender, and not the other way round:
   * its window of items doubles. Memory is bounded by that of bytes. Returns by how much it grew.
   */
  #grow({ items, bytes, maxItems = items }: CreditWindow): number {
    if (this.#unread > 0 || items >= maxItems) return 0
    const grown = Math.min(2 * items, maxItems)
    this.#window = { items: grown, bytes, maxItems }
    return grown - items
  }
}
