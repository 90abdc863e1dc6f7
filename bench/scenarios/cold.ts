import type { Scale, Scenario } from '../harness/scenario.ts'
import { roundWarmUp, warmUp } from '../harness/warm-up.ts'

const CONNECTS: Readonly<Record<Scale, number>> = { full: 500, quick: 50, tiny: 3 }
const WARM_UP: Readonly<Record<Scale, number>> = { full: 500, quick: 30, tiny: 2 }

export const cold: Scenario = {
  name: 'cold',
  title: 'Connect and first call',
  what: 'Opens a connection, makes one small call and closes it when that is answered; one after the other.',
  figures: [
    { name: 'p50Us', title: 'p50', unit: 'µs', better: 'less' },
    { name: 'p99Us', title: 'p99', unit: 'µs', better: 'less' },
    { name: 'serverCpuUs', title: 'server CPU per connection', unit: 'µs', better: 'less' },
    { name: 'clientCpuUs', title: 'client CPU per connection', unit: 'µs', better: 'less' },
  ],
  headline: 'p50Us',
  needs: [],
  rounds: { full: 7, quick: 2, tiny: 1 },
  async begin(stage, scale) {
    const { server, client } = await stage.pair()
    await warmUp(scale, () => client.order('cold', { count: WARM_UP[scale] }))
    const count = CONNECTS[scale]
    return {
      async round() {
        await client.order('cold', { count: roundWarmUp(count) })
        const before = await server.order('usage', {})
        const { p50Us, p99Us, cpuUs } = await client.order('cold', { count })
        const after = await server.order('usage', {})
        return { p50Us, p99Us, serverCpuUs: (after.cpuUs - before.cpuUs) / count, clientCpuUs: cpuUs / count }
      },
    }
  },
}
