import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, sourceArguments } from '../../../../scripts/runtimes.ts'

test('an idle connection holds less than 3.2 times the heap that `ws` alone holds for one', async () => {
  const script = fileURLToPath(new URL('idle-memory.fixture.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(executable('node'), ['--expose-gc', ...sourceArguments('node', script)])
  const held = JSON.parse(stdout) as { readonly tautline: number; readonly ws: number }
  expect(held.ws).toBeGreaterThan(0)
  // 2.8; it was 3.5 with `ws` in between, and 4.7 where the parts of a connection had functions and options of their own.
  expect(held.tautline / held.ws).toBeLessThan(3.2)
})
