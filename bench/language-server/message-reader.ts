/** Takes the stream of a language server apart: a header with the length, an empty line, JSON of so many bytes. */
export class MessageReader {
  #bytes = Buffer.alloc(0)

  /** The messages that are complete with what has come now. */
  push(chunk: Uint8Array): readonly unknown[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    const messages: unknown[] = []
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end === -1) return messages
      const length = Number(/^Content-Length: *(\d+)/im.exec(this.#bytes.toString('latin1', 0, end))?.[1])
      if (Number.isNaN(length)) throw new Error('Expected a header with `Content-Length`, got none')
      const start = end + 4
      if (this.#bytes.length < start + length) return messages
      messages.push(JSON.parse(this.#bytes.toString('utf8', start, start + length)))
      this.#bytes = this.#bytes.subarray(start + length)
    }
  }
}

export function frameMessage(message: object): string {
  const text = JSON.stringify(message)
  return `Content-Length: ${String(Buffer.byteLength(text))}\r\n\r\n${text}`
}
