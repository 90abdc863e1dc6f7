import { HEAVY_NODES, ValueExtension } from './extension-types.ts'
import type { Limits } from './limits.ts'
import { checkExtension, lengthAt, scalarEnd, truncated } from './scan-leaf.ts'
import { isUtf8 } from './utf8.ts'
import { malformed, tooLarge } from './violation.ts'

/** In place of a saved `due`: the container lies in the bytes of the one around it and shares its `due`. */
const SAME_BOUND = -1

/** Numbers on the stack per open container. */
const SAVED = 4

/** Of what is heavy, besides the one that every value counts for. */
const MORE_NODES = HEAVY_NODES - 1

const PROTO = '__proto__'

const NOTHING = new Uint8Array()

/**
 * Checks a value before anything is built from it: one pass over the bytes, no recursion, no memory but a stack of at
 * most `depth` entries.
 *
 * Owns: what may stand inside a payload. Must not know: frames, schemas, JavaScript values.
 * Normative text: PROTOCOL.md, "Values".
 *
 * What keeps the work below the number of bytes received: `due` counts the values that the open containers still owe.
 * Each takes a byte at least, so a head that declares more than there can be is refused where it stands. Every offset is
 * checked against `bound` before it is read; hence the `!`.
 */
export class Scanner {
  /** Levels that the values to come may have beyond the limit `depth`. */
  moreLevels = 0
  readonly #depthLimit: number
  readonly #nodeLimit: number
  #nodes = 0

  #bytes: Uint8Array = NOTHING
  #at = 0
  /** Values that the innermost open container still owes; of a map, keys and values. */
  #left = 0
  #isMap = false
  /** Where the innermost extension ends, or else the input. */
  #bound = 0
  /** Values that all containers within `bound` still owe. */
  #due = 0
  #textLength = 0
  /** `left`, `isMap`, `bound` and `due` of the containers around the innermost one. */
  readonly #outer: number[] = []

  constructor(limits: Pick<Limits, 'depth' | 'nodes'>) {
    this.#depthLimit = limits.depth
    this.#nodeLimit = limits.nodes
  }

  /** Values visited or promised so far, in all calls: what the limit `nodes` is held against. */
  get nodes(): number {
    return this.#nodes
  }

  /** Offset that the last call came to; where it refused, all the work it did. */
  get offset(): number {
    return this.#at
  }

  /**
   * Checks the value that starts at `start` and returns the offset behind it.
   *
   * @throws ProtocolViolation `Malformed`, or `TooLarge` past the limits `depth` and `nodes`.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes
    this.#at = start
    this.#bound = end
    // A container of one value around the value asked for.
    // Emptied only after a refusal: emptying an array, even an empty one, gives its memory back, and costs more than a scan.
    if (this.#outer.length > 0) this.#outer.length = 0
    this.#left = 1
    this.#due = 1
    this.#isMap = false
    this.#spend(1)
    for (;;) {
      this.#next()
      while (this.#left === 0) {
        if (this.#outer.length === 0) return this.#at
        this.#close()
      }
    }
  }

  #next(): void {
    if (this.#at >= this.#bound) throw truncated(this.#at)
    const head = this.#bytes[this.#at]!
    this.#at += 1
    const isKey = this.#isMap && (this.#left & 1) === 0
    this.#left -= 1
    this.#due -= 1
    if (isKey) this.#key(head)
    else if (head < 0x80 || head >= 0xe0) return
    else if (head < 0x90) this.#open((head & 0x0f) * 2, true)
    else if (head < 0xa0) this.#open(head & 0x0f, false)
    else if (head < 0xc0) this.#text(head & 0x1f)
    else if (head >= 0xde) this.#open(this.#length(head === 0xde ? 2 : 4) * 2, true)
    else if (head >= 0xdc) this.#open(this.#length(head === 0xdc ? 2 : 4), false)
    else if (head >= 0xd9) this.#text(this.#length(1 << (head - 0xd9)))
    else if (head >= 0xd4) this.#extension(1 << (head - 0xd4))
    else if (head >= 0xc7 && head <= 0xc9) this.#extension(this.#length(1 << (head - 0xc7)))
    else {
      if (head >= 0xc4 && head <= 0xc6) this.#spend(MORE_NODES)
      this.#at = scalarEnd(this.#bytes, head, this.#at, this.#bound)
    }
  }

  #key(head: number): void {
    if (head >= 0xa0 && head < 0xc0) this.#text(head & 0x1f)
    else if (head >= 0xd9 && head <= 0xdb) this.#text(this.#length(1 << (head - 0xd9)))
    else throw malformed(`At byte ${this.#at - 1}: a map key that is not a string`)
    if (this.#textLength === PROTO.length && endsWith(this.#bytes, this.#at, PROTO)) {
      throw malformed(`At byte ${this.#at - PROTO.length}: the key \`${PROTO}\``)
    }
  }

  #text(length: number): void {
    const start = this.#at
    if (length > this.#bound - start) throw truncated(start)
    if (!isUtf8(this.#bytes, start, start + length)) throw malformed(`At byte ${start}: a string that is not UTF-8`)
    this.#textLength = length
    this.#at = start + length
  }

  #extension(length: number): void {
    // The type stands between the length and the contents.
    const start = this.#at + 1
    const end = start + length
    if (end > this.#bound) throw truncated(this.#at)
    const type = (this.#bytes[this.#at]! << 24) >> 24
    if (type >= ValueExtension.Map) this.#spend(MORE_NODES)
    if (type === ValueExtension.Map || type === ValueExtension.Set) {
      this.#at = start
      const children = this.#arrayLength(end)
      if (type === ValueExtension.Map && children % 2 === 1)
        throw malformed(`At byte ${start}: a Map key without a value`)
      this.#open(children, false, end)
    } else {
      checkExtension(this.#bytes, type, start, end)
      this.#at = end
    }
  }

  /** The head of the array that a Map or Set holds. */
  #arrayLength(end: number): number {
    const head = this.#at < end ? this.#bytes[this.#at]! : 0
    this.#at += 1
    if (head >= 0x90 && head < 0xa0) return head & 0x0f
    if (head === 0xdc || head === 0xdd) return this.#length(head === 0xdc ? 2 : 4)
    throw malformed(`At byte ${this.#at - 1}: a Map or Set that does not hold an array`)
  }

  /** `end`: where the bytes of the container must end, if it is an extension. */
  #open(children: number, isMap: boolean, end: number = SAME_BOUND): void {
    const mostLevels = this.#depthLimit + this.moreLevels
    if (this.#outer.length >= mostLevels * SAVED) {
      throw tooLarge(`At byte ${this.#at}: nesting deeper than ${mostLevels}`, 'depth')
    }
    this.#outer.push(this.#left, this.#isMap ? 1 : 0, this.#bound, end === SAME_BOUND ? SAME_BOUND : this.#due)
    if (end !== SAME_BOUND) {
      this.#bound = end
      this.#due = 0
    }
    this.#left = children
    this.#isMap = isMap
    this.#due += children
    if (this.#due > this.#bound - this.#at) throw truncated(this.#at)
    this.#spend(children)
  }

  #close(): void {
    const outer = this.#outer
    const due = outer.pop()!
    const bound = outer.pop()!
    this.#isMap = outer.pop() === 1
    this.#left = outer.pop()!
    if (due === SAME_BOUND) return
    if (this.#at !== this.#bound) throw malformed(`At byte ${this.#at}: an extension with bytes behind its value`)
    this.#bound = bound
    this.#due = due
  }

  #length(size: number): number {
    const length = lengthAt(this.#bytes, this.#at, size, this.#bound)
    this.#at += size
    return length
  }

  #spend(nodes: number): void {
    this.#nodes += nodes
    if (this.#nodes > this.#nodeLimit) throw tooLarge(`More than ${this.#nodeLimit} values in one message`, 'nodes')
  }
}

function endsWith(bytes: Uint8Array, end: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (bytes[end - text.length + i] !== text.charCodeAt(i)) return false
  }
  return true
}
