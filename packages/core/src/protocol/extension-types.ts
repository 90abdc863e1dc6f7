/**
 * Numbers of the MessagePack extension types, and what they may hold.
 *
 * Normative text: PROTOCOL.md, "Values" and "Messages".
 */

/** In place of a message's body: the body, deflated. Never inside a value. */
export const DEFLATED_BODY = 1

export const ValueExtension = {
  /** MessagePack's own: 4, 8 or 12 bytes. */
  Timestamp: -1,
  /** One byte: a `SimpleValue`. */
  Simple: 2,
  /** Big-endian two's complement of the least length. */
  BigInt: 3,
  /** One array: key, value, key, value, … */
  Map: 4,
  /** One array: the members. */
  Set: 5,
  /** A `BinaryKind`, then the elements, little-endian. */
  Binary: 6,
} as const

export const SimpleValue = {
  Undefined: 0,
  /** MessagePack's float would do; its encoders write 0 for it. */
  NegativeZero: 1,
} as const

/** `undefined` as a whole value. */
export const UNDEFINED_BYTES: readonly [number, number, number] = [0xd4, ValueExtension.Simple, SimpleValue.Undefined]

/**
 * Numbers that are keys of Maps or members of Sets in one value; a bigint counts for four. Engines find them by hashes
 * without a secret, so that whoever chooses them can have all of them collide: 40,000 took 13 s.
 */
export const MAX_NUMBER_KEYS = 8192
export const TOO_MANY_NUMBER_KEYS: string = `more than ${MAX_NUMBER_KEYS} numbers as keys of Maps or members of Sets`
const BIGINT_WEIGHT = 4

/** What a key of a Map or a member of a Set counts for. */
export function keyWeight(key: unknown): number {
  if (typeof key === 'bigint') return BIGINT_WEIGHT
  return typeof key === 'number' ? 1 : 0
}

/**
 * Values that bytes, other binary, a Map or a Set count for: to make one takes several times as long as to make a number, an object
 * or an array, and some need no more than two bytes on the wire. Normative text: PROTOCOL.md, "Values".
 */
export const HEAVY_NODES = 8

/** Longest bigint that travels, in bytes. */
export const MAX_BIGINT_BYTES = 1024

/** By kind, from 1. `Uint8Array` is MessagePack's own bin. */
const BINARY_TYPES: readonly BinaryKind['type'][] = [
  ArrayBuffer,
  DataView,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

export interface BinaryKind {
  readonly kind: number
  /** As the platform calls it: minifiers leave it alone. */
  readonly name: string
  readonly type: ArrayBufferConstructor | (new (buffer: ArrayBuffer) => ArrayBufferView)
  readonly elementBytes: number
}

/** What a `Binary` extension holds; kind 1 is the first. */
export const BINARY_KINDS: readonly BinaryKind[] = BINARY_TYPES.map((type, i) => ({
  kind: i + 1,
  name: type.name,
  type,
  elementBytes: 'BYTES_PER_ELEMENT' in type ? Number(type.BYTES_PER_ELEMENT) : 1,
}))
