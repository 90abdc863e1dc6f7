import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, sourceArguments } from '../../../../scripts/runtimes.ts'

test('a server does without the `fetch` of Node until somebody asks for it', async () => {
  const script = fileURLToPath(new URL('unused-fetch.fixture.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(executable('node'), sourceArguments('node', script))
  expect(JSON.parse(stdout)).toEqual([])
})
