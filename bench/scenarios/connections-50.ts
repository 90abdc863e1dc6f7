import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scenario } from '../harness/scenario.ts'

const CONNECTIONS = 50
const EACH = 16

export const connections50: Scenario = {
  name: 'connections-50',
  title: `${String(CONNECTIONS)} connections with ${String(EACH)} calls each`,
  what: `${String(CONNECTIONS)} connections; on each, ${String(EACH)} small calls (a record of six fields) are under way at any time.`,
  figures: loadFigures('call', ['serverCpuUs', 'clientCpuUs', 'perSecond']),
  headline: 'serverCpuUs',
  needs: [],
  rounds: { full: 9, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: CONNECTIONS,
      load: { operation: 'get', inFlight: CONNECTIONS * EACH },
      operations: { full: 24_000, quick: 6_400, tiny: 800 },
      warmUp: { full: 40_000, quick: 6_400, tiny: 800 },
    }),
}
