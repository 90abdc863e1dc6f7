import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, sourceArguments } from '../../../../scripts/runtimes.ts'

// V8 frees what is native only with the whole heap, and what is part of a hidden class, such as the getter of an object literal:
// all that can be reached from there makes each collection of the young generation longer, by ten times and more.
test.each([
  // 18 KB of each with one getter in a literal.
  ['clients', 2_000],
  // 2.2 KB of a socket of `ws` itself on the server, 4 KB on the client.
  ['connections', 14_000],
])('closed %s leave little behind for a collection of the whole heap', async (what, mostBytes) => {
  const script = fileURLToPath(new URL('young-garbage.fixture.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(executable('node'), [
    '--expose-gc',
    ...sourceArguments('node', script),
    what,
  ])
  expect(Number(stdout)).toBeLessThan(mostBytes)
})
