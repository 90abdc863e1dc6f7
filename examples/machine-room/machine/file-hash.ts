import { createHash } from 'node:crypto'

export interface HashProgress {
  readonly receivedBytes: number
  readonly sha256?: string
}

/** Hashes pieces as they arrive; the last answer carries the digest. */
export async function* hashPieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<HashProgress, void, undefined> {
  const hash = createHash('sha256')
  let receivedBytes = 0
  for await (const piece of pieces) {
    hash.update(piece)
    receivedBytes += piece.byteLength
    yield { receivedBytes }
  }
  yield { receivedBytes, sha256: hash.digest('hex') }
}
