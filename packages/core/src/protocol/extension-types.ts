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

/** Longest bigint that travels, in bytes. */
export const MAX_BIGINT_BYTES = 1024

/** What a `Binary` extension holds, with the bytes of one element. `Uint8Array` is MessagePack's own bin. */
export const BINARY_KINDS: readonly {
  readonly kind: number
  readonly name: string
  readonly elementBytes: number
}[] = [
  { kind: 1, name: 'ArrayBuffer', elementBytes: 1 },
  { kind: 2, name: 'DataView', elementBytes: 1 },
  { kind: 3, name: 'Int8Array', elementBytes: 1 },
  { kind: 4, name: 'Uint8ClampedArray', elementBytes: 1 },
  { kind: 5, name: 'Int16Array', elementBytes: 2 },
  { kind: 6, name: 'Uint16Array', elementBytes: 2 },
  { kind: 7, name: 'Int32Array', elementBytes: 4 },
  { kind: 8, name: 'Uint32Array', elementBytes: 4 },
  { kind: 9, name: 'Float32Array', elementBytes: 4 },
  { kind: 10, name: 'Float64Array', elementBytes: 8 },
  { kind: 11, name: 'BigInt64Array', elementBytes: 8 },
  { kind: 12, name: 'BigUint64Array', elementBytes: 8 },
]
