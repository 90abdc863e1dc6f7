import type { ItemBatch } from '../../protocol/frame.ts'
import type { CreditWindow } from '../credit.ts'
import { numberOf } from './numbered-payload.fixture.ts'

/** Items of one direction of a stream that arrived and were not read: what credit has to bound. */
export class UnreadItems {
  readonly #window: CreditWindow
  #arrived = 0
  #items = 0
  #bytes = 0

  constructor(window: CreditWindow) {
    this.#window = window
  }

  get arrived(): number {
    return this.#arrived
  }

  /** Says what is wrong with a batch that arrives now, if anything is. It carries the number of its first item. */
  take({ count, values }: ItemBatch): string | undefined {
    const number = numberOf(values)
    if (number !== this.#arrived) return `item ${number} came, expected ${this.#arrived}`
    if (this.#items + count > this.#window.items) return `item ${number} came with ${this.#items} unread`
    if (this.#bytes >= this.#window.bytes) return `item ${number} came with ${this.#bytes} bytes unread`
    this.#arrived += count
    this.#items += count
    this.#bytes += values.byteLength
    return undefined
  }

  read({ items, bytes }: CreditWindow): void {
    this.#items -= items
    this.#bytes -= bytes
  }
}
