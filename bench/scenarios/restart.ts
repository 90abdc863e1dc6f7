import type { Sample, Scale, Scenario } from '../harness/scenario.ts'
import type { Stage } from '../harness/stage.ts'

const CLIENTS: Readonly<Record<Scale, number>> = { full: 500, quick: 100, tiny: 3 }

export const restart: Scenario = {
  name: 'restart',
  title: '500 clients through a restart of the server',
  what: 'The server of 500 connected clients (100 in quick runs) is killed, and another process, loaded beforehand, listens on its port at once; each client then calls until it is answered, by its own reconnecting alone.',
  figures: [
    { name: 'halfMs', title: 'half are answered again after', unit: 'ms', better: 'less' },
    { name: 'allMs', title: 'all are answered again after', unit: 'ms', better: 'less' },
    { name: 'downMs', title: 'nobody listened for', unit: 'ms', better: 'less' },
  ],
  headline: 'halfMs',
  needs: ['reconnect'],
  inQuickRuns: 'essential',
  rounds: { full: 5, quick: 1, tiny: 1 },
  begin: async (stage, scale) => ({ round: () => measureRestart(stage, CLIENTS[scale]) }),
}

async function measureRestart(stage: Stage, count: number): Promise<Sample> {
  const [first, reserve] = await Promise.all([stage.server(), stage.server({ start: 'when-told' })])
  const client = await stage.client(first.url)
  try {
    await client.order('open', { count })
    await first.server.kill()
    const killedAt = performance.timeOrigin + performance.now()
    const { at } = await reserve.server.order('listen', { port: first.port })
    const { answeredAt } = await client.order('recover', {})
    return {
      halfMs: (answeredAt[Math.ceil(count / 2) - 1] ?? Number.NaN) - at,
      allMs: (answeredAt[count - 1] ?? Number.NaN) - at,
      downMs: at - killedAt,
    }
  } finally {
    await Promise.all([client.kill(), reserve.server.kill()])
  }
}
