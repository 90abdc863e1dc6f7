import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, sourceArguments } from '../../../../scripts/runtimes.ts'

test('an idle connection holds less than four times the heap that `ws` alone holds for one', async () => {
  const script = fileURLToPath(new URL('idle-memory.fixture.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(executable('node'), ['--expose-gc', ...sourceArguments('node', script)])
  const held = JSON.parse(stdout) as { readonly tautline: number; readonly ws: number }
  expect(held.ws).toBeGreaterThan(0)
  // 3.5; it was 4.7 where the parts of a connection had functions and options of their own.
  expect(held.tautline / held.ws).toBeLessThan(4)
})
