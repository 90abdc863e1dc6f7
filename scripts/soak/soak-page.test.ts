import { expect, test } from 'vitest'
import { soakPage } from './soak-page.ts'

test('docs/soak.md says what the commands have found: run them with --publish', () => {
  const { present, wanted } = soakPage()
  expect(present).toBe(wanted)
})
