/** Text as tables are: deflate makes it several times smaller, and not so small as to look like a bomb. */
export function rows(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let text = ''
  for (let row = 0; text.length < length; row++)
    text += `{"row":${String(row)},"name":"user ${String(row % 50)}","state":"online"}\n`
  new TextEncoder().encodeInto(text, bytes)
  return bytes
}

/** Nothing that deflate could make smaller, and the same in every run. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
