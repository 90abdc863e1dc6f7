import { CloseCode } from './close-codes.ts'
import { BINARY_KINDS, MAX_BIGINT_BYTES, SimpleValue, ValueExtension } from './extension-types.ts'
import type { Limits } from './limits.ts'
import { isUtf8 } from './utf8.ts'
import { ProtocolViolation } from './violation.ts'

/**
 * Checks a value before anything is built from it: one pass over the bytes, no recursion, no allocation that
 * grows with what the bytes claim.
 *
 * Owns: what may stand inside a payload. Must not know: frames, schemas, JavaScript values.
 * Normative text: PROTOCOL.md, "Values".
 *
 * What keeps the work below the number of bytes received: `due` counts the values that all open containers still
 * owe. Each takes a byte at least, so a header that declares more than there is left is refused where it stands.
 * Every offset is checked against `bound` before it is read; hence the `!`.
 */
export class Scanner {
  readonly #depthLimit: number
  readonly #nodeLimit: number
  /** Per open container four numbers of the one around it: `left`, `isMap`, `bound`, and `due` if that one's bound differs. */
  readonly #outer: number[] = []
  #nodes = 0

  constructor(limits: Pick<Limits, 'depth' | 'nodes'>) {
    this.#depthLimit = limits.depth
    this.#nodeLimit = limits.nodes
  }

  /** Values visited or promised so far, in all calls: what the limit `nodes` is held against. */
  get nodes(): number {
    return this.#nodes
  }

  /**
   * Checks the value that starts at `start` and returns the offset behind it.
   *
   * @throws ProtocolViolation `Malformed`, or `TooLarge` past the limits `depth` and `nodes`.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const outer = this.#outer
    outer.length = 0
    this.#spend(1)

    let at = start
    // The innermost open container. The outermost one is a virtual array that holds just the value asked for.
    let left = 1
    let isMap = false
    let bound = end
    let due = 1

    for (;;) {
      if (at >= bound) throw truncated(at)
      const head = bytes[at]!
      at += 1
      left -= 1
      due -= 1
      const isKey = isMap && (left & 1) === 1
      let length = -1
      let children = -1
      let opensMap = false
      let contentEnd = -1

      if (head < 0x80 || head >= 0xe0) {
        if (isKey) throw keyNotString(at - 1)
      } else if (head >= 0xa0 && head < 0xc0) {
        length = head & 0x1f
      } else if (head < 0x90) {
        children = (head & 0x0f) * 2
        opensMap = true
      } else if (head < 0xa0) {
        children = head & 0x0f
      } else if (head >= 0xd9 && head <= 0xdb) {
        const size = 1 << (head - 0xd9)
        length = lengthAt(bytes, at, size, bound)
        at += size
      } else if (head >= 0xdc) {
        // 0xdc, 0xdd: arrays; 0xde, 0xdf: maps. A count of 2 bytes, or of 4.
        const size = (head & 1) === 0 ? 2 : 4
        opensMap = head >= 0xde
        children = lengthAt(bytes, at, size, bound) * (opensMap ? 2 : 1)
        at += size
      } else if (isExtension(head)) {
        const isFixed = head >= 0xd4
        const size = isFixed ? 0 : 1 << (head - 0xc7)
        const content = isFixed ? 1 << (head - 0xd4) : lengthAt(bytes, at, size, bound)
        at += size + 1
        contentEnd = at + content
        if (contentEnd > bound) throw truncated(at)
        const type = (bytes[at - 1]! << 24) >> 24
        if (type === ValueExtension.Map || type === ValueExtension.Set) {
          if (at >= contentEnd) throw malformed(at, 'an empty Map or Set')
          const arrayHead = bytes[at]!
          at += 1
          if (arrayHead >= 0x90 && arrayHead < 0xa0) {
            children = arrayHead & 0x0f
          } else if (arrayHead === 0xdc || arrayHead === 0xdd) {
            const arraySize = arrayHead === 0xdc ? 2 : 4
            children = lengthAt(bytes, at, arraySize, contentEnd)
            at += arraySize
          } else {
            throw malformed(at, 'a Map or Set that does not hold an array')
          }
          if (type === ValueExtension.Map && children % 2 === 1) throw malformed(at, 'a Map without a last value')
        } else {
          checkExtension(bytes, type, at, contentEnd)
          at = contentEnd
        }
      } else {
        if (isKey) throw keyNotString(at - 1)
        at = scalarEnd(bytes, head, at, bound)
      }

      if (length >= 0) {
        if (length > bound - at) throw truncated(at)
        if (!isUtf8(bytes, at, at + length)) throw malformed(at, 'a string that is not UTF-8')
        if (isKey && length === PROTO.length && isProto(bytes, at)) throw malformed(at, 'the key `__proto__`')
        at += length
      } else if (children >= 0 || contentEnd >= 0) {
        if (isKey) throw keyNotString(at)
      }

      if (children >= 0) {
        if (outer.length >= this.#depthLimit * 4) {
          throw new ProtocolViolation(CloseCode.TooLarge, `Nesting deeper than ${this.#depthLimit} at byte ${at}`)
        }
        outer.push(left, isMap ? 1 : 0, bound, contentEnd >= 0 ? due : SAME_BOUND)
        left = children
        isMap = opensMap
        if (contentEnd >= 0) {
          bound = contentEnd
          due = children
        } else {
          due += children
        }
        if (due > bound - at) throw truncated(at)
        this.#spend(children)
      }

      while (left === 0) {
        if (outer.length === 0) return at
        const outerDue = outer.pop()!
        const outerBound = outer.pop()!
        isMap = outer.pop() === 1
        left = outer.pop()!
        if (outerDue !== SAME_BOUND) {
          if (at !== bound) throw malformed(at, 'an extension with bytes behind its value')
          bound = outerBound
          due = outerDue
        }
      }
    }
  }

  #spend(nodes: number): void {
    this.#nodes += nodes
    if (this.#nodes > this.#nodeLimit) {
      throw new ProtocolViolation(CloseCode.TooLarge, `More than ${this.#nodeLimit} values in one message`)
    }
  }
}

/** In place of a saved `due`: the container lies in its parent's bytes and shares its `due`. */
const SAME_BOUND = -1

const PROTO = '__proto__'

function isProto(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < PROTO.length; i += 1) {
    if (bytes[at + i] !== PROTO.charCodeAt(i)) return false
  }
  return true
}

/** The unsigned integer of 1, 2 or 4 bytes at `at`. */
function lengthAt(bytes: Uint8Array, at: number, size: number, bound: number): number {
  if (at + size > bound) throw truncated(at)
  if (size === 1) return bytes[at]!
  if (size === 2) return (bytes[at]! << 8) | bytes[at + 1]!
  return uint32At(bytes, at)
}

function uint32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
}

/** Nil, booleans, numbers, bin: returns the offset behind it. `at` is behind the head. */
function scalarEnd(bytes: Uint8Array, head: number, at: number, bound: number): number {
  let size: number
  switch (head) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return at
    case 0xc4:
    case 0xc5:
    case 0xc6: {
      const lengthSize = 1 << (head - 0xc4)
      size = lengthSize + lengthAt(bytes, at, lengthSize, bound)
      break
    }
    case 0xcc:
    case 0xd0:
      size = 1
      break
    case 0xcd:
    case 0xd1:
      size = 2
      break
    case 0xca:
    case 0xce:
    case 0xd2:
      size = 4
      break
    case 0xcb:
    case 0xcf:
    case 0xd3:
      size = 8
      break
    default:
      throw malformed(at - 1, 'the byte 0xc1')
  }
  if (size > bound - at) throw truncated(at)
  if ((head === 0xcf || head === 0xd3) && !isSafeInt64(bytes, at, head === 0xd3)) {
    throw malformed(at, 'an integer beyond 2^53-1 that is not a bigint')
  }
  return at + size
}

function isSafeInt64(bytes: Uint8Array, at: number, signed: boolean): boolean {
  const high = uint32At(bytes, at)
  const value = (signed ? high | 0 : high) * 0x100000000 + uint32At(bytes, at + 4)
  return Number.isSafeInteger(value)
}

function isExtension(head: number): boolean {
  return (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8)
}

/** Checks what an extension other than Map and Set holds. */
function checkExtension(bytes: Uint8Array, type: number, start: number, end: number): void {
  const length = end - start
  switch (type) {
    case ValueExtension.Timestamp:
      if (!isTimestamp(bytes, start, length)) throw malformed(start, 'a timestamp that is no date')
      return
    case ValueExtension.Simple:
      if (length !== 1 || bytes[start]! > SimpleValue.NegativeZero) throw malformed(start, 'an unknown simple value')
      return
    case ValueExtension.BigInt:
      if (length > MAX_BIGINT_BYTES) {
        throw new ProtocolViolation(CloseCode.TooLarge, `A bigint of more than ${MAX_BIGINT_BYTES} bytes`)
      }
      if (!isShortestBigInt(bytes, start, length)) throw malformed(start, 'a bigint of needless length')
      return
    case ValueExtension.Binary: {
      const elementBytes = length === 0 ? 0 : (ELEMENT_BYTES.get(bytes[start]!) ?? 0)
      if (elementBytes === 0 || (length - 1) % elementBytes !== 0) throw malformed(start, 'an ill-formed typed array')
      return
    }
    default:
      throw malformed(start, `the unknown extension type ${type}`)
  }
}

const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map(
  BINARY_KINDS.map((entry) => [entry.kind, entry.elementBytes]),
)

const MAX_NANOSECONDS = 999_999_999
/** The last second of a JavaScript `Date`. */
const MAX_DATE_SECONDS = 8_640_000_000_000

function isTimestamp(bytes: Uint8Array, start: number, length: number): boolean {
  if (length === 4) return true
  if (length === 8) return uint32At(bytes, start) >>> 2 <= MAX_NANOSECONDS
  if (length !== 12 || uint32At(bytes, start) > MAX_NANOSECONDS) return false
  const seconds = (uint32At(bytes, start + 4) | 0) * 0x100000000 + uint32At(bytes, start + 8)
  const isWhole = uint32At(bytes, start) === 0
  return seconds >= -MAX_DATE_SECONDS && (seconds < MAX_DATE_SECONDS || (seconds === MAX_DATE_SECONDS && isWhole))
}

function isShortestBigInt(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 2) return length === 1
  const lead = bytes[start]!
  const nextIsHigh = bytes[start + 1]! >= 0x80
  return !((lead === 0x00 && !nextIsHigh) || (lead === 0xff && nextIsHigh))
}

function truncated(at: number): ProtocolViolation {
  return new ProtocolViolation(CloseCode.Malformed, `More is declared at byte ${at} than there is`)
}

function malformed(at: number, what: string): ProtocolViolation {
  return new ProtocolViolation(CloseCode.Malformed, `At byte ${at}: ${what}`)
}

function keyNotString(at: number): ProtocolViolation {
  return malformed(at, 'a map key that is not a string')
}
