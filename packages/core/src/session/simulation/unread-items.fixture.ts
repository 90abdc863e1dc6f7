import type { Payload } from '../../protocol/frame.ts'
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

  /** Says what is wrong with an item that arrives now, if anything is. */
  take(value: Payload): string | undefined {
    const number = numberOf(value)
    if (number !== this.#arrived) return `item ${number} came, expected ${this.#arrived}`
    if (this.#items >= this.#window.items) return `item ${number} came with ${this.#items} unread`
    if (this.#bytes >= this.#window.bytes) return `item ${number} came with ${this.#bytes} bytes unread`
    this.#arrived += 1
    this.#items += 1
    this.#bytes += value.byteLength
    return undefined
  }

  read(byteLength: number): void {
    this.#items -= 1
    this.#bytes -= byteLength
  }
}
