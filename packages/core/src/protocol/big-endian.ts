/**
 * Integers as MessagePack lays them out. Callers have checked that the bytes are there; hence the `!`.
 */
export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

export function uint32At(bytes: Uint8Array, at: number): number {
  // The highest byte is multiplied: shifted, its highest bit would become the sign.
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
}

/** An integer of 8 bytes; rounded, and then not a safe integer, where it has more than 53 bits. */
export function int64At(bytes: Uint8Array, at: number, signed: boolean): number {
  const high = uint32At(bytes, at)
  return (signed ? high | 0 : high) * 0x100000000 + uint32At(bytes, at + 4)
}
