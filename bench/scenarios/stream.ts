import { beginLoad, loadFigures } from '../harness/measure-load.ts'
import type { Scale, Scenario } from '../harness/scenario.ts'

const ITEMS: Readonly<Record<Scale, number>> = { full: 100_000, quick: 10_000, tiny: 500 }

export const stream: Scenario = {
  name: 'stream',
  title: 'A stream of 100,000 items',
  what: 'One connection; a generator of the server yields 100,000 records of two numbers, the client reads each (10,000 in quick runs).',
  figures: loadFigures('item', ['serverCpuUs', 'clientCpuUs', 'wireBytes', 'perSecond']),
  headline: 'serverCpuUs',
  needs: ['stream'],
  rounds: { full: 7, quick: 2, tiny: 1 },
  begin: (stage, scale) =>
    beginLoad(stage, scale, {
      connections: 1,
      load: { operation: 'stream', inFlight: 1, size: ITEMS[scale] },
      // One alone takes the fastest 15 ms, of which most goes into waking up.
      operations: { full: 20, quick: 1, tiny: 1 },
      warmUp: { full: 20, quick: 1, tiny: 1 },
      fullMs: 500,
      per: ITEMS[scale],
    }),
}
