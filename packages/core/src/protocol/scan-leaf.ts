import { int64At, uint16At, uint32At } from './big-endian.ts'
import { BINARY_KINDS, MAX_BIGINT_BYTES, SimpleValue, ValueExtension } from './extension-types.ts'
import { malformed, type ProtocolViolation, tooLarge } from './violation.ts'

/**
 * The scanner's checks of what holds no other values: scalars, bytes, and extensions other than Map and Set.
 *
 * Normative text: PROTOCOL.md, "Values". Offsets are checked against `bound` before each read; hence the `!`.
 */

/** The unsigned integer of 1, 2 or 4 bytes at `at`. */
export function lengthAt(bytes: Uint8Array, at: number, size: number, bound: number): number {
  if (at + size > bound) throw truncated(at)
  if (size === 1) return bytes[at]!
  return size === 2 ? uint16At(bytes, at) : uint32At(bytes, at)
}

export function truncated(at: number): ProtocolViolation {
  return malformed(`More is declared at byte ${at} than there is`)
}

/** Nil, booleans, numbers, bin: returns the offset behind it. `at` is behind the head. */
export function scalarEnd(bytes: Uint8Array, head: number, at: number, bound: number): number {
  const size = scalarBytes(bytes, head, at, bound)
  if (size > bound - at) throw truncated(at)
  if ((head === 0xcf || head === 0xd3) && !Number.isSafeInteger(int64At(bytes, at, head === 0xd3))) {
    throw malformed(`At byte ${at}: an integer beyond 2^53-1 that is not a bigint`)
  }
  return at + size
}

function scalarBytes(bytes: Uint8Array, head: number, at: number, bound: number): number {
  switch (head) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return 0
    case 0xc4:
    case 0xc5:
    case 0xc6: {
      const lengthSize = 1 << (head - 0xc4)
      return lengthSize + lengthAt(bytes, at, lengthSize, bound)
    }
    case 0xcc:
    case 0xd0:
      return 1
    case 0xcd:
    case 0xd1:
      return 2
    case 0xca:
    case 0xce:
    case 0xd2:
      return 4
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 8
    default:
      throw malformed(`At byte ${at - 1}: 0xc1, which MessagePack never uses`)
  }
}

/** Checks what an extension other than Map and Set holds. */
export function checkExtension(bytes: Uint8Array, type: number, start: number, end: number): void {
  const length = end - start
  switch (type) {
    case ValueExtension.Timestamp:
      if (!isTimestamp(bytes, start, length)) throw malformed(`At byte ${start}: a timestamp that is no date`)
      return
    case ValueExtension.Simple:
      if (length !== 1 || bytes[start]! > SimpleValue.NegativeZero) {
        throw malformed(`At byte ${start}: an unknown simple value`)
      }
      return
    case ValueExtension.BigInt:
      if (length > MAX_BIGINT_BYTES) throw tooLarge(`At byte ${start}: a bigint of more than ${MAX_BIGINT_BYTES} bytes`)
      if (!isShortestBigInt(bytes, start, length)) throw malformed(`At byte ${start}: a bigint of needless length`)
      return
    case ValueExtension.Binary: {
      const elementBytes = length === 0 ? undefined : BINARY_KINDS[bytes[start]! - 1]?.elementBytes
      if (elementBytes === undefined || (length - 1) % elementBytes !== 0) {
        throw malformed(`At byte ${start}: a typed array of no known kind or of a broken length`)
      }
      return
    }
    default:
      throw malformed(`At byte ${start}: the unknown extension type ${type}`)
  }
}

const MAX_NANOSECONDS = 999_999_999
/** The last second of a JavaScript `Date`, and with the sign turned the first. */
const MAX_DATE_SECONDS = 8_640_000_000_000

function isTimestamp(bytes: Uint8Array, start: number, length: number): boolean {
  if (length === 4) return true
  if (length === 8) return uint32At(bytes, start) >>> 2 <= MAX_NANOSECONDS
  if (length !== 12) return false
  const nanoseconds = uint32At(bytes, start)
  const seconds = int64At(bytes, start + 4, true)
  if (nanoseconds > MAX_NANOSECONDS || seconds < -MAX_DATE_SECONDS) return false
  return seconds < MAX_DATE_SECONDS || (seconds === MAX_DATE_SECONDS && nanoseconds === 0)
}

function isShortestBigInt(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 2) return length === 1
  const lead = bytes[start]!
  const nextIsHigh = bytes[start + 1]! >= 0x80
  return !((lead === 0x00 && !nextIsHigh) || (lead === 0xff && nextIsHigh))
}
