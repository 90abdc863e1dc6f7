import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scenario } from '../harness/scenario.ts'

export const oneCall: Scenario = {
  name: 'one-call',
  title: 'One call at a time',
  what: 'One connection; each small call (a record of six fields) is made when the one before is answered.',
  figures: loadFigures('call', ['p50Us', 'p99Us', 'serverCpuUs', 'clientCpuUs']),
  headline: 'p50Us',
  needs: [],
  rounds: { full: 9, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: 1,
      load: { operation: 'get', inFlight: 1 },
      operations: { full: 5_000, quick: 1_000, tiny: 20 },
      warmUp: { full: 20_000, quick: 1_500, tiny: 5 },
    }),
}
