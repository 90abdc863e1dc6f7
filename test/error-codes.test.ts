/** The table of built-in error codes in the README of core says what the code says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from '@tautline/core'
import { expect, test } from 'vitest'

test('the README lists every built-in error code as it is', () => {
  const readme = readFileSync(join(import.meta.dirname, '../packages/core/README.md'), 'utf8')
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { raisedBy, retry, failable }]) => `| \`${code}\` | ${raisedBy} | ${retry} | ${failable ? 'yes' : 'no'} |`,
  )
  expect(readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line))).toEqual(rows)
})
