import type { Socket } from 'node:net'

/** What a socket brings, taken in pieces of any size. */
export interface ByteReader {
  /** Up to and with the given bytes; `undefined` when the stream ends before. */
  until(mark: string): Promise<Buffer | undefined>
  /** Exactly so many bytes; `undefined` when the stream ends before. */
  exactly(byteLength: number): Promise<Buffer | undefined>
  /** All that is left until the end. */
  rest(): Promise<Buffer>
}

export function createByteReader(socket: Socket): ByteReader {
  let chunks: Buffer[] = []
  let byteLength = 0
  let state: 'open' | 'ended' = 'open'
  let wake: (() => void) | undefined

  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    byteLength += chunk.byteLength
    wake?.()
  })
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      state = 'ended'
      wake?.()
    })

  function all(): Buffer {
    const [first] = chunks
    const joined = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
    chunks = [joined]
    return joined
  }

  function take(count: number): Buffer {
    const buffered = all()
    chunks = [buffered.subarray(count)]
    byteLength -= count
    return buffered.subarray(0, count)
  }

  /** False when nothing more will come. */
  async function more(): Promise<boolean> {
    if (state === 'ended') return false
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    return true
  }

  return {
    async until(mark) {
      for (;;) {
        const at = all().indexOf(mark)
        if (at >= 0) return take(at + mark.length)
        if (!(await more())) return undefined
      }
    },
    async exactly(count) {
      for (;;) {
        if (byteLength >= count) return take(count)
        if (!(await more())) return undefined
      }
    },
    async rest() {
      while (await more());
      return take(byteLength)
    },
  }
}
