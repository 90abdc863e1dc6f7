import { expect, test } from 'vitest'
import { measured, resultsOf } from '../report/results.fixture.ts'
import type { Results } from './results.ts'
import { subjectOf } from './scenario.fixture.ts'
import { updateResults } from './update-results.ts'

const before = resultsOf({
  'one-call tautline': measured({ p50Us: [1] }),
  'one-call birpc': measured({ p50Us: [2] }),
  'table tautline': measured({ p50Us: [3] }),
})
const again = resultsOf({ 'one-call tautline': measured({ p50Us: [4] }) })
const places = ({ rows }: Results): readonly string[] => rows.map(({ scenario, subject }) => `${scenario} ${subject}`)

test('is what was measured now where there was nothing', () => {
  expect(updateResults(undefined, again)).toBe(again)
})

test('puts a scenario that was measured again in the place of what it had, and keeps the others', () => {
  const updated = updateResults(before, again)
  expect(places(updated)).toEqual(['table tautline', 'one-call tautline'])
  expect(updated.rows[1]?.outcome).toEqual(measured({ p50Us: [4] }))
  expect(updated.subjects.map(({ name }) => name)).toEqual(['tautline'])
})

test('keeps the same scenario on another runtime, and tells of both runtimes', () => {
  const onBun: Results = {
    ...again,
    machine: { ...again.machine, runtimes: { bun: '1.4.5' } },
    rows: again.rows.map((row) => ({ ...row, runtime: 'bun' })),
  }
  const updated = updateResults(before, onBun)
  expect(places(updated)).toEqual(['one-call tautline', 'one-call birpc', 'table tautline', 'one-call tautline'])
  expect(places(updateResults(onBun, before))).toEqual(places(updated))
  expect(updated.machine.runtimes).toEqual({ node: '24.1.2', bun: '1.4.5' })
  expect(updated.subjects.map(({ name }) => name)).toEqual(['birpc', 'tautline'])
})

test.each<{ readonly what: string; readonly now: Results }>([
  { what: 'machine', now: { ...again, machine: { ...again.machine, cores: 64 } } },
  { what: 'node', now: { ...again, machine: { ...again.machine, runtimes: { node: '26.0.0' } } } },
  { what: 'scale', now: { ...again, scale: 'tiny' } },
  { what: 'packages', now: { ...again, packages: 'source' } },
  {
    what: 'versions of tautline',
    now: { ...again, subjects: [subjectOf('tautline', { versions: { tautline: '9.9.9' } })] },
  },
])('takes no results with another $what together', ({ what, now }) => {
  expect(() => updateResults(before, now)).toThrow(`Expected \`--update\` to find the same ${what}`)
})

test('minds no difference to what is replaced as a whole', () => {
  const now: Results = { ...before, scale: 'tiny' }
  expect(updateResults(before, now)).toBe(now)
})
