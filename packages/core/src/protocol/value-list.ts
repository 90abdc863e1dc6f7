import type { Payload } from './frame.ts'
import { Writer } from './writer.ts'

/** Several values on their way into one payload, encoded as they come: who made them may go on to change them. */
export interface ValueList {
  readonly count: number
  /** Bytes of the payload, at most. */
  readonly byteLength: number
  /** Returns the `byteLength` with it. Throws as `encode` does; the list is then as it was. */
  add(value: unknown): number
  /** Takes what only a plain list can, until the list is emptied. Call it while it is empty. */
  goPlain(): void
  /** Forgets the value that was added last, once. */
  dropLast(): void
  /** A payload of all values, in memory of its own. Empties the list. */
  take(): Payload
  /** As `take`, without the last value: that is the first of the next payload. */
  takeAllButLast(): Payload
}

/** Many streams are open and few give much. */
const INITIAL_BYTES = 64

/** The longest head of an array. */
const HEAD_BYTES = 5

/** A buffer that has grown past this goes with the payload, so that a list which waits for values keeps little. */
const KEPT_BYTES = 4 * 1024

/** A list as a MessagePack array: any tool can read it. Normative text: PROTOCOL.md, "Streams". */
export class PlainValueList implements ValueList {
  readonly #encode: (value: unknown, writer: Writer) => void
  readonly #writer = new Writer(INITIAL_BYTES)
  #count = 0
  #lastStart = HEAD_BYTES

  /** @param encode appends one value, or throws before it has written anything */
  constructor(encode: (value: unknown, writer: Writer) => void) {
    this.#encode = encode
    this.#writer.offset = HEAD_BYTES
  }

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#writer.offset
  }

  add(value: unknown): number {
    const writer = this.#writer
    const start = writer.offset
    this.#encode(value, writer)
    this.#lastStart = start
    this.#count += 1
    return writer.offset
  }

  goPlain(): void {}

  dropLast(): void {
    this.#writer.offset = this.#lastStart
    this.#count -= 1
  }

  take(): Payload {
    return this.#take(this.#count)
  }

  takeAllButLast(): Payload {
    const last = this.#writer.copy(this.#lastStart)
    this.#writer.offset = this.#lastStart
    const payload = this.#take(this.#count - 1)
    this.#writer.writeEncoded(last)
    this.#count = 1
    return payload
  }

  #take(count: number): Payload {
    const writer = this.#writer
    const end = writer.offset
    const start = HEAD_BYTES - headBytes(count)
    writer.offset = start
    writer.writeArrayHeader(count)
    writer.offset = end
    const handsOver = end > KEPT_BYTES
    const payload = handsOver ? writer.view(start) : writer.copy(start)
    // As many are likely to follow: to grow to it again took nine buffers for one.
    if (handsOver) writer.renew(end)
    writer.offset = HEAD_BYTES
    this.#lastStart = HEAD_BYTES
    this.#count = 0
    return payload
  }
}

function headBytes(count: number): number {
  if (count < 16) return 1
  return count < 0x10000 ? 3 : 5
}
