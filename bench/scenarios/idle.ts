import type { Figure, Scale, Scenario } from '../harness/scenario.ts'
import type { Stage } from '../harness/stage.ts'

const CONNECTIONS: Readonly<Record<Scale, number>> = { full: 2_000, quick: 300, tiny: 5 }
/** Opened and closed beforehand: what the first ones leave behind is not theirs. */
const WARM_UP: Readonly<Record<Scale, number>> = { full: 200, quick: 50, tiny: 2 }

const FIGURES: readonly Figure[] = [
  { name: 'rssKib', title: 'memory (RSS) per connection', unit: 'KiB', better: 'less' },
  { name: 'heapKib', title: 'heap per connection', unit: 'KiB', better: 'less' },
]
const shared = {
  figures: FIGURES,
  headline: 'rssKib',
  inQuickRuns: 'essential',
  rounds: { full: 5, quick: 1, tiny: 1 },
} as const

export const idle: Scenario = {
  ...shared,
  needs: [],
  name: 'idle',
  title: '2,000 idle connections',
  what: 'What the server holds for each connection that has made one call and is silent since, after garbage collection (300 in quick runs). Each round has a server of its own.',
  begin: async (stage, scale) => ({ round: () => measureIdle(stage, scale, false) }),
}

export const idleCompressed: Scenario = {
  ...shared,
  needs: ['publish'],
  name: 'idle-compressed',
  title: '2,000 idle connections with compression negotiated',
  what: 'As before, with compression on, and one compressed event sent over each connection.',
  begin: async (stage, scale) => ({ round: () => measureIdle(stage, scale, true) }),
}

async function measureIdle(stage: Stage, scale: Scale, compression: boolean): Promise<Record<string, number>> {
  const { server, url } = await stage.server({ compression })
  const client = await stage.client(url)
  try {
    const count = CONNECTIONS[scale]
    const open = async (connections: number): Promise<void> => {
      await client.order('open', { count: connections })
      if (!compression) return
      await client.order('subscribe', { event: 'rows' })
      await server.order('publish', { event: 'rows', number: 0 })
      await client.order('delivered', { atLeast: connections })
    }
    await open(WARM_UP[scale])
    await client.order('closeAll', {})
    const before = await server.order('usage', { collectGarbage: true })
    await open(count)
    const after = await server.order('usage', { collectGarbage: true })
    return {
      rssKib: (after.rssBytes - before.rssBytes) / 1024 / count,
      heapKib: (after.heapBytes - before.heapBytes) / 1024 / count,
    }
  } finally {
    await Promise.all([client.kill(), server.kill()])
  }
}
