import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type HashProgress, hashPieces } from './file-hash.ts'

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

async function answersTo(...texts: string[]): Promise<HashProgress[]> {
  const answers: HashProgress[] = []
  for await (const answer of hashPieces(pieces(...texts))) answers.push(answer)
  return answers
}

test('each piece is answered, and the end with the digest of all', async () => {
  const sha256 = createHash('sha256').update('abcde').digest('hex')
  expect(await answersTo('abc', 'de')).toEqual([
    { receivedBytes: 3 },
    { receivedBytes: 5 },
    { receivedBytes: 5, sha256 },
  ])
})

test('an empty file has a digest too', async () => {
  const sha256 = createHash('sha256').digest('hex')
  expect(await answersTo()).toEqual([{ receivedBytes: 0, sha256 }])
})
