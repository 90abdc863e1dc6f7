import type { PartEncoder, ValueCodec } from '../protocol/value-codec.ts'
import { Writer } from '../protocol/writer.ts'
import type { Others } from './layout.ts'

/** Writes one payload after the other; what layouts share while they write one. */
export class PackWriter extends Writer {
  /**
   * Whether the last value was refused although it may be valid, since it cannot be sent, or not like this. Whoever has
   * an alternative to try must not: validation would not have come to it.
   */
  isUncertain = false
  /** `refused`: a value that has not been validated, of which nothing may be left out that a plain one would carry. */
  others: Others = 'left out'
  readonly #codec: ValueCodec
  #encodePart: PartEncoder | undefined
  #numbers = new Float64Array(64)

  constructor(codec: ValueCodec) {
    super()
    this.#codec = codec
  }

  begin(others: Others): void {
    this.offset = 0
    this.others = others
    this.isUncertain = false
    this.#encodePart = undefined
  }

  /** A valid value that has no place here. */
  refuse(): false {
    this.isUncertain = true
    return false
  }

  /** As `writeString`, but refuses halves of surrogate pairs. */
  packText(text: string): boolean {
    return this.writeString(text) === text.length || isWellFormed(text) || this.refuse()
  }

  /** Any number but NaN. */
  packNumber(value: number): void {
    if (!Number.isSafeInteger(value)) this.writeFloat(value)
    else if (Object.is(value, -0)) this.packPlain(value, 0)
    else this.writeInteger(value)
  }

  /** A value of unknown shape. */
  packPlain(value: unknown, depth: number): void {
    this.#encodePart ??= this.#codec.encoderOfParts()
    this.writeEncoded(this.#encodePart(value, depth))
  }

  /** Room for so many numbers, until it is asked for again. */
  numbers(length: number): Float64Array {
    if (this.#numbers.length < length) this.#numbers = new Float64Array(length)
    return this.#numbers
  }
}

export function isWellFormed(text: string): boolean {
  // ES2024, in every runtime of the support table; the core is compiled for ES2022.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
