/** Nothing of ours makes code out of text: no text of a stranger can become code, and pages may forbid it. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const talk = join(import.meta.dirname, 'talk-without-eval.ts')

/** `setTimeout('…')` too, and what makes functions of text by a detour. */
const MAKES_CODE =
  /\beval\s*\(|\bnew Function\b|\bFunction\s*\(|\bsetTimeout\s*\(\s*['"`]|constructor\s*\(\s*['"`]return|\bnode:vm\b/

test('no source of the packages makes code out of text', () => {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', '**/*.fixture.ts'] })
  expect(sources.length).toBeGreaterThan(100)
  const found = sources.filter((file) => MAKES_CODE.test(readFileSync(join(root, file), 'utf8')))
  expect(found).toEqual([])
})

test('client and server talk where the engine refuses to make code out of text, as a page does without `unsafe-eval`', async () => {
  const flags = ['--disallow-code-generation-from-strings', '--conditions=@tautline/source']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, talk], { cwd: root, timeout: 15_000 })
  expect(JSON.parse(stdout)).toEqual({
    refused: 'EvalError',
    rows: [
      { id: '0', n: 0 },
      { id: '1', n: 1 },
    ],
    issues: 1,
    items: [0, 1, 2],
    sum: [1, 3, 6],
    event: 'hello',
  })
})
