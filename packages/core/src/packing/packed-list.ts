import type { Payload } from '../protocol/frame.ts'
import type { ValueList } from '../protocol/value-list.ts'
import { type FlatLayout, type Layout, Misfit } from './layout.ts'
import { arrayLayout } from './list-layouts.ts'
import type { PackWriter } from './pack-writer.ts'
import { markPlain, PLAIN_MARK_BYTES } from './plain-mark.ts'

/** Runs `write` on a writer that begins anew. `undefined` where that refuses. */
export type PackBy = (write: (out: PackWriter) => boolean) => Payload | undefined

/** The head of the array, and the form of each column. */
const HEAD_BYTES = 64

/**
 * Values of one layout on their way into one payload, which is that of an array of them. They are taken apart as they come: what
 * is kept of them nobody can change, and it lies in columns already. What has no packed form travels in a plain list that says so.
 */
export class PackedValueList implements ValueList {
  readonly #flat: FlatLayout
  readonly #pack: PackBy
  readonly #createPlain: () => ValueList
  /** In place of the columns, while there is one. */
  #plain: ValueList | undefined
  /** From the first value on. Rows beyond `#count` mean nothing. */
  #columns: unknown[][] | undefined
  #count = 0
  /** As many as there were in the last payload: columns that grow are copied again and again. */
  #expected = 0
  #bytes = HEAD_BYTES
  #lastBytes = 0

  constructor(flat: FlatLayout, pack: PackBy, createPlain: () => ValueList) {
    this.#flat = flat
    this.#pack = pack
    this.#createPlain = createPlain
  }

  get count(): number {
    return this.#plain?.count ?? this.#count
  }

  get byteLength(): number {
    return this.#plain === undefined ? this.#bytes : this.#plain.byteLength + PLAIN_MARK_BYTES
  }

  /** @throws Misfit for what does not fit, and for what cannot be looked at; as plain lists do, once it is one */
  add(value: unknown): number {
    if (this.#plain !== undefined) return this.#plain.add(value) + PLAIN_MARK_BYTES
    this.#columns ??= columnsOf(this.#flat, this.#expected)
    const bytes = this.#take(this.#columns, value)
    if (bytes < 0) throw new Misfit()
    this.#count += 1
    this.#lastBytes = bytes
    this.#bytes += bytes
    return this.#bytes
  }

  goPlain(): void {
    this.#plain ??= this.#createPlain()
  }

  dropLast(): void {
    if (this.#plain !== undefined) {
      this.#plain.dropLast()
      return
    }
    this.#count -= 1
    this.#bytes -= this.#lastBytes
  }

  take(): Payload {
    const plain = this.#plain
    this.#plain = undefined
    return plain === undefined ? this.#takePacked() : markPlain(plain.take())
  }

  takeAllButLast(): Payload {
    if (this.#plain !== undefined) return markPlain(this.#plain.takeAllButLast())
    const lastBytes = this.#lastBytes
    this.#count -= 1
    const last = this.#columns?.map((column) => [column[this.#count]])
    const payload = this.#takePacked()
    this.#columns = last
    this.#count = 1
    this.#bytes += lastBytes
    return payload
  }

  #takePacked(): Payload {
    const columns = this.#columns ?? columnsOf(this.#flat, 0)
    for (const column of columns) column.length = this.#count
    this.#columns = undefined
    this.#expected = this.#count
    this.#count = 0
    this.#bytes = HEAD_BYTES
    const payload = this.#pack((out) => this.#flat.writeAll(out, columns))
    // Each value was looked at when it came.
    if (payload === undefined) throw new Error('Expected values that were measured to fit')
    return payload
  }

  #take(columns: readonly unknown[][], value: unknown): number {
    try {
      return this.#flat.take(columns, this.#count, value)
    } catch {
      // A getter has thrown: validation will meet it again, and say so.
      return -1
    }
  }
}

function columnsOf({ width }: FlatLayout, rows: number): unknown[][] {
  return Array.from({ length: width }, () => Array<unknown>(rows))
}

/** How values of the layout can be collected; `undefined` where they would have to be written at once. */
export function flatLayoutOf(layout: Layout): FlatLayout | undefined {
  if (!layout.proves) return undefined
  const { flat, measure } = layout
  if (flat !== undefined || measure === undefined) return flat
  const all = arrayLayout(layout)
  return {
    width: 1,
    take(columns, row, value) {
      columns[0]![row] = value
      return measure(value)
    },
    writeAll: (out, columns) => all.write(out, columns[0]),
  }
}
