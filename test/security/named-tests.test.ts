/** docs/security.md names tests: each is there, under that name. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')
const page = readFileSync(join(docs, 'security.md'), 'utf8')

const NAMED = /\[[^\]]+\]\(([^)\s]+\.test\.ts)\): (“[^”]+”(?:, “[^”]+”)*)/g

/** File, and title of a test in it. */
const named = [...page.matchAll(NAMED)].flatMap(([, file = '', titles = '']) =>
  [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => [file, title] as const),
)

test('every row of bugs names tests', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| **'))
  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) expect(row).toMatch(new RegExp(NAMED.source))
})

test.each(named)('%s has “%s”', (file, title) => {
  const path = join(docs, file)
  expect(existsSync(path)).toBe(true)
  const source = readFileSync(path, 'utf8')
  // Titles stand in quotes of any kind; one may go on with what differs from run to run.
  expect([`'${title}`, `\`${title}`].some((text) => source.includes(text))).toBe(true)
})
