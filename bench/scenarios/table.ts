import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scenario } from '../harness/scenario.ts'

export const table: Scenario = {
  name: 'table',
  title: 'A table of 1,000 rows',
  what: 'One connection, one call at a time; the answer is an array of 1,000 records of six fields.',
  figures: loadFigures('call', ['serverCpuUs', 'clientCpuUs', 'p50Us', 'wireBytes']),
  headline: 'serverCpuUs',
  needs: [],
  rounds: { full: 9, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: 1,
      load: { operation: 'table', inFlight: 1 },
      operations: { full: 500, quick: 100, tiny: 3 },
      warmUp: { full: 1_000, quick: 150, tiny: 2 },
    }),
}
