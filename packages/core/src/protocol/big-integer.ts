/**
 * bigint as big-endian two's complement of the least number of bytes. Through hexadecimal digits, which engines
 * convert in linear time.
 *
 * Normative text: PROTOCOL.md, "Values".
 */
export function encodeBigInt(value: bigint): Uint8Array {
  const isNegative = value < 0n
  // The complement of a negative number is not negative; its bytes, inverted, are the number's.
  const magnitude = (isNegative ? ~value : value).toString(16)
  const digits = magnitude.length % 2 === 0 ? magnitude : `0${magnitude}`
  // The highest bit is the sign's.
  const signed = Number.parseInt(digits.slice(0, 1), 16) < 8 ? digits : `00${digits}`
  const bytes = new Uint8Array(signed.length / 2)
  const inverted = isNegative ? 0xff : 0x00
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(signed.slice(i * 2, i * 2 + 2), 16) ^ inverted
  }
  return bytes
}

export function decodeBigInt(bytes: Uint8Array): bigint {
  const isNegative = (bytes[0] ?? 0) >= 0x80
  const inverted = isNegative ? 0xff : 0x00
  let digits = '0x'
  for (const byte of bytes) digits += (byte ^ inverted).toString(16).padStart(2, '0')
  const magnitude = BigInt(digits)
  return isNegative ? ~magnitude : magnitude
}
