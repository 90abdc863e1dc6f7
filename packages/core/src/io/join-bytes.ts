/** All parts, one behind the other; a single one as it is. */
export function joinBytes(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const whole = new Uint8Array(byteLength)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}
