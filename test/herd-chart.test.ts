import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { herdChart } from '../scripts/herd/chart.ts'

test('the picture of the herd shows what the policy does; npm run herd draws it anew', () => {
  expect(readFileSync(join(import.meta.dirname, '../docs/herd.svg'), 'utf8')).toBe(herdChart())
})
