import type { ValueCodec } from '../protocol/value-codec.ts'
import type { ValueList } from '../protocol/value-list.ts'
import type { ItemRoom, SessionLink } from './link.ts'

/*
 * Items of one stream on their way out: those of one turn leave together. Owns: what was collected and has not left, and how
 * much more may be. Must not know: where items come from, schemas. Normative text: PROTOCOL.md, "Streams".
 */

export interface ItemSenderOptions {
  readonly link: SessionLink
  readonly id: number
  readonly codec: Pick<ValueCodec, 'createList'>
}

/** For an item whose source has taken its time: it leaves by itself. */
const NO_ROOM: ItemRoom = Object.freeze({ items: 0, bytes: 0, batchBytes: 0 })

export class ItemSender {
  readonly #link: SessionLink
  readonly #id: number
  readonly #codec: Pick<ValueCodec, 'createList'>
  readonly #values: ValueList
  /** From the first item on that has one. */
  #resumes: ValueList | undefined
  /** What there was when the batch began. */
  #room = NO_ROOM
  readonly #flush = (): void => this.flush()

  constructor({ link, id, codec }: ItemSenderOptions) {
    this.#link = link
    this.#id = id
    this.#codec = codec
    this.#values = codec.createList()
  }

  /** Whether another item may be added now. Where none may, the owner of the id is told when one may. */
  hasRoom(): boolean {
    // Asked for once per batch: it leaves when what was allowed is used up.
    return this.#values.count > 0 || this.#link.itemRoom(this.#id) !== undefined
  }

  /**
   * Encodes an item that there is room for. It leaves with this turn at the latest.
   *
   * @throws UnserialisableError
   */
  add(value: unknown, resume?: unknown): void {
    const values = this.#values
    const before = this.#byteLength
    values.add(value)
    if (resume !== undefined || this.#resumes !== undefined) this.#addResume(resume)
    this.#settle(before)
  }

  /** What was collected leaves with this turn, ahead of what is sent next. */
  flush(): void {
    if (this.#values.count === 0) return
    const count = this.#values.count
    this.#link.sendItems(this.#id, { count, values: this.#values.take(), resumes: this.#resumes?.take() })
  }

  get #byteLength(): number {
    return this.#values.byteLength + (this.#resumes?.byteLength ?? 0)
  }

  #addResume(resume: unknown): void {
    this.#resumes ??= this.#codec.createList()
    const resumes = this.#resumes
    while (resumes.count < this.#values.count - 1) resumes.add(undefined)
    try {
      resumes.add(resume)
    } catch (error) {
      this.#values.dropLast()
      throw error
    }
  }

  #settle(before: number): void {
    const addedBytes = this.#byteLength - before
    if (this.#values.count === 1) this.#begin()
    else if (this.#byteLength > this.#room.batchBytes) this.#flushAllButLast()
    if (!this.#link.itemCollected(addedBytes) || this.#isFull()) this.flush()
  }

  #begin(): void {
    // Again, since the source may have taken its time, and others have used the room.
    this.#room = this.#link.itemRoom(this.#id) ?? NO_ROOM
    this.#link.collect(this.#flush)
  }

  #isFull(): boolean {
    const { items, bytes, batchBytes } = this.#room
    return this.#values.count >= items || this.#byteLength >= bytes || this.#byteLength >= batchBytes
  }

  /** The last item made the batch larger than one may be. The credit that it was taken for is there still. */
  #flushAllButLast(): void {
    const count = this.#values.count - 1
    const values = this.#values.takeAllButLast()
    this.#link.sendItems(this.#id, { count, values, resumes: this.#resumes?.takeAllButLast() })
    this.#room = this.#link.itemRoom(this.#id) ?? NO_ROOM
  }
}
