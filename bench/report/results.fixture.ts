import type { Outcome, Results } from '../harness/results.ts'
import { subjectOf } from '../harness/scenario.fixture.ts'
import { spreadOf } from '../harness/statistics.ts'

export const measured = (figures: Readonly<Record<string, readonly number[]>>): Outcome => ({
  type: 'measured',
  figures: Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, spreadOf(values)])),
})

/** @param outcomes by scenario and subject: `'one-call tautline'`; on Node */
export function resultsOf(outcomes: Readonly<Record<string, Outcome>>): Results {
  const date = '2026-01-02T03:04:05.678Z'
  const rows = Object.entries(outcomes).map(([place, outcome]) => {
    const [scenario = '', subject = ''] = place.split(' ')
    return { scenario, subject, runtime: 'node' as const, outcome, date }
  })
  const names = [...new Set(rows.map(({ subject }) => subject))]
  return {
    date,
    scale: 'full',
    packages: 'built',
    machine: { cpu: 'A processor', cores: 2, memoryGib: 8, system: 'Linux 6', runtimes: { node: '24.1.2' } },
    subjects: names.map((name) => subjectOf(name, { versions: { [name]: '1.2.3' } })),
    rows,
  }
}
