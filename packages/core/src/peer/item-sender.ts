import { Misfit } from '../packing/layout.ts'
import type { ValueList } from '../protocol/value-list.ts'
import type { ItemRoom, SessionLink } from './link.ts'

/*
 * Items of one stream on their way out: those of one turn leave together. Owns: what was collected and has not left, and how
 * much more may be. Must not know: where items come from, schemas. Normative text: PROTOCOL.md, "Streams".
 */

export interface ItemSenderOptions {
  readonly link: SessionLink
  readonly id: number
  /** Of items, and of what they can be resumed from. */
  readonly lists: ItemLists
}

export interface ItemLists {
  createValues(): ValueList
  createResumes(): ValueList
}

/** For an item whose source has taken its time: it leaves by itself. */
const NO_ROOM: ItemRoom = Object.freeze({ items: 0, bytes: 0, batchBytes: 0 })

/** The connection is told after so many items, or bytes of them: to tell it of each costs as much as to make one. */
const TOLD_ITEMS = 32
const TOLD_BYTES = 4 * 1024

export class ItemSender {
  readonly #link: SessionLink
  readonly #id: number
  readonly #lists: ItemLists
  readonly #values: ValueList
  /** From the first item on that has one. */
  #resumes: ValueList | undefined
  #count = 0
  #bytes = 0
  /** What there was when the batch began. */
  #room = NO_ROOM
  /** What the connection was told of. */
  #toldItems = 0
  #toldBytes = 0
  /** With so many items or bytes there is something to be done. */
  #stopItems = 0
  #stopBytes = 0
  readonly #flush = (): void => this.flush()

  constructor({ link, id, lists }: ItemSenderOptions) {
    this.#link = link
    this.#id = id
    this.#lists = lists
    this.#values = lists.createValues()
  }

  /** Whether another item may be added now. Where none may, the owner of the id is told when one may. */
  hasRoom(): boolean {
    // A batch that was begun has room: it leaves when what was allowed is used up.
    return this.#count > 0 || this.#link.itemRoom(this.#id) !== undefined
  }

  /**
   * Encodes an item that there is room for. It leaves with this turn at the latest.
   *
   * @throws UnserialisableError, or Misfit where items are packed
   */
  add(value: unknown, resume?: unknown): void {
    let bytes = this.#values.add(value)
    if (resume !== undefined || this.#resumes !== undefined) bytes += this.#addResume(resume)
    this.#count += 1
    this.#bytes = bytes
    if (this.#count >= this.#stopItems || bytes >= this.#stopBytes) this.#stop()
  }

  /**
   * As `add`, of an item that validation has seen. What has no packed form though it is valid, such as -0 for a literal 0,
   * begins a batch that travels plain.
   *
   * @throws UnserialisableError
   */
  addValid(value: unknown, resume: unknown): void {
    try {
      this.add(value, resume)
      return
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
    }
    this.flush()
    this.#values.goPlain()
    if (resume !== undefined) this.#resumes ??= this.#lists.createResumes()
    this.#resumes?.goPlain()
    this.add(value, resume)
  }

  /** What was collected leaves with this turn, ahead of what is sent next. */
  flush(): void {
    const count = this.#count
    if (count === 0) return
    this.#tell()
    this.#leave(count, 0)
    this.#link.sendItems(this.#id, { count, values: this.#values.take(), resumes: this.#resumes?.take() })
  }

  /** Returns the bytes of all resume values. */
  #addResume(resume: unknown): number {
    this.#resumes ??= this.#lists.createResumes()
    for (let missing = this.#count - this.#resumes.count; missing > 0; missing -= 1) this.#resumes.add(undefined)
    try {
      return this.#resumes.add(resume)
    } catch (error) {
      this.#values.dropLast()
      throw error
    }
  }

  #stop(): void {
    if (this.#count === 1) this.#begin()
    else if (this.#bytes > this.#room.batchBytes) this.#flushAllButLast()
    if (!this.#tell() || this.#isFull()) {
      this.flush()
      return
    }
    const { items, bytes, batchBytes } = this.#room
    this.#stopItems = Math.min(items, this.#count + TOLD_ITEMS)
    // One byte more is too many for the batch, and enough for the credit.
    this.#stopBytes = Math.min(bytes, batchBytes + 1, this.#bytes + TOLD_BYTES)
  }

  #begin(): void {
    // Again, since the source may have taken its time, and others have used the room.
    this.#room = this.#link.itemRoom(this.#id) ?? NO_ROOM
    this.#link.collect(this.#flush)
  }

  /** Returns whether the connection can take more in this turn. */
  #tell(): boolean {
    const items = this.#count - this.#toldItems
    const bytes = this.#bytes - this.#toldBytes
    this.#toldItems = this.#count
    this.#toldBytes = this.#bytes
    return this.#link.itemsCollected(items, bytes)
  }

  #isFull(): boolean {
    const { items, bytes, batchBytes } = this.#room
    return this.#count >= items || this.#bytes >= bytes || this.#bytes > batchBytes
  }

  /** The last item made the batch larger than one may be. The credit that it was taken for is there still. */
  #flushAllButLast(): void {
    this.#tell()
    const count = this.#count - 1
    const values = this.#values.takeAllButLast()
    const resumes = this.#resumes?.takeAllButLast()
    this.#leave(count, this.#values.byteLength + (this.#resumes?.byteLength ?? 0))
    this.#toldItems = this.#count
    this.#toldBytes = this.#bytes
    this.#link.sendItems(this.#id, { count, values, resumes })
    this.#room = this.#link.itemRoom(this.#id) ?? NO_ROOM
  }

  /** So many items leave, and so many bytes are left. */
  #leave(items: number, bytesLeft: number): void {
    this.#count -= items
    this.#bytes = bytesLeft
    this.#toldItems = 0
    this.#toldBytes = 0
    this.#stopItems = 0
    this.#stopBytes = 0
  }
}
