import type { ItemBatch } from '../protocol/frame.ts'
import type { CreditWindow } from '../session/credit.ts'
import type { Form } from './forms.ts'

/** What a batch holds, once somebody wants it. */
export interface DecodedItems {
  readonly values: readonly unknown[]
  readonly resumes: readonly unknown[] | undefined
  /** Whether the way in which they came proves them valid. */
  readonly proven: boolean
}

/** Items that arrived together and are taken one by one. Owns: which is next, and what credit has not been given back. */
export class ArrivedBatch {
  readonly #items: number
  readonly #bytes: number
  readonly #form: Form
  #taken = 0
  #given: CreditWindow = NOTHING
  /** As it came, or what it holds. */
  #contents: ItemBatch | DecodedItems

  /** @param form of the connection that it came over */
  constructor(batch: ItemBatch, form: Form) {
    this.#form = form
    this.#items = batch.count
    this.#bytes = batch.values.byteLength + (batch.resumes?.byteLength ?? 0)
    this.#contents = batch
  }

  get isTaken(): boolean {
    return this.#taken === this.#items
  }

  /** The place of the next item, which is taken with this. */
  next(): number {
    this.#taken += 1
    return this.#taken - 1
  }

  /** What has been taken since this was told last: at the middle and at the end, so that a slow reader asks in time. */
  consumed(): CreditWindow | undefined {
    const taken = this.#taken
    if (taken !== this.#items && taken !== this.#items >> 1) return undefined
    const given = this.#given
    this.#given = { items: taken, bytes: Math.floor((this.#bytes * taken) / this.#items) }
    return { items: taken - given.items, bytes: this.#given.bytes - given.bytes }
  }

  decoded(decode: (batch: ItemBatch, form: Form) => DecodedItems): DecodedItems {
    const contents = this.#contents
    if (!('count' in contents)) return contents
    const decoded = decode(contents, this.#form)
    this.#contents = decoded
    return decoded
  }
}

const NOTHING: CreditWindow = Object.freeze({ items: 0, bytes: 0 })
