/**
 * How the values of one schema lie in a payload.
 *
 * Owns: what every layout can do. Must not know: schemas, frames. Normative text: PROTOCOL.md, "Packed values".
 */
import type { ValueReader } from '../protocol/decode-value.ts'
import type { PackWriter } from './pack-writer.ts'

export interface Layout {
  /**
   * Whether what `write` takes and what `read` gives is valid, and arrives as validation would have left it. Otherwise
   * validation comes first, and the layout takes whatever that lets through.
   */
  readonly proves: boolean
  /** Whether its values may begin like maps: no other layout's do. */
  readonly isOpen: boolean
  /** MessagePack values that a column takes; 0 where it is one, and no more than an array of the values. */
  readonly slots: number
  /**
   * Writes a value, or says that it does not fit: then what has been written is to be forgotten. Throws what a getter
   * throws, and for what cannot be sent.
   */
  write(out: PackWriter, value: unknown): boolean
  /** @throws Misfit where something else stands there */
  read(from: ValueReader): unknown
  /** Writes many values as one column; otherwise as `write`. */
  writeColumn(out: PackWriter, values: readonly unknown[]): boolean
  /** @param length of the column; `undefined` where any will do */
  readColumn(from: ValueReader, length: number | undefined): readonly unknown[]
  /**
   * Bytes that a value takes at most in a payload of many, -1 where it does not fit. Only for values that nobody can change,
   * so that they can be written later than they were looked at.
   */
  readonly measure?: ((value: unknown) => number) | undefined
  /** For objects whose members can all be measured. */
  readonly flat?: FlatLayout | undefined
}

/** Objects taken apart into columns as they come. */
export interface FlatLayout {
  readonly width: number
  /**
   * Puts the members of an object into that row of their columns.
   *
   * @returns bytes that they take at most, or -1 where the object does not fit: what is in the row then means nothing
   */
  take(columns: readonly unknown[][], row: number, value: unknown): number
  /** Writes what `arrayLayout` would write for the objects. Columns have as many rows as there are objects. */
  writeAll(out: PackWriter, columns: readonly unknown[][]): boolean
}

/** From so many on, values of layouts that have columns lie in them. */
export const COLUMN_LENGTH = 4

/** In front of the columns of an array. */
export function writeColumnsHead(out: PackWriter, { slots }: Layout): void {
  out.writeArrayHeader(1 + slots)
  out.writeBoolean(false)
}

/** What becomes of members that a schema does not name. */
export type Others = 'left out' | 'refused'

/** What was sent as packed does not lie as the schema says. Well-formed it is all the same. */
export class Misfit extends Error {
  override readonly name = 'Misfit'

  constructor() {
    super('Expected the layout of the schema')
  }
}

/** A layout whose columns are no more than its values one behind the other. */
export function elementwise(layout: Pick<Layout, 'proves' | 'write' | 'read' | 'measure'>): Layout {
  return {
    isOpen: false,
    ...layout,
    slots: 0,
    writeColumn: (out, values) => writeElements(out, layout, values),
    readColumn: (from, length) => readElements(from, layout, columnLength(from, length)),
  }
}

export function writeElements(out: PackWriter, layout: Pick<Layout, 'write'>, values: readonly unknown[]): boolean {
  out.writeArrayHeader(values.length)
  for (let i = 0; i < values.length; i += 1) {
    if (!layout.write(out, values[i])) return false
  }
  return true
}

export function readElements(from: ValueReader, layout: Pick<Layout, 'read'>, length: number): unknown[] {
  const values: unknown[] = []
  for (let i = 0; i < length; i += 1) values.push(layout.read(from))
  return values
}

/** Reads the head of a column. */
export function columnLength(from: ValueReader, expected: number | undefined): number {
  const length = from.arrayLength()
  if (length === -1 || (expected !== undefined && length !== expected)) throw new Misfit()
  return length
}
