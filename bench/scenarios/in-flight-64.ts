import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scenario } from '../harness/scenario.ts'

export const inFlight64: Scenario = {
  name: 'in-flight-64',
  title: '64 calls in flight on one connection',
  what: 'One connection; 64 small calls (a record of six fields) are under way at any time.',
  figures: loadFigures('call', ['serverCpuUs', 'clientCpuUs', 'perSecond']),
  headline: 'serverCpuUs',
  needs: [],
  rounds: { full: 9, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: 1,
      load: { operation: 'get', inFlight: 64 },
      operations: { full: 20_000, quick: 5_000, tiny: 128 },
      warmUp: { full: 40_000, quick: 8_000, tiny: 64 },
    }),
}
