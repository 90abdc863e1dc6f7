import type { MeasuredSubject } from './results.ts'
import type { Scenario } from './scenario.ts'

/** A scenario that starts no processes, and gives 1 in each round unless it is told otherwise. */
export const scenarioOf = (given: Partial<Scenario>): Scenario => ({
  name: 'some',
  title: 'Something',
  what: 'What is done.',
  figures: [{ name: 'cpuUs', title: 'CPU', unit: 'µs', better: 'less' }],
  headline: 'cpuUs',
  needs: [],
  rounds: { full: 3, quick: 2, tiny: 1 },
  begin: async () => ({ round: async () => ({ cpuUs: 1 }) }),
  ...given,
})

export const subjectOf = (name: string, given: Partial<MeasuredSubject> = {}): MeasuredSubject => ({
  name,
  label: `The ${name}`,
  packages: [],
  versions: {},
  validates: 'nothing',
  carries: 'bytes',
  backPressure: false,
  runtimes: ['node'],
  without: {},
  ...given,
})
