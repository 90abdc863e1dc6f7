import type { ValueReader } from '../protocol/decode-value.ts'
import { decodeUtf8, encodeUtf8 } from '../protocol/utf8.ts'
import { type Layout, Misfit } from './layout.ts'
import { readNumberArray } from './number-layouts.ts'
import { isWellFormed, type PackWriter } from './pack-writer.ts'

/*
 * Text. A column of it is two values: an array of lengths in UTF-16 units, and one text of all that has a length. In place
 * of a length, -1 stands for the first of these pieces, -2 for the second, and so on to the last that one byte can name.
 */
const KNOWN_PIECES = 32

/** A piece of a longer text than this is copied out of it: engines keep the whole for the sake of a piece. */
const KEPT_UNITS = 16 * 1024

const LENGTH_BYTES = 5

export const textLayout: Layout = {
  proves: true,
  // Its length among the lengths, and its UTF-8.
  measure: (value) => (typeof value === 'string' && isWellFormed(value) ? LENGTH_BYTES + 3 * value.length : -1),
  isOpen: false,
  slots: 2,
  write: (out, value) => typeof value === 'string' && out.packText(value),
  read: readText,
  writeColumn: writePieces,
  readColumn: readPieces,
}

export function readText(from: ValueReader): string {
  const text = from.read()
  if (typeof text !== 'string') throw new Misfit()
  return text
}

function writePieces(out: PackWriter, values: readonly unknown[]): boolean {
  const { length } = values
  const lengths = out.numbers(length)
  const known = new Map<string, number>()
  let pieces = 0
  let text = ''
  // Once no more pieces get a number and none was met again, looking for them is in vain.
  let repeats = false
  for (let i = 0; i < length; i += 1) {
    const piece = values[i]
    if (typeof piece !== 'string') return false
    const place = repeats || pieces < KNOWN_PIECES ? known.get(piece) : undefined
    if (place !== undefined) {
      lengths[i] = -1 - place
      repeats = true
      continue
    }
    if (pieces < KNOWN_PIECES) known.set(piece, pieces)
    pieces += 1
    lengths[i] = piece.length
    text += piece
  }
  out.writeArrayHeader(length)
  out.writeIntegers(lengths, length)
  // Two halves of different pieces would look like a pair.
  return out.writeString(text) === text.length || values.every((piece) => isWellFormed(piece as string)) || out.refuse()
}

function readPieces(from: ValueReader, expected: number | undefined): string[] {
  const lengths = readNumberArray(from, expected)
  const text = readText(from)
  const known: string[] = []
  const pieces: string[] = []
  let at = 0
  for (let i = 0; i < lengths.length; i += 1) {
    const length = lengths[i]!
    let piece: string | undefined
    if (length < 0) {
      piece = known[-1 - length]
    } else if (Number.isInteger(length) && !isLowSurrogate(text.charCodeAt(at + length))) {
      piece = text.slice(at, at + length)
      if (text.length > KEPT_UNITS) piece = copyText(piece)
      if (known.length < KNOWN_PIECES) known.push(piece)
      at += length
    }
    if (piece === undefined) throw new Misfit()
    pieces.push(piece)
  }
  if (at !== text.length) throw new Misfit()
  return pieces
}

/** Of what stands behind a piece: it would have been cut out of a pair. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

function copyText(text: string): string {
  const bytes = new Uint8Array(text.length * 3)
  return decodeUtf8(bytes, 0, encodeUtf8(text, bytes, 0))
}
