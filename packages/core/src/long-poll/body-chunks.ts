/** A body as it arrives in chunks, and never more of it in memory than `maxBytes`. */
export class BodyChunks {
  readonly #maxBytes: number
  readonly #chunks: Uint8Array[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns whether there was room for it */
  add(chunk: Uint8Array): boolean {
    if (this.#length + chunk.byteLength > this.#maxBytes) return false
    this.#length += chunk.byteLength
    this.#chunks.push(chunk)
    return true
  }

  join(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    let offset = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset)
      offset += chunk.byteLength
    }
    return bytes
  }
}
