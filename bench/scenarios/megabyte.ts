import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scenario } from '../harness/scenario.ts'

export const megabyte: Scenario = {
  name: 'megabyte',
  title: '1 MiB of bytes, there and back',
  what: 'One connection, one call at a time; the input is 1 MiB of bytes that do not compress, the answer the same.',
  figures: loadFigures('call', ['serverCpuUs', 'clientCpuUs', 'p50Us', 'wireBytes']),
  headline: 'serverCpuUs',
  needs: ['bytes'],
  rounds: { full: 9, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: 1,
      load: { operation: 'echo', inFlight: 1, size: 1024 * 1024 },
      operations: { full: 100, quick: 15, tiny: 2 },
      warmUp: { full: 100, quick: 10, tiny: 1 },
    }),
}
